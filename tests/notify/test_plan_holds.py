"""What holds messages back, and what is told when it ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.alerts.flapping import Episode
from alertd.matchers import parse_matcher
from alertd.model import Alert, Severity, Told
from alertd.notify.causes import CauseTerms
from alertd.notify.holds import HoldTerms, QuietHours
from alertd.notify.inhibition import InhibitRule
from alertd.notify.silences import Silence
from alertd.notify.standing import Ack, Held, HoldKind, QuietMode
from alertd.notify.wallclock import TimeInterval
from tests.notify.standings import (
    MINUTE,
    NOW,
    ROOT,
    ROUTING,
    a_silence,
    an_alert,
    an_episode,
    planned,
    told_of,
    was_held,
    was_told,
)

FIRES, OVER, SHORT = an_alert(), an_alert(over=True), an_alert(over=True, lasted=0)
WORSE = an_alert(severity=Severity.CRITICAL)
QUIET = HoldTerms(quiet_hours={"team": QuietHours(intervals=(TimeInterval(times=((12 * 60, 16 * 60),)),))})


@pytest.mark.parametrize(
    ("story", "alert", "told", "silences", "messages", "settled"),
    [
        ("a silence holds a firing", FIRES, None, [a_silence()], [], False),
        ("another's silence does not", FIRES, None, [a_silence('site="B"')], ["mail first: +LowVoltage/QT1"], False),
        ("one that is over does not", FIRES, None, [a_silence(hours=-1)], ["mail first: +LowVoltage/QT1"], False),
        ("an ending owed goes at once", OVER, was_told(), [a_silence()], ["mail all_resolved: -LowVoltage/QT1"], False),
        ("what ended untold waits for its end", OVER, None, [a_silence()], [], False),
        ("unless it was to last until then", OVER, None, [a_silence(until_resolved=True)], [], True),
        ("a reminder is held", FIRES, was_told(firing_at=NOW - 600 * MINUTE), [a_silence()], [], False),
        ("getting worse is held", WORSE, was_told(), [a_silence()], [], False),
    ],
)
def test_while_a_silence_lasts(  # noqa: PLR0917 - a table's row
    story: str, alert: Alert, told: Told | None, silences: list[Silence], messages: list[str], settled: bool
) -> None:
    """It holds firings and reminders, never an ending."""
    result = planned(alert, told=(told,) if told else (), silences=silences)
    assert told_of(result) == messages, story
    assert bool(result.settled_alerts) == settled, story


@pytest.mark.parametrize(
    ("story", "alert", "told", "messages"),
    [
        ("what fires", FIRES, None, ["mail silence_ended: +LowVoltage/QT1"]),
        ("what fires though it was known", FIRES, was_told(), ["mail silence_ended: +LowVoltage/QT1"]),
        ("what began and ended meanwhile", OVER, None, ["mail silence_ended: -LowVoltage/QT1"]),
        ("not what was too short", SHORT, None, []),
        ("an ending owed is an ordinary one", OVER, was_told(), ["mail all_resolved: -LowVoltage/QT1"]),
    ],
)
def test_at_the_end_of_a_silence(story: str, alert: Alert, told: Told | None, messages: list[str]) -> None:
    """One message says how it stands, with no `first` beside it."""
    result = planned(alert, told=(told,) if told else (), held=[was_held()])
    assert told_of(result) == messages, story


def test_the_reason_of_a_silence_is_told_at_its_end() -> None:
    """And its name is the message's key, so that two silences' ends are two messages."""
    other = was_held("Hot/QT1", name="silence 77", why="workshop")
    result = planned(FIRES, an_alert("Hot/QT1"), held=[was_held(), other])
    assert [(order.key, order.why) for order in result.orders] == [
        ("silence ended: silence 5115", "battery swap"),
        ("silence ended: silence 77", "workshop"),
    ]


def test_what_another_silence_still_holds_is_left_out() -> None:
    """Until that one ends as well, and that one's reason is told then."""
    still = replace(a_silence(), id="77", reason="workshop")
    result = planned(FIRES, held=[was_held()], silences=[still])
    assert told_of(result) == []
    assert [(held.name, held.why) for held in result.held] == [("silence 77", "workshop")]


@pytest.mark.parametrize(
    ("mode", "alert", "told", "while_quiet", "afterwards"),
    [
        (QuietMode.DEFER, FIRES, None, [], ["mail quiet_ended: +LowVoltage/QT1"]),
        (QuietMode.DEFER, OVER, was_told(), [], ["mail quiet_ended: -LowVoltage/QT1"]),
        (QuietMode.DEFER, OVER, None, [], ["mail quiet_ended: -LowVoltage/QT1"]),
        (QuietMode.DEFER, FIRES, was_told(), [], []),
        (QuietMode.DEFER, WORSE, was_told(), [], ["mail quiet_ended: +LowVoltage/QT1"]),
        (QuietMode.DROP, FIRES, None, [], ["mail quiet_ended: +LowVoltage/QT1"]),
        (QuietMode.DROP, OVER, was_told(), [], ["mail quiet_ended: -LowVoltage/QT1"]),
        (QuietMode.DROP, OVER, None, [], []),
        (QuietMode.DIGEST, FIRES, None, [], []),
        (QuietMode.DIGEST, OVER, was_told(), [], []),
    ],
)
def test_quiet_hours(
    mode: QuietMode, alert: Alert, told: Told | None, while_quiet: list[str], afterwards: list[str]
) -> None:
    """They hold endings too; at their end one message tells what is new, or a digest will."""
    known = (told,) if told else ()
    quiet = replace(ROUTING, holds=replace(QUIET, quiet_hours={"team": replace(QUIET.quiet_hours["team"], mode=mode)}))
    during = planned(alert, told=known, routing=quiet)
    assert told_of(during) == while_quiet
    assert told_of(planned(alert, told=known, held=during.held)) == afterwards


def test_what_was_known_is_named_at_a_quiet_end_but_is_no_reason_for_it() -> None:
    """A long alert would repeat each morning."""
    known, new = was_held(kind=HoldKind.QUIET_HOURS), was_held("Hot/QT1", kind=HoldKind.QUIET_HOURS)
    result = planned(FIRES, an_alert("Hot/QT1"), told=(was_told(),), held=[known, new])
    assert told_of(result) == ["mail quiet_ended: +Hot/QT1 +LowVoltage/QT1"]


def test_a_reminder_that_came_due_in_quiet_hours_goes_at_their_end() -> None:
    """As itself, where nothing else is to be said."""
    result = planned(FIRES, told=(was_told(firing_at=NOW - 600 * MINUTE),), held=[was_held(kind=HoldKind.QUIET_HOURS)])
    assert told_of(result) == ["mail reminder: +LowVoltage/QT1"]


def test_what_bypasses_quiet_hours_goes_at_once_and_so_does_its_ending() -> None:
    """The critical ones, as most will have it."""
    hours = replace(QUIET.quiet_hours["team"], bypass=(parse_matcher('severity="critical"'),))
    routing = replace(ROUTING, holds=replace(QUIET, quiet_hours={"team": hours}))
    assert told_of(planned(WORSE, routing=routing)) == ["mail first: +LowVoltage/QT1"]
    over = an_alert(over=True, severity=Severity.CRITICAL)
    assert told_of(planned(over, told=(was_told(),), routing=routing)) == ["mail all_resolved: -LowVoltage/QT1"]


@pytest.mark.parametrize(("key", "held"), [("mute_time_intervals", True), ("active_time_intervals", False)])
def test_times_of_a_route(key: str, held: bool) -> None:
    """Muted within the one, outside of the other."""
    holds = HoldTerms(intervals={"afternoon": (TimeInterval(times=((14 * 60, 16 * 60),)),)})
    routing = replace(ROUTING, root=replace(ROOT, **{key: ("afternoon",)}), holds=holds)
    assert bool(planned(FIRES, routing=routing).orders) is not held


OFFLINE, METRIC = an_alert("MonitorOffline/QT1"), an_alert("LowVoltage/QT1")
CAUSES = replace(ROUTING, causes=CauseTerms(explains_instrument=frozenset({"MonitorOffline"})))
SITE = an_alert("SiteDown/A", own=True, site="A")
API = an_alert("ApiUnreachable/MyCirrus API", own=True)


@pytest.mark.parametrize(
    ("story", "alerts", "offline", "messages"),
    [
        ("the monitor speaks for its metrics", [OFFLINE, METRIC], [], ["+MonitorOffline/QT1"]),
        ("not for another's", [OFFLINE, an_alert("LowVoltage/QT2")], [], ["+MonitorOffline/QT1", "+LowVoltage/QT2"]),
        ("one that is over does not", [an_alert("MonitorOffline/QT1", over=True), METRIC], [], ["+LowVoltage/QT1"]),
        (
            "the site speaks for its monitors",
            [SITE, an_alert("MonitorOffline/QT1", site="A"), an_alert("LowVoltage/QT1", site="A")],
            ["QT1"],
            ["+SiteDown/A"],
        ),
        (
            "not for one that still answers",
            [SITE, an_alert("LowVoltage/QT2", site="A")],
            ["QT1"],
            ["+SiteDown/A", "+LowVoltage/QT2"],
        ),
        (
            "the cloud speaks for all but alertd",
            [API, SITE, OFFLINE],
            [],
            ["+ApiUnreachable/MyCirrus API", "+SiteDown/A"],
        ),
        (
            "a key refused for one source speaks for what reads it",
            [an_alert("ApiKeyRefused/sic", own=True, endpoint="sic"), an_alert("SicFailed/QT1"), METRIC],
            [],
            ["+ApiKeyRefused/sic", "+LowVoltage/QT1"],
        ),
    ],
)
def test_the_cause_and_not_the_symptoms(
    story: str, alerts: list[Alert], offline: list[str], messages: list[str]
) -> None:
    """The higher one speaks, the lower ones are listed under it."""
    causes = replace(CAUSES.causes, sources={"SicFailed": frozenset({"sic"}), "LowVoltage": frozenset({"current"})})
    result = planned(*alerts, routing=replace(CAUSES, causes=causes), offline=frozenset(offline))
    told = {text for order in result.orders for text in [f"+{alert.id}" for alert in order.firing]}
    assert told == set(messages), story


@pytest.mark.parametrize(
    ("story", "alert", "told", "messages", "settled"),
    [
        ("judged breached since", METRIC, None, ["mail first: +LowVoltage/QT1"], False),
        ("not judged since", an_alert(breached_at=NOW - 60 * MINUTE), None, [], False),
        ("clear first", an_alert(over=True), None, [], True),
        ("known before", an_alert(breached_at=NOW - 60 * MINUTE), was_told(), [], False),
        ("known and over", an_alert(over=True), was_told(), ["mail all_resolved: -LowVoltage/QT1"], False),
    ],
)
def test_a_symptom_let_go(story: str, alert: Alert, told: Told | None, messages: list[str], settled: bool) -> None:
    """Told once a poll after its cause's end judges it breached; unknown waits, clear is never told."""
    held = was_held(kind=HoldKind.CAUSE, name="cause MonitorOffline/QT1", released_at=NOW - MINUTE)
    result = planned(alert, told=(told,) if told else (), held=[held], routing=CAUSES)
    assert told_of(result) == messages, story
    assert bool(result.settled_alerts) == settled, story


def test_a_cause_that_is_silenced_still_explains() -> None:
    """Its silence is no reason to hear of its symptoms."""
    result = planned(OFFLINE, METRIC, routing=CAUSES, silences=[a_silence('alertname="MonitorOffline"')])
    assert told_of(result) == []
    assert [(each.alert_id, each.cause_id) for each in result.explained] == [("LowVoltage/QT1", "MonitorOffline/QT1")]


INHIBIT = InhibitRule(
    source_matchers=(parse_matcher('alertname="MainsLost"'),),
    target_matchers=(parse_matcher('alertname=~"LowVoltage|MainsLost"'),),
    equal=("site",),
)


@pytest.mark.parametrize(
    ("story", "source", "target", "held"),
    [
        ("equal", {"site": "A"}, {"site": "A"}, True),
        ("not equal", {"site": "A"}, {"site": "B"}, False),
        ("missing on both sides", {}, {}, False),
    ],
)
def test_inhibition(story: str, source: dict[str, str], target: dict[str, str], held: bool) -> None:
    """As in Alertmanager, but a label that nobody has makes nobody equal."""
    routing = replace(ROUTING, holds=HoldTerms(inhibit_rules=(INHIBIT,)))
    result = planned(an_alert("MainsLost/QT9", **source), an_alert("LowVoltage/QT1", **target), routing=routing)
    told = {alert.id for order in result.orders for alert in order.firing}
    assert ("LowVoltage/QT1" not in told) is held, story


def test_two_that_are_on_both_sides_do_not_inhibit_each_other() -> None:
    """Or nobody would hear of either."""
    routing = replace(ROUTING, holds=HoldTerms(inhibit_rules=(INHIBIT,)))
    result = planned(an_alert("MainsLost/QT8", site="A"), an_alert("MainsLost/QT9", site="A"), routing=routing)
    assert len(result.orders) == 2


def an_ack(**more: object) -> Ack:
    """Somebody has it in hand since an hour ago."""
    ack = Ack(
        id=1,
        alert_id="LowVoltage/QT1",
        rule="LowVoltage",
        subject="QT1",
        by="field",
        at=NOW - 60 * MINUTE,
        severity=Severity.WARNING,
    )
    return replace(ack, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("story", "alert", "told_at", "ack", "messages"),
    [
        ("no reminder", FIRES, 600, an_ack(), []),
        ("lapsed: goes on from where it stood", FIRES, 260, an_ack(until=NOW - 30 * MINUTE), []),
        ("lapsed and due", FIRES, 300, an_ack(until=NOW - 30 * MINUTE), ["mail reminder: +LowVoltage/QT1"]),
        ("an ending is never held", OVER, 600, an_ack(), ["mail all_resolved: -LowVoltage/QT1"]),
        ("nor what got worse", WORSE, 600, an_ack(), ["mail escalated: +LowVoltage/QT1"]),
    ],
)
def test_an_acknowledgement(story: str, alert: Alert, told_at: int, ack: Ack, messages: list[str]) -> None:
    """Holds reminders until it lapses, the alert ends, or gets worse."""
    result = planned(alert, told=(was_told(firing_at=NOW - told_at * MINUTE),), acks=[ack])
    assert told_of(result) == messages, story
    assert result.ended_acks == ((1,) if alert is WORSE else ())


@pytest.mark.parametrize(
    ("story", "alert", "episode", "told", "messages"),
    [
        ("it began", FIRES, {}, [], ["mail flapping: +LowVoltage/QT1"]),
        ("it began with an ending that was owed", OVER, {}, [was_told()], ["mail flapping: -LowVoltage/QT1"]),
        ("it goes on", OVER, {}, [was_told("episode")], []),
        (
            "it got worse",
            WORSE,
            {"severity": Severity.CRITICAL},
            [was_told("episode")],
            ["mail escalated: +LowVoltage/QT1"],
        ),
        ("it settled clear", OVER, {"ended_at": NOW}, [was_told("episode")], ["mail flapping_ended: -LowVoltage/QT1"]),
        ("it settled bad", FIRES, {"ended_at": NOW}, [was_told("episode")], ["mail flapping_ended: +LowVoltage/QT1"]),
        ("it ended before it was told", OVER, {"ended_at": NOW}, [was_told()], ["mail all_resolved: -LowVoltage/QT1"]),
    ],
)
def test_flapping(story: str, alert: Alert, episode: dict[str, object], told: list[Told], messages: list[str]) -> None:
    """One message in place of each change's own, and one at its end: the ending that is owed."""
    result = planned(alert, told=tuple(told), episodes=[an_episode(alert, **episode)])
    assert told_of(result) == messages, story


def test_flapping_is_held_as_a_firing_is_but_its_clear_end_is_not() -> None:
    """Whoever was told that it flaps is told that it is over."""
    silences = [a_silence()]
    assert told_of(planned(FIRES, silences=silences, episodes=[an_episode(FIRES)])) == []
    ended: Episode = an_episode(OVER, ended_at=NOW)
    result = planned(OVER, silences=silences, told=(was_told("episode"),), episodes=[ended])
    assert told_of(result) == ["mail flapping_ended: -LowVoltage/QT1"]


def test_a_silence_until_resolved_expires_when_nothing_it_matches_is_left() -> None:
    """Not while something pends, nor while it flaps."""
    silence = a_silence(until_resolved=True)
    assert planned(OVER, silences=[silence]).expired_silences == ("5115",)
    assert planned(FIRES, silences=[silence]).expired_silences == ()
    assert planned(OVER, silences=[silence], episodes=[an_episode(OVER)]).expired_silences == ()


def test_a_hold_keeps_its_beginning() -> None:
    """However often it is looked at."""
    before: Held = was_held(since=NOW - timedelta(hours=5))
    result = planned(FIRES, held=[replace(before, ref="5115")], silences=[a_silence()])
    assert result.held == ()

"""What is the end of a hold and what is not, and of two holds which one says it."""

from dataclasses import replace

import pytest

from alertd.matchers import parse_matcher
from alertd.model import Alert, LevelState, Severity, State, Told
from alertd.notify.decide import EVERYBODY
from alertd.notify.holds import HoldTerms, QuietHours
from alertd.notify.silences import Silence
from alertd.notify.standing import Held, HoldKind, QuietMode
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

FIRES, OVER = an_alert(), an_alert(over=True)
WORSE = an_alert(severity=Severity.CRITICAL)
ELSEWHERE = replace(ROUTING, receivers={"team": ("chat",), "former": ("mail",)})
HOURS = TimeInterval(times=((14 * 60, 16 * 60),))
NIGHT = QuietHours(intervals=(HOURS,), bypass=(parse_matcher('severity="critical"'),))
OF_WARNINGS = a_silence('severity="warning"')


@pytest.mark.parametrize(
    ("story", "alert", "told", "held", "messages"),
    [
        ("a silence's end", FIRES, [was_told()], was_held(), []),
        ("the ending after it", OVER, [was_told()], was_held(), ["mail all_resolved: -LowVoltage/QT1"]),
        ("quiet hours' end, worse by now", WORSE, [was_told()], was_held(kind=HoldKind.QUIET_HOURS), []),
        (
            "an ending in quiet hours",
            OVER,
            [was_told()],
            was_held(kind=HoldKind.QUIET_HOURS),
            ["mail quiet_ended: -LowVoltage/QT1"],
        ),
        (
            "an ending in quiet hours whose digest does not list it",
            OVER,
            [was_told()],
            was_held(kind=HoldKind.QUIET_HOURS, mode=QuietMode.DIGEST),
            ["mail quiet_ended: -LowVoltage/QT1"],
        ),
    ],
)
def test_a_target_that_is_no_longer_routed_hears_the_ending_alone(
    story: str, alert: Alert, told: list[Told], held: Held, messages: list[str]
) -> None:
    """However a hold ends."""
    chat = was_told(target="chat", severity=Severity.CRITICAL, settled=alert.state is State.RESOLVED)
    result = planned(alert, told=(*told, chat), held=[held], routing=ELSEWHERE)
    assert told_of(result) == messages, story


def test_nor_does_it_hear_that_what_it_was_told_of_flaps() -> None:
    """The ending that it is owed is an ordinary one; who was told of the flapping hears when it is clear."""
    told = (was_told(), was_told("episode", target="chat"))
    result = planned(OVER, told=told, routing=ELSEWHERE, episodes=[an_episode(OVER)])
    assert told_of(result) == ["mail all_resolved: -LowVoltage/QT1"]
    knew = (was_told("episode"), was_told(target="chat"), was_told("episode", target="chat", ended_at=NOW))
    ended = an_episode(FIRES, ended_at=NOW)
    assert told_of(planned(FIRES, told=knew, routing=ELSEWHERE, episodes=[ended])) == []
    over = an_episode(OVER, ended_at=NOW)
    assert "mail flapping_ended: -LowVoltage/QT1" in told_of(
        planned(OVER, told=knew, routing=ELSEWHERE, episodes=[over])
    )


def test_a_hold_of_who_is_not_routed_is_forgotten() -> None:
    """Should it be routed again, no silence ends."""
    assert planned(FIRES, held=[was_held(target="former")]).no_longer_held == (("LowVoltage/QT1", "former"),)


@pytest.mark.parametrize(
    ("story", "silences", "terms", "held"),
    [
        ("a silence of warnings", [OF_WARNINGS], HoldTerms(), was_held(ref=OF_WARNINGS.id)),
        (
            "quiet hours that critical ones bypass",
            [],
            HoldTerms(quiet_hours={"team": NIGHT}),
            was_held(kind=HoldKind.QUIET_HOURS, mode=QuietMode.DIGEST),
        ),
        (
            "an interval of another route",
            [],
            HoldTerms(intervals={"nights": (HOURS,)}),
            was_held(kind=HoldKind.INTERVAL, ref="mute nights"),
        ),
    ],
)
def test_what_got_worse_than_a_hold_that_goes_on_is_told_as_what_it_is(
    story: str, silences: list[Silence], terms: HoldTerms, held: Held
) -> None:
    """That is no hold's end, and nothing for a digest."""
    routing = replace(ROUTING, holds=terms)
    assert told_of(planned(WORSE, silences=silences, held=[held], routing=routing)) == [
        "mail first: +LowVoltage/QT1"
    ], story


def test_of_two_silences_the_one_whose_end_is_told_counts() -> None:
    """What began and ended under both is told at that one's end."""
    until_resolved = a_silence(until_resolved=True)
    timed = replace(a_silence(), id="77", created_at=NOW)
    result = planned(OVER, silences=[until_resolved, timed])
    assert [(held.ref, held.tells) for held in result.held] == [("77", True)]
    assert result.settled_alerts == ()


SITE = an_alert("SiteDown/A", own=True, over=True, site="A")


@pytest.mark.parametrize("kind", [HoldKind.SILENCE, HoldKind.QUIET_HOURS])
@pytest.mark.parametrize(
    ("story", "alert", "messages"),
    [
        ("judged since", an_alert(), ["+LowVoltage/QT1"]),
        ("not judged since", an_alert(breached_at=NOW - 100 * MINUTE), []),
        ("clear first", an_alert(over=True, breached_at=NOW - 100 * MINUTE), []),
    ],
)
def test_a_hold_that_ends_with_a_cause(kind: HoldKind, story: str, alert: Alert, messages: list[str]) -> None:
    """What the cause explained is a symptom that is let go."""
    result = planned(
        SITE,
        alert,
        told=(was_told(SITE.id, settled=True, ended_at=NOW),),
        held=[was_held(kind=kind)],
        explained=frozenset({(alert.id, SITE.id)}),
    )
    assert [f"+{each.id}" for order in result.orders for each in (*order.firing, *order.resolved)] == messages, story


def since(level_began: int) -> Alert:
    """Critical since so many minutes ago."""
    level = LevelState(phase=State.FIRING, active_at=NOW - level_began * MINUTE)
    return replace(WORSE, levels={Severity.CRITICAL: level})


@pytest.mark.parametrize(
    ("story", "alert", "told", "messages"),
    [
        ("got worse in the quiet", since(60), None, []),
        ("got worse after it", since(10), None, ["mail first: +LowVoltage/QT1"]),
        ("what was known got worse after it", since(10), was_told(), ["mail escalated: +LowVoltage/QT1"]),
        ("ended in the quiet", replace(OVER, closed_at=NOW - 60 * MINUTE), was_told(), []),
        ("ended after it", replace(OVER, closed_at=NOW), was_told(), ["mail all_resolved: -LowVoltage/QT1"]),
        ("ended after it, never told", replace(OVER, closed_at=NOW), None, []),
    ],
)
def test_a_digest_tells_only_what_was_quiet(story: str, alert: Alert, told: Told | None, messages: list[str]) -> None:
    """What happens after the quiet hours, while the digest is not due yet, goes as ever."""
    held = was_held(kind=HoldKind.QUIET_HOURS, mode=QuietMode.DIGEST, released_at=NOW - 30 * MINUTE)
    assert told_of(planned(alert, told=(told,) if told else (), held=[held])) == messages, story


@pytest.mark.parametrize(("began", "mode"), [(13, QuietMode.DEFER), (14, QuietMode.DROP)])
def test_only_what_began_in_quiet_hours_is_dropped(began: int, mode: QuietMode) -> None:
    """What began before, and could not be told, is told at their end."""
    routing = replace(ROUTING, holds=HoldTerms(quiet_hours={"team": replace(NIGHT, mode=QuietMode.DROP)}))
    alert = replace(FIRES, fired_at=NOW.replace(hour=began))
    assert [held.mode for held in planned(alert, routing=routing).held] == [mode]


def test_what_is_left_to_a_target_that_is_gone_is_nobody_elses() -> None:
    """An alert that all routed targets are done with stays open for the absent one alone."""
    told = (was_told(settled=True, ended_at=NOW), was_told(target="gone"))
    result = planned(OVER, told=told)
    assert result.settled == (Told(alert_id=OVER.id, target=EVERYBODY, settled=True),)
    later = replace(ROUTING, root=replace(ROOT, receiver="all"), receivers={"all": ("mail", "new")})
    assert planned(OVER, told=(*told, *result.settled), routing=later).is_empty
    back = replace(ROUTING, receivers={"team": ("mail", "new"), "old": ("gone",)})
    assert told_of(planned(OVER, told=(*told, *result.settled), routing=back)) == ["gone all_resolved: -LowVoltage/QT1"]
    heard = (was_told(settled=True, ended_at=NOW), was_told(target="gone", settled=True, ended_at=NOW))
    assert planned(OVER, told=(*heard, *result.settled), routing=back).settled_alerts == (OVER.id,)

"""Rules in shadow: whatever is known, of their alerts nobody hears but those who are owed an ending."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.alerts.flapping import Episode
from alertd.matchers import parse_matcher
from alertd.model import Alert, Delivery, DeliveryState, Message, NotifyReason, Says, Severity, State, Told
from alertd.notify.causes import CauseTerms
from alertd.notify.decide import knows
from alertd.notify.groups import Routing, in_shadow
from alertd.notify.holds import HoldTerms, QuietHours
from alertd.notify.inhibition import InhibitRule
from alertd.notify.known import Known, Plan
from alertd.notify.plan import plan
from alertd.notify.routes import Step
from alertd.notify.standing import Ack, EscalationClock, Held, HoldKind, QuietMode
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

ALWAYS = TimeInterval(times=((0, 24 * 60),))
SHADOW = replace(ROUTING, shadow=frozenset({"LowVoltage"}))
FIRES, ENDED = an_alert(), an_alert(over=True)
OFFLINE = CauseTerms(explains_instrument=frozenset({"LowVoltage"}))
INHIBITS = HoldTerms(
    inhibit_rules=(
        InhibitRule(
            source_matchers=(parse_matcher("alertname=LowVoltage"),),
            target_matchers=(parse_matcher("alertname=Hot"),),
            equal=("instrument",),
        ),
    )
)


@pytest.mark.parametrize(
    ("alert", "routing"),
    [
        (FIRES, SHADOW),
        (replace(FIRES, shadow=True), SHADOW),
        (replace(FIRES, shadow=True), ROUTING),  # its rule went live, and it was not judged since
        (ENDED, SHADOW),
        (replace(ENDED, shadow=True), ROUTING),  # it ended in shadow, then its rule went live or is gone
    ],
)
def test_nobody_is_told(alert: Alert, routing: Routing):
    """By the rule's word or by the alert's own; what is over is settled at once."""
    result = planned(alert, routing=routing)
    assert told_of(result) == []
    assert result.settled_alerts == ((alert.id,) if alert.state is State.RESOLVED else ())


def test_an_own_alert_has_no_shadow():
    """A name in the list of rules is no own alert."""
    own = an_alert("ApiUnreachable/MyCirrus API", own=True)
    routing = replace(ROUTING, shadow=frozenset({"ApiUnreachable"}))
    assert told_of(planned(own, routing=routing)) == ["mail first: +ApiUnreachable/MyCirrus API"]


def test_live_again_it_is_first():
    """Once it was judged live it is told as any that begins."""
    assert told_of(planned(FIRES)) == ["mail first: +LowVoltage/QT1"]


@pytest.mark.parametrize(
    ("alert", "told", "more", "heard"),
    [
        (FIRES, was_told(), {}, []),
        (FIRES, was_told(firing_at=NOW - timedelta(days=2)), {}, []),  # no reminder
        (an_alert(severity=Severity.CRITICAL), was_told(), {}, []),  # it got worse
        (FIRES, was_told(), {"held": [was_held()]}, []),  # its silence ended
        (ENDED, was_told(), {}, ["mail all_resolved: -LowVoltage/QT1"]),
        (ENDED, was_told(firing_at=None, maybe=True), {}, ["mail all_resolved: -LowVoltage/QT1"]),
        (ENDED, was_told(), {"silences": [a_silence()]}, ["mail all_resolved: -LowVoltage/QT1"]),
        (ENDED, was_told(), {"held": [was_held()]}, ["mail all_resolved: -LowVoltage/QT1"]),
        (ENDED, was_told(settled=True, ended_at=NOW), {}, []),
    ],
)
def test_from_live_to_shadow(alert: Alert, told: Told, more: dict[str, object], heard: list[str]):
    """Who was told that it fires hears its ending, once, and nothing else."""
    assert told_of(planned(alert, routing=SHADOW, told=(told,), **more)) == heard


def test_quiet_hours_hold_the_ending_that_is_owed():
    """Times of day hold endings, in shadow too; after them it goes, also where the receiver's digest would have it."""
    for mode in QuietMode:
        quiet = HoldTerms(quiet_hours={"team": QuietHours(intervals=(ALWAYS,), mode=mode)})
        during = planned(ENDED, routing=replace(SHADOW, holds=quiet), told=(was_told(),))
        assert told_of(during) == []
        assert during.settled_alerts == ()
        held = was_held(kind=HoldKind.QUIET_HOURS, mode=mode)
        (message,) = told_of(planned(ENDED, routing=SHADOW, told=(was_told(),), held=[held]))
        assert message.endswith(": -LowVoltage/QT1")


def test_an_unsent_message_is_taken_back():
    """What waited in the outbox when the rule went into shadow goes to nobody."""
    result = planned(FIRES, routing=SHADOW, outbox=[_row(7, FIRES)])
    assert (result.supersede, told_of(result)) == ((7,), [])


@pytest.mark.parametrize(
    ("newest", "ended", "heard"),
    [
        (FIRES, False, []),
        (FIRES, True, []),
        (ENDED, True, ["mail flapping_ended: -LowVoltage/QT1"]),
    ],
)
def test_flapping(newest: Alert, ended: bool, heard: list[str]):
    """Of flapping that was told only an end that is clear is heard."""
    episode = an_episode(newest, ended_at=NOW if ended else None)
    told = (was_told(episode.id),)
    assert told_of(planned(newest, routing=SHADOW, told=told, episodes=[episode])) == heard
    assert told_of(planned(newest, routing=SHADOW, episodes=[episode])) == []


def test_it_holds_nobody_back():
    """It explains nothing and inhibits nothing, and no ending lists it."""
    hot = an_alert("Hot/QT1")
    for terms in ({"causes": OFFLINE}, {"holds": INHIBITS}):
        assert told_of(planned(FIRES, hot, routing=replace(ROUTING, **terms))) == ["mail first: +LowVoltage/QT1"]
        assert told_of(planned(FIRES, hot, routing=replace(SHADOW, **terms))) == ["mail first: +Hot/QT1"]
    offline = CauseTerms(explains_instrument=frozenset({"Offline"}))
    result = planned(an_alert("Offline/QT1"), FIRES, routing=replace(SHADOW, causes=offline))
    assert (told_of(result), result.explained) == (["mail first: +Offline/QT1"], ())


def test_an_escalation_stands_still():
    """Nobody further is told; the clock goes on once it is live again."""
    routing = Routing(
        root=replace(ROOT, escalate=(Step(after=30 * MINUTE, receiver="duty"),)),
        receivers={"team": ("mail",), "duty": ("sms",)},
        shadow=SHADOW.shadow,
    )
    clock = EscalationClock(
        alert_id=FIRES.id, receiver="team", decided_at=NOW, waited=MINUTE, running_since=NOW - 120 * MINUTE
    )
    result = planned(FIRES, routing=routing, told=(was_told(),), clocks=[clock])
    assert told_of(result) == []
    assert [(each.waited, each.running_since) for each in result.clocks] == [(121 * MINUTE, None)]


def test_a_silence_does_not_wait_for_it():
    """Until all has resolved: what is in shadow does not count."""
    silence = a_silence(until_resolved=True)
    assert planned(FIRES, silences=[silence]).expired_silences == ()
    assert planned(FIRES, routing=SHADOW, silences=[silence]).expired_silences == (silence.id,)


# ── whatever is known ────────────────────────────────────────────────────────────────────────────────────────────────

TARGETS = ("mail", "chat", "sms")
RULES = ("LowVoltage", "Hot", "Offline")
SERIALS = ("QT1", "QT2")
SPANS = st.integers(0, 300).map(lambda count: NOW - count * MINUTE)


def _row(number: int, alert: Alert, target: str = "mail", state: DeliveryState = DeliveryState.QUEUED) -> Delivery:
    return Delivery(
        id=number,
        target=target,
        group_key="team{}",
        reason=NotifyReason.FIRST,
        message=Message(title="", body=""),
        says=(Says(alert_id=alert.id, severity=alert.severity, ended=alert.state is State.RESOLVED),),
        state=state,
        decided_at=NOW - MINUTE,
        due_at=NOW - MINUTE,
    )


@st.composite
def routings(draw: st.DrawFn) -> Routing:
    """Routes with further receivers, causes, inhibitions, quiet hours; any of the rules in shadow."""
    escalate = (Step(after=30 * MINUTE, receiver="duty"),) if draw(st.booleans()) else ()
    quiet = {"chatters": QuietHours(intervals=(ALWAYS,), mode=draw(st.sampled_from(QuietMode)))}
    by_rule = replace(ROOT, receiver="chatters", matchers=(parse_matcher("alertname=Hot"),), continue_=True)
    return Routing(
        root=replace(
            ROOT,
            escalate=escalate,
            group_by=draw(st.sampled_from([(), ("alertname",), ("instrument",)])),
            routes=draw(st.sampled_from([(), (by_rule,), (by_rule, replace(ROOT, escalate=escalate))])),
        ),
        receivers={"team": ("mail",), "chatters": ("chat",), "duty": ("sms",)},
        holds=replace(INHIBITS, quiet_hours=quiet if draw(st.booleans()) else {}),
        causes=CauseTerms(explains_instrument=frozenset({"Offline"})),
        shadow=frozenset(draw(st.sets(st.sampled_from(RULES)))),
    )


@st.composite
def alerts(draw: st.DrawFn) -> list[Alert]:
    """Up to two of each rule and monitor, at most one of them alive, each in shadow or not."""
    found = []
    for rule in RULES:
        for serial in SERIALS:
            for state in draw(st.sampled_from([(), ("F",), ("P",), ("R",), ("R", "F"), ("R", "R")])):
                alert = an_alert(f"{rule}/{serial}", over=state == "R", severity=draw(st.sampled_from(Severity)))
                alert = replace(
                    alert,
                    id=f"{rule}/{serial}/{len(found)}",
                    state=State.PENDING if state == "P" else alert.state,
                    fired_at=None if state == "P" else alert.fired_at,
                    shadow=draw(st.booleans()),
                )
                found.append(alert)
    return found


@st.composite
def tellings(draw: st.DrawFn, ids: Sequence[str]) -> dict[tuple[str, str], Told]:
    """What targets know of some of these."""
    found = {}
    for about in ids:
        for target in TARGETS:
            kind = draw(st.sampled_from(["none", "none", "fires", "maybe", "over", "gave up"]))
            told = Told(alert_id=about, target=target)
            if kind == "fires":
                told = replace(told, severity=draw(st.sampled_from(Severity)), firing_at=draw(SPANS))
            elif kind == "maybe":
                told = replace(told, maybe=True)
            elif kind == "over":
                told = replace(told, firing_at=draw(SPANS), ended_at=NOW, settled=True)
            elif kind == "gave up":
                told = replace(told, gave_up_at=draw(SPANS))
            if kind != "none":
                found[about, target] = told
    return found


@st.composite
def situations(draw: st.DrawFn) -> tuple[Known, Routing]:
    """Anything that may be known, and any set-up."""
    routing, those = draw(routings()), draw(alerts())
    some = st.lists(st.sampled_from(those), max_size=4, unique_by=lambda each: each.id) if those else st.just([])
    newest = {(each.rule, each.subject): each for each in those}
    episodes = [
        Episode(
            id=f"episode {alert.id}",
            rule=alert.rule,
            subject=alert.subject,
            alert_id=alert.id,
            severity=draw(st.sampled_from(Severity)),
            count=4,
            began_at=NOW - 90 * MINUTE,
            ended_at=draw(st.sampled_from([None, NOW])),
        )
        for alert in newest.values()
        if draw(st.booleans())
    ]
    kinds = st.sampled_from(HoldKind)
    return Known(
        alerts=those,
        told=draw(tellings([each.id for each in (*those, *episodes)])),
        outbox=[
            _row(
                number,
                alert,
                draw(st.sampled_from(TARGETS)),
                draw(st.sampled_from([DeliveryState.QUEUED, DeliveryState.LEASED])),
            )
            for number, alert in enumerate(draw(some))
        ],
        held={
            (alert.id, target): Held(
                alert_id=alert.id,
                target=target,
                kind=draw(kinds),
                name="x",
                ref=draw(st.sampled_from(those)).id,
                mode=draw(st.sampled_from(QuietMode)),
                tells=draw(st.booleans()),
                since=NOW - 60 * MINUTE,
                released_at=draw(st.sampled_from([None, NOW - MINUTE])),
            )
            for alert in draw(some)
            for target in draw(st.sets(st.sampled_from(TARGETS)))
        },
        acks=[
            Ack(
                alert_id=alert.id,
                rule=alert.rule,
                subject=alert.subject,
                by="x",
                at=draw(SPANS),
                severity=alert.severity,
            )
            for alert in draw(some)
        ],
        silences=draw(st.sampled_from([[], [a_silence("alertname=LowVoltage")], [a_silence(until_resolved=True)]])),
        clocks={
            (alert.id, "team"): EscalationClock(
                alert_id=alert.id,
                receiver="team",
                decided_at=NOW - 120 * MINUTE,
                waited=draw(st.sampled_from([0, 40])) * MINUTE,
                running_since=draw(st.sampled_from([None, NOW - 40 * MINUTE])),
            )
            for alert in draw(some)
        },
        episodes=episodes,
        offline=frozenset(draw(st.sets(st.sampled_from(SERIALS)))),
        failing=frozenset(draw(st.sets(st.sampled_from(TARGETS)))),
        tokens=draw(st.sampled_from([{}, {"mail": 0}, {"mail": 1}])),
        digests_due=draw(st.sampled_from([{}, {"chatters": NOW}])),
    ), routing


@given(situations())
def test_no_way_leads_out_of_the_shadow(situation: tuple[Known, Routing]):
    """No message says that one in shadow fires; that it ended hears who was told of it or of its flapping."""
    known, routing = situation
    result = plan(known, routing, NOW)
    shadowed = {alert.id: alert for alert in known.alerts if in_shadow(alert, routing.shadow)}
    of_episode = {episode.alert_id: episode.id for episode in known.episodes}
    hidden = shadowed.keys() | {of_episode[each] for each in shadowed if each in of_episode}
    for order in result.orders:
        assert not shadowed.keys() & {alert.id for alert in order.firing}
        assert not hidden & {says.alert_id for says in order.says if not says.ended}
        for alert in order.resolved:
            told = [known.told.get((each, order.target)) for each in (alert.id, of_episode.get(alert.id, alert.id))]
            assert alert.id not in shadowed or any(map(knows, told))
    assert not hidden & {each for pair in result.explained for each in (pair.alert_id, pair.cause_id)}
    assert not [clock for clock in result.clocks if clock.alert_id in shadowed and clock.running_since is not None]


@given(situations())
def test_what_is_live_does_not_see_it(situation: tuple[Known, Routing]):
    """Where nobody was ever told of them, all is decided as if the alerts in shadow were not there."""
    known, routing = situation
    shadowed = {alert.id for alert in known.alerts if in_shadow(alert, routing.shadow)}
    keys = {(alert.rule, alert.subject) for alert in known.alerts if alert.id in shadowed}
    known = replace(
        known,
        alerts=[alert for alert in known.alerts if alert.id in shadowed or (alert.rule, alert.subject) not in keys],
        told={key: told for key, told in known.told.items() if key[0] not in shadowed},
        outbox=[row for row in known.outbox if not {says.alert_id for says in row.says} & shadowed],
        held={key: held for key, held in known.held.items() if held.alert_id not in shadowed},
        episodes=[each for each in known.episodes if (each.rule, each.subject) not in keys],
    )
    without = replace(known, alerts=[alert for alert in known.alerts if alert.id not in shadowed])
    assert _visible(plan(known, routing, NOW), shadowed) == _visible(plan(without, routing, NOW), shadowed)


def _visible(result: Plan, shadowed: set[str]) -> tuple[object, ...]:
    """Everything that the plan does to what is not in shadow."""
    return (
        result.orders,
        result.supersede,
        [each for each in result.held if each.alert_id not in shadowed],
        [clock for clock in result.clocks if clock.alert_id not in shadowed],
        result.explained,
        result.expired_silences,
        [each for each in result.settled if each.alert_id not in shadowed],
        [each for each in result.settled_alerts if each not in shadowed],
    )

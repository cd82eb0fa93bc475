"""Who is told next where nobody acknowledges."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.matchers import parse_matcher
from alertd.model import Severity
from alertd.notify.groups import Routing
from alertd.notify.holds import HoldTerms, QuietHours
from alertd.notify.known import Plan
from alertd.notify.routes import Step
from alertd.notify.standing import Ack, EscalationClock
from alertd.notify.wallclock import TimeInterval
from tests.notify.standings import MINUTE, NOW, ROOT, a_silence, an_alert, planned, told_of, was_told

FIRES = an_alert()
STEPS = (Step(after=30 * MINUTE, receiver="duty"), Step(after=60 * MINUTE, receiver="boss"))
ROUTING = Routing(
    root=replace(ROOT, escalate=STEPS), receivers={"team": ("mail",), "duty": ("sms",), "boss": ("call",)}
)
DUTY, BOSS = "sms unacknowledged: +LowVoltage/QT1", "call unacknowledged: +LowVoltage/QT1"


def a_clock(minutes: float, *, stands: bool = False) -> EscalationClock:
    """It has run so long."""
    return EscalationClock(
        alert_id=FIRES.id,
        receiver="team",
        decided_at=NOW - 120 * MINUTE,
        waited=minutes * MINUTE,
        running_since=None if stands else NOW,
    )


ACK = Ack(
    id=1,
    alert_id=FIRES.id,
    rule="LowVoltage",
    subject="QT1",
    by="field",
    at=NOW - MINUTE,
    severity=Severity.WARNING,
)


def escalated(clock: EscalationClock, **more: object) -> Plan:
    """What is decided of an alert that step 1 was told of two hours ago."""
    told = (was_told(firing_at=NOW - 120 * MINUTE), *more.pop("told", ()))  # type: ignore[misc]
    return planned(FIRES, told=told, clocks=[clock], **{"routing": ROUTING, **more})  # type: ignore[arg-type]


def test_the_decision_to_tell_step_1_starts_the_clock() -> None:
    """For each alert, once."""
    result = planned(FIRES, routing=ROUTING)
    assert told_of(result) == ["mail first: +LowVoltage/QT1"]
    assert [(clock.alert_id, clock.receiver, clock.running_since) for clock in result.clocks] == [
        (FIRES.id, "team", NOW)
    ]


def test_an_alert_held_back_from_step_1_has_no_clock() -> None:
    """So it never reaches step 2."""
    assert planned(FIRES, routing=ROUTING, silences=[a_silence()]).clocks == ()


@pytest.mark.parametrize(
    ("story", "minutes", "more", "messages"),
    [
        ("not yet", 29, {}, []),
        ("step 2", 30, {}, [DUTY]),
        ("step 2 is told once", 45, {"told": [was_told(target="sms")]}, []),
        ("step 3", 60, {"told": [was_told(target="sms")]}, [BOSS]),
        ("both at once after a long stop", 90, {}, [DUTY, BOSS]),
        ("acknowledged", 90, {"acks": [ACK]}, []),
        ("silenced", 90, {"silences": [a_silence()]}, []),
        ("every target of step 1 fails", 0, {"failing": frozenset({"mail"})}, [DUTY]),
        ("step 1 is a dead letter", 0, {"told": [was_told(gave_up_at=NOW)]}, [DUTY]),
        ("steps 1 and 2 fail", 0, {"failing": frozenset({"mail", "sms"})}, [DUTY, BOSS]),
    ],
)
def test_a_step_is_taken_when_its_time_has_come(
    story: str, minutes: float, more: dict[str, object], messages: list[str]
) -> None:
    """Or at once where the step before reaches nobody."""
    assert told_of(escalated(a_clock(minutes), **more)) == messages, story


def test_it_says_since_when_nobody_acknowledged() -> None:
    """Since the decision to tell step 1."""
    (order,) = escalated(a_clock(30)).orders
    assert order.unacknowledged_since == NOW - 120 * MINUTE


@pytest.mark.parametrize("more", [{"acks": [ACK]}, {"silences": [a_silence()]}])
def test_the_clock_stands_while_held_or_acknowledged_and_goes_on_after(more: dict[str, object]) -> None:
    """From where it stood."""
    running = replace(a_clock(10), running_since=NOW - 5 * MINUTE)
    (stopped,) = escalated(running, **more).clocks
    assert (stopped.waited, stopped.running_since) == (15 * MINUTE, None)
    (again,) = escalated(stopped).clocks
    assert (again.waited, again.running_since) == (15 * MINUTE, NOW)


def test_the_next_step_wakes_the_dispatcher() -> None:
    """Exactly when it is due."""
    assert escalated(a_clock(10)).wake_at == NOW + 20 * MINUTE


def test_the_steps_own_quiet_hours_hold() -> None:
    """Nobody is woken who asked not to be."""
    hours = QuietHours(intervals=(TimeInterval(times=((14 * 60, 16 * 60),)),))
    assert told_of(escalated(a_clock(30), routing=replace(ROUTING, holds=HoldTerms(quiet_hours={"duty": hours})))) == []


def test_a_step_is_owed_the_ending() -> None:
    """Whoever was told hears how it ended."""
    over = an_alert(over=True)
    told = (was_told(), was_told(target="sms"))
    assert sorted(told_of(planned(over, told=told, routing=ROUTING))) == [
        "mail all_resolved: -LowVoltage/QT1",
        "sms all_resolved: -LowVoltage/QT1",
    ]


def test_a_target_that_a_route_reaches_already_is_told_once() -> None:
    """By whichever way comes first."""
    routing = replace(ROUTING, receivers={"team": ("mail", "sms"), "duty": ("sms",), "boss": ("call",)})
    assert sorted(told_of(planned(FIRES, routing=routing, clocks=[a_clock(30)], told=(was_told(),)))) == [
        "sms first: +LowVoltage/QT1"
    ]
    assert timedelta(0) == a_clock(0).waited


def test_a_branch_has_its_own_steps() -> None:
    """Each route escalates as it says."""
    branch = replace(ROOT, matchers=(parse_matcher('severity="critical"'),), escalate=STEPS[1:])
    routing = replace(ROUTING, root=replace(ROOT, routes=(branch,)))
    assert told_of(escalated(a_clock(90), routing=routing)) == []

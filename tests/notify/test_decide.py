"""Why a target hears something: the decision table, one row a story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alertd.model import Alert, NotifyReason, Severity, State, Timing, Told
from alertd.notify.decide import Decision, Member, decide, reminder_interval
from alertd.notify.routes import Policy

NOW = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy(group_wait=MINUTE, group_interval=5 * MINUTE, repeat_interval=240 * MINUTE, repeat_max=1440 * MINUTE)


def alert(
    name: str = "A", *, fired: int = 10, ended: int | None = None, severity: Severity = Severity.WARNING
) -> Alert:
    """An alert that fired so many minutes ago, and ended so many minutes ago."""
    fired_at = NOW - fired * MINUTE
    return Alert(
        id=name,
        rule="LowVoltage",
        subject=name,
        state=State.FIRING if ended is None else State.RESOLVED,
        severity=severity,
        labels={},
        values={},
        explanation="",
        active_at=fired_at,
        fired_at=fired_at,
        resolved_at=None if ended is None else NOW - ended * MINUTE,
        recorded_at=fired_at,
    )


def told(name: str = "A", *, firing: int | None = 9, severity: Severity = Severity.WARNING, **more: object) -> Told:
    at = None if firing is None else NOW - firing * MINUTE
    base = Told(alert_id=name, target="mail", severity=severity if at else None, firing_at=at)
    return replace(base, **more)  # type: ignore[arg-type]


def last(minutes: int, reminders: int = 0) -> Timing:
    return Timing(group_key="g", target="mail", last_message_at=NOW - minutes * MINUTE, reminders=reminders)


HEARD = told(ended_at=NOW, settled=True)


@pytest.mark.parametrize(
    ("story", "members", "timing", "reason", "due"),
    [
        ("nothing there", [], None, None, None),
        ("never told, fires", [(alert(), None)], None, "first", -9),
        ("fires just now, waits for company", [(alert(fired=0), None)], None, "first", 1),
        ("told, still fires", [(alert(), told())], last(9), "reminder", 231),
        ("told all clear, fires again", [(alert("B", fired=3), None), (alert(ended=5), HEARD)], last(2), "first", -2),
        ("one more", [(alert(), told()), (alert("B"), None)], last(2), "new_alerts", 3),
        ("one more, long after the last word", [(alert(), told()), (alert("B"), None)], last(9), "new_alerts", -4),
        ("one more while one ends", [(alert(ended=1), told()), (alert("B"), None)], last(9), "new_alerts", -4),
        ("stepped up", [(alert(severity=Severity.CRITICAL), told())], last(9), "escalated", -4),
        ("stepped down is no message", [(alert(), told(severity=Severity.CRITICAL))], last(9), "reminder", 231),
        ("ended", [(alert(ended=1), told())], last(9), "all_resolved", -4),
        ("ended soon after the last word", [(alert(ended=1), told())], last(2), "all_resolved", 3),
        ("one of two ended", [(alert(ended=1), told()), (alert("B"), told("B"))], last(9), "some_resolved", -4),
        ("ended and told", [(alert(ended=1), HEARD)], last(9), None, None),
        ("never told, soon over", [(alert(fired=2, ended=2), None)], None, None, None),
        ("never told, outlasted group_wait, over", [(alert(fired=9, ended=2), None)], None, "all_resolved", 0),
        (
            "may have been told, soon over",
            [(alert(fired=2, ended=2), told(firing=None, maybe=True))],
            None,
            "all_resolved",
            0,
        ),
        ("may have been told, still fires", [(alert(), told(firing=None, maybe=True))], None, "first", -9),
        ("given up, still fires", [(alert(), told(firing=None, gave_up_at=NOW - MINUTE))], last(9), None, None),
        (
            "given up long ago, still fires",
            [(alert(), told(firing=None, gave_up_at=NOW - 300 * MINUTE))],
            last(300),
            "first",
            -9,
        ),
        ("the clock was set back since it fired", [(alert(fired=-30), None)], None, "first", 0),
        ("the clock was set back since the last word", [(alert(ended=1), told())], last(-30), "all_resolved", 0),
        ("a reminder waits all the same", [(alert(), told())], last(-30), "reminder", 270),
        ("reminder due", [(alert(fired=500), told(firing=240))], last(240), "reminder", 0),
        ("second reminder waits twice as long", [(alert(fired=900), told(firing=800))], last(240, 1), "reminder", 240),
        ("no timing on record: counts from the telling", [(alert(fired=500), told(firing=200))], None, "reminder", 40),
    ],
)
def test_reasons(
    story: str, members: list[tuple[Alert, Told | None]], timing: Timing | None, reason: str | None, due: int | None
) -> None:
    """Each situation's reason, and when it is due in minutes from now."""
    decision = decide([Member(alert=a, told=t) for a, t in members], timing, POLICY, NOW)
    got = (None, None) if decision is None else (decision.reason.value, (decision.due_at - NOW) / MINUTE)
    assert got == (reason, due), story


def decided(*members: Member) -> Decision:
    decision = decide(members, None, POLICY, NOW)
    assert decision is not None
    return decision


def test_a_message_names_all_that_fires_and_what_ended() -> None:
    """The whole picture of the group, worst first; what is told already does not end twice."""
    decision = decided(
        Member(alert=alert("A"), told=told("A")),
        Member(alert=alert("B", severity=Severity.CRITICAL)),
        Member(alert=alert("C", ended=1), told=told("C")),
        Member(alert=alert("D", ended=1), told=told("D", ended_at=NOW, settled=True)),
    )
    assert [each.id for each in decision.firing] == ["B", "A"]
    assert [each.id for each in decision.resolved] == ["C"]


def test_no_longer_routed_hears_only_the_end() -> None:
    """A target that was told and is routed elsewhere now: nothing while it fires, its ending when it ends."""
    assert decide([Member(alert=alert(), told=told(), routed=False)], last(999), POLICY, NOW) is None
    ended = decided(Member(alert=alert(ended=1), told=told(), routed=False))
    assert ended.reason is NotifyReason.ALL_RESOLVED


def test_what_may_have_been_told_is_marked() -> None:
    """A message that may repeat an earlier, broken one says so."""
    assert decided(Member(alert=alert(), told=told(firing=None, maybe=True))).repeats
    risen = decided(Member(alert=alert(severity=Severity.CRITICAL), told=told(severity=Severity.WARNING, maybe=True)))
    assert (risen.reason, risen.repeats) == (NotifyReason.ESCALATED, True)
    assert not decided(Member(alert=alert())).repeats


@pytest.mark.parametrize(("reminders", "hours"), [(0, 4), (1, 8), (2, 16), (3, 24), (50, 24)])
def test_reminders_double_up_to_the_longest(reminders: int, hours: int) -> None:
    """4h, 8h, 16h, 24h, 24h …"""
    assert reminder_interval(POLICY, reminders) == timedelta(hours=hours)

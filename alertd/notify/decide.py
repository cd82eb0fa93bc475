"""Why a target should hear about a group now. One pure function, one reason; every edge is a row of its table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.alerts.flapping import Episode
from alertd.model import Alert, NotifyReason, Says, State, Timing, Told
from alertd.notify.routes import Policy
from alertd.notify.standing import Ack, acknowledged_for

EVERYBODY = ""
"""No target's name: what is settled for it is settled for all that were routed, and only old debts are left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One alert of a group, as one target stands to it."""

    alert: Alert
    told: Told | None = None
    routed: bool = True
    """False where the target was told once and the routes lead elsewhere now: it hears the ending, nothing more."""
    acks: tuple[Ack, ...] = ()
    """Everybody's acknowledgements of it, over or not."""
    episode: Episode | None = None
    """Its flapping, where that is what is told."""
    known_beside: tuple[Alert, ...] = ()
    """Others of the same rule and instrument that the target knows to fire: a message about flapping ends them."""
    unacknowledged_since: datetime | None = None
    """In an escalation: when step 1 was to be told."""

    def acknowledged(self, now: datetime) -> bool:
        """Whether somebody has it in hand."""
        return any(ack.stands(now) for ack in self.acks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a target should hear, from when on."""

    reason: NotifyReason
    due_at: datetime
    firing: tuple[Alert, ...]
    resolved: tuple[Alert, ...]
    says: tuple[Says, ...]
    """What the message says of each alert, in a settled order, so that two decisions can be compared."""
    repeats: bool = False
    """It names something that an earlier, broken send may have told already."""


def decide(
    members: Sequence[Member],
    timing: Timing | None,
    policy: Policy,
    now: datetime,
    heard_at: datetime | None = None,
) -> Decision | None:
    """Why this target should hear about this group, and when; None when it need not.

    First match wins: first, new_alerts or escalated, all_resolved, some_resolved, reminder. `heard_at` is when the
    target last got any message: where a group is new, for `group_by` was edited, its reminders count from then.
    """
    firing = [member for member in members if member.routed and member.alert.state is State.FIRING]
    fresh = [member for member in firing if _unheard(member, policy, now)]
    risen = [member for member in firing if risen_above(member.told, member.alert)]
    over = [member for member in members if ending_owed(member, policy)]
    reason = _reason(members, firing, fresh, risen, over)
    if reason is NotifyReason.FIRST:
        since = min(member.alert.recorded_at or now for member in fresh)
        due_at = after(since, policy.group_wait if policy.waits else timedelta(0), now)
    elif reason is not None:
        due_at = after(timing.last_message_at, policy.group_interval, now) if timing else now
    else:
        firing = [member for member in firing if _wants_reminders(member, now)]
        if not firing:
            return None
        reason, due_at = NotifyReason.REMINDER, _reminder_due(firing, timing, policy, now, heard_at)
    return decision(reason, due_at, firing, over)


def decision(
    reason: NotifyReason,
    due_at: datetime,
    firing: Iterable[Member],
    over: Iterable[Member],
    beside: Iterable[Says] = (),
) -> Decision:
    """A decision that names these members; `beside` is what it says of others, which it does not name."""
    firing, over = tuple(firing), tuple(over)
    fires, ended = worst_first(each.alert for each in firing), worst_first(each.alert for each in over)
    return Decision(
        reason=reason,
        due_at=due_at,
        firing=fires,
        resolved=ended,
        says=in_order(
            [
                *(Says(alert_id=alert.id, severity=alert.severity, ended=False) for alert in fires),
                *(Says(alert_id=alert.id, severity=alert.severity, ended=True) for alert in ended),
                *beside,
            ]
        ),
        repeats=any(each.told is not None and each.told.maybe for each in (*firing, *over)),
    )


def in_order(says: Iterable[Says]) -> tuple[Says, ...]:
    """A settled order."""
    return tuple(sorted(says, key=lambda each: (each.alert_id, each.ended)))


def ending_owed(member: Member, policy: Policy) -> bool:
    """An ending that the target must hear: it was told, or may have been, or the alert outlasted group_wait untold."""
    alert, told = member.alert, member.told
    if alert.state is not State.RESOLVED or (told is not None and told.settled):
        return False
    return knows(told) or (member.routed and outlasted(alert, policy))


def outlasted(alert: Alert, policy: Policy) -> bool:
    """Whether a resolved alert lasted longer than group_wait by its samples' times."""
    if alert.fired_at is None or alert.resolved_at is None:
        return False
    return alert.resolved_at - alert.fired_at > policy.group_wait


def knows(told: Told | None) -> bool:
    """Whether the target was told that the alert fires, or may have been."""
    return told is not None and (told.firing_at is not None or told.maybe) and told.ended_at is None


def risen_above(told: Told | None, alert: Alert) -> bool:
    """Whether the alert is worse than the target heard."""
    return told is not None and told.severity is not None and alert.severity > told.severity


def worst_first(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The order in which a message names alerts: worst severity, then longest, then by name."""
    return tuple(sorted(alerts, key=lambda alert: (-alert.severity, alert.active_at, alert.rule, alert.subject)))


def _reason(
    members: Sequence[Member],
    firing: Sequence[Member],
    fresh: Sequence[Member],
    risen: Sequence[Member],
    over: Sequence[Member],
) -> NotifyReason | None:
    if fresh:
        has_picture = any(member.told is not None and _was_told(member.told) for member in members)
        return NotifyReason.NEW_ALERTS if has_picture else NotifyReason.FIRST
    if risen:
        return NotifyReason.ESCALATED
    if over:
        return NotifyReason.SOME_RESOLVED if firing else NotifyReason.ALL_RESOLVED
    return None


def _was_told(told: Told) -> bool:
    return told.firing_at is not None and told.ended_at is None and not told.settled


def _unheard(member: Member, policy: Policy, now: datetime) -> bool:
    told = member.told
    if told is None:
        return True
    if told.firing_at is not None and told.ended_at is None:
        return False
    return told.gave_up_at is None or told.gave_up_at + policy.repeat_interval <= now


def _wants_reminders(member: Member, now: datetime) -> bool:
    told = member.told
    return told is not None and told.firing_at is not None and not member.acknowledged(now)


def after(since: datetime, wait: timedelta, now: datetime) -> datetime:
    """When a wait is over; at once where it began in the future, for then the clock was set back meanwhile."""
    return since + wait if since <= now else now


def _reminder_due(
    firing: Sequence[Member], timing: Timing | None, policy: Policy, now: datetime, heard_at: datetime | None
) -> datetime:
    """The next reminder; time for which an alert was acknowledged does not count for it."""
    heard = [member.told.firing_at for member in firing if member.told and member.told.firing_at]
    last = timing.last_message_at if timing else max([*heard, *([heard_at] if heard_at else [])])
    paused = min(acknowledged_for(member.acks, last, now) for member in firing)
    return last + paused + reminder_interval(policy, timing.reminders if timing else 0)


def reminder_interval(policy: Policy, reminders: int) -> timedelta:
    """The wait before the next reminder: repeat_interval, doubled for each one sent, up to repeat_max."""
    longest = max(policy.repeat_max, policy.repeat_interval)
    interval = policy.repeat_interval
    for _ in range(reminders):
        if interval >= longest:
            break
        interval *= 2
    return min(interval, longest)

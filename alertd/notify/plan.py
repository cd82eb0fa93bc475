"""From open alerts to what the outbox should hold: messages to write, unsent ones that are overtaken, what is settled.

There is never more than one unsent message for a (group, target). It always says the whole of what that target does not
know yet; when that changes, a new message takes its place, so a "firing" cannot arrive after its "resolved".
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.model import Alert, Delivery, DeliveryState, NotifyReason, Says, State, Timing, Told
from alertd.notify.decide import Decision, Member, decide, ending_owed, knows
from alertd.notify.groups import Group, Routing, destinations, group

LOOK_AGAIN_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store says when the dispatcher looks."""

    alerts: Sequence[Alert]
    """Firing, and resolved ones that are not settled."""
    told: Mapping[tuple[str, str], Told]
    """By (alert id, target)."""
    pending: Mapping[tuple[str, str], Delivery]
    """Queued and leased messages by (target, group key)."""
    timings: Mapping[tuple[str, str], Timing]
    """By (target, group key)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One message to write."""

    group: Group
    decision: Decision
    timing: Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to change in the outbox and the notification log, all at once."""

    orders: tuple[Order, ...]
    supersede: tuple[int, ...]
    settled: tuple[Told, ...]
    settled_alerts: tuple[str, ...]
    wake_at: datetime | None
    """When something not yet due will be."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.orders or self.supersede or self.settled or self.settled_alerts)


def plan(known: Known, routing: Routing, now: datetime) -> Plan:
    """Decide for every (group, target); see the module's text."""
    groups = group(known.alerts, known.told, routing)
    in_flight = _in_flight(known.pending.values())
    orders: list[Order] = []
    supersede = [row.id for row in _orphans(known.pending, groups)]
    waits: list[datetime] = []
    for each in groups:
        row = known.pending.get((each.target, each.key))
        if row is not None and row.state is DeliveryState.LEASED:
            continue
        timing = known.timings.get((each.target, each.key))
        decision = decide(each.members, timing, each.policy, now)
        if decision is None or (row is not None and row.says == decision.says):
            if row is not None and decision is None and not _still_true(row, each.members):
                supersede.append(row.id)
            continue
        if any((each.target, says.alert_id) in in_flight for says in decision.says):
            waits.append(now + LOOK_AGAIN_AFTER)  # another group's message, from before the groups were edited
            continue
        if row is None and decision.due_at > now:
            waits.append(decision.due_at)
            continue
        if row is not None:
            supersede.append(row.id)
        orders.append(Order(group=each, decision=decision, timing=_next_timing(each, decision, timing, now)))
    settled = _settled(groups, in_flight)
    return Plan(
        orders=tuple(orders),
        supersede=tuple(supersede),
        settled=tuple(settled),
        settled_alerts=tuple(_settled_alerts(known, settled, routing)),
        wake_at=min(waits, default=None),
    )


def told_after(delivery: Delivery, told: Mapping[str, Told], now: datetime) -> list[Told]:
    """What the target knows once this message was delivered; `told` is what it knew, by alert id."""
    return [_heard(told.get(says.alert_id), says, delivery.target, now) for says in delivery.says]


def told_maybe(delivery: Delivery, told: Mapping[str, Told]) -> list[Told]:
    """What the target may know when a send broke off: what fires may have been told, so its end is owed.

    An ending may have been told, too: should it go in another message, that one is a possible repeat.
    """
    return [replace(_known(told.get(says.alert_id), says, delivery.target), maybe=True) for says in delivery.says]


def told_given_up(delivery: Delivery, told: Mapping[str, Told], now: datetime) -> list[Told]:
    """What is left when a message became a dead letter: an ending is owed no more, a firing waits for its reminder."""
    return [
        replace(_known(told.get(says.alert_id), says, delivery.target), gave_up_at=now, settled=says.ended)
        for says in delivery.says
    ]


def _orphans(pending: Mapping[tuple[str, str], Delivery], groups: Iterable[Group]) -> list[Delivery]:
    """Unsent messages whose group is no more (routes were edited, nothing is left in it)."""
    there = {(each.target, each.key) for each in groups}
    return [row for key, row in pending.items() if key not in there and row.state is DeliveryState.QUEUED]


def _still_true(row: Delivery, members: Sequence[Member]) -> bool:
    """Whether an unsent reminder still says what is so."""
    if row.reason is not NotifyReason.REMINDER:
        return False
    firing = {member.alert.id for member in members if member.alert.state is State.FIRING}
    return {says.alert_id for says in row.says} == firing


def _next_timing(each: Group, decision: Decision, timing: Timing | None, now: datetime) -> Timing:
    reminded = decision.reason is NotifyReason.REMINDER
    return Timing(
        group_key=each.key,
        target=each.target,
        last_message_at=now,
        reminders=(timing.reminders if timing else 0) + 1 if reminded else 0,
    )


def _in_flight(pending: Iterable[Delivery]) -> set[tuple[str, str]]:
    """(target, alert id) of all that is being told right now."""
    return {(row.target, says.alert_id) for row in pending if row.state is DeliveryState.LEASED for says in row.says}


def _settled(groups: Iterable[Group], in_flight: Container[tuple[str, str]]) -> list[Told]:
    """Endings that are told to nobody: the target never heard of the alert, and it was soon over."""
    return [
        replace(member.told or Told(alert_id=member.alert.id, target=each.target), settled=True)
        for each in groups
        for member in each.members
        if member.alert.state is State.RESOLVED
        and not (member.told and member.told.settled)
        and not ending_owed(member, each.policy)
        and (each.target, member.alert.id) not in in_flight
    ]


def _settled_alerts(known: Known, settled: Iterable[Told], routing: Routing) -> list[str]:
    """Resolved alerts of which no target has anything more to hear."""
    told = {**known.told, **{(each.alert_id, each.target): each for each in settled}}
    open_ = {alert_id for (alert_id, _), each in told.items() if knows(each) and not each.settled}
    return [
        alert.id
        for alert in known.alerts
        if alert.state is State.RESOLVED
        and alert.id not in open_
        and all(
            (alert.id, target) in told and told[alert.id, target].settled for target, _ in destinations(alert, routing)
        )
    ]


def _known(told: Told | None, says: Says, target: str) -> Told:
    return told or Told(alert_id=says.alert_id, target=target)


def _heard(told: Told | None, says: Says, target: str, now: datetime) -> Told:
    known = _known(told, says, target)
    if says.ended:
        return replace(known, ended_at=now, settled=True, firing_at=known.firing_at or now, maybe=False)
    return replace(known, severity=says.severity, firing_at=known.firing_at or now, maybe=False, gave_up_at=None)

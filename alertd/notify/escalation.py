"""Who is told next where nobody acknowledges: a route's further steps. Pure.

The clock of an alert starts with the decision to tell step 1, stands while the alert is held or acknowledged, and runs
while alertd is down. Where a step reaches nobody, the next one starts at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertd.model import Alert, State
from alertd.notify.decide import Member, knows
from alertd.notify.groups import Group, Routing, Track
from alertd.notify.known import Key, Known
from alertd.notify.routes import Route, Step
from alertd.notify.sorting import Sorted, Sorter
from alertd.notify.standing import EscalationClock


@dataclass(slots=True)
class Escalations:
    """What the clocks say now."""

    clocks: list[EscalationClock] = field(default_factory=list)
    """Stopped or gone on."""
    wakes: list[datetime] = field(default_factory=list)
    """When a step will be due."""


def escalate(sorter: Sorter, sorted_: Sorted, known: Known, routing: Routing, now: datetime) -> Escalations:
    """Move the clocks on, and put whoever is to be told by a further step into groups of their own."""
    found = Escalations()
    for alert in known.alerts:
        if alert.state is State.FIRING:
            for route in sorter.escalating(alert):
                _escalate(alert, route, sorter, sorted_, known, routing, now, found)
    return found


def started(alert: Alert, route: Route, known: Known, now: datetime) -> EscalationClock | None:
    """The clock that begins as step 1 is to be told; None where it runs already or there is no further step."""
    if not route.escalate or (alert.id, route.receiver) in known.clocks:
        return None
    return EscalationClock(alert_id=alert.id, receiver=route.receiver, decided_at=now, running_since=now)


def _escalate(  # noqa: PLR0913, PLR0917 - one alert's way, and all that is known
    alert: Alert,
    route: Route,
    sorter: Sorter,
    sorted_: Sorted,
    known: Known,
    routing: Routing,
    now: datetime,
    found: Escalations,
) -> None:
    clock = known.clocks.get((alert.id, route.receiver))
    if clock is None:
        return
    member = Member(alert=alert, acks=sorter.acks_of(alert), unacknowledged_since=clock.decided_at)
    on_way = (*sorter.holds.on_alert(alert), *sorter.holds.on_way(alert.labels, route, route.receiver))
    runs = not on_way and not member.acknowledged(now) and not sorter.in_shadow(alert)
    after = _moved(clock, now, runs=runs)
    if after != clock:
        found.clocks.append(after)
    if not runs:
        return
    for step in _due_steps(alert, route, after, known, routing, now):
        _tell(member, route, step, sorter, sorted_, known, routing)
    waits = [step.after - after.at(now) for step in route.escalate if step.after > after.at(now)]
    found.wakes += [now + wait for wait in waits[:1]]


def _moved(clock: EscalationClock, now: datetime, *, runs: bool) -> EscalationClock:
    """The clock as it goes on from here; it is written only when it starts or stops."""
    if runs == (clock.running_since is not None):
        return clock
    return replace(clock, waited=clock.at(now), running_since=now if runs else None)


def _due_steps(  # noqa: PLR0917
    alert: Alert, route: Route, clock: EscalationClock, known: Known, routing: Routing, now: datetime
) -> Iterable[Step]:
    """The steps to take now: those whose time has come, and each one after a step that reaches nobody."""
    before: Sequence[str] = routing.receivers[route.receiver]
    for step in route.escalate:
        if clock.at(now) < step.after and not _reaches_nobody(alert, before, known):
            return
        yield step
        before = routing.receivers[step.receiver]


def _reaches_nobody(alert: Alert, targets: Sequence[str], known: Known) -> bool:
    """Whether every target of a step is failing, or its message is a dead letter."""
    others = (target for target in targets if target not in known.failing)
    return bool(targets) and all(_is_dead(known.told, (alert.id, target)) for target in others)


def _is_dead(told: Mapping[Key, object], key: Key) -> bool:
    return getattr(told.get(key), "gave_up_at", None) is not None


def _tell(  # noqa: PLR0917
    member: Member,
    route: Route,
    step: Step,
    sorter: Sorter,
    sorted_: Sorted,
    known: Known,
    routing: Routing,
) -> None:
    alert = member.alert
    if sorter.holds.on_way(alert.labels, None, step.receiver):
        return  # its own quiet hours
    routed = {way.target for way in sorted_.ways.get(alert.id, ()) if way.routed}
    for target in routing.receivers[step.receiver]:
        told = known.told.get((alert.id, target))
        if target in routed or knows(told) or (told is not None and told.gave_up_at is not None):
            continue
        labels = route.group_labels(alert.labels)
        parent = Group(target=target, key="", receiver=step.receiver, labels=labels, policy=route.policy)
        name = f"{step.receiver} {sorted(labels.items())}"
        group = sorted_.groups.beside(parent, Track.ESCALATION, name)
        group.members.append(replace(member, told=told))

"""Who is told next where nobody acknowledges: a route's further steps. Pure.

The clock of an alert starts with the decision to tell step 1, stands while the alert is held or acknowledged, and runs
while alertd is down. Where a step reaches nobody, the next one starts at once. Flapping has one clock for the whole of
it, that runs while all is clear for once; a step is taken when it fires.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertd.alerts.flapping import Episode
from alertd.model import Alert, State, Told
from alertd.notify.decide import Member, knows
from alertd.notify.groups import Group, Routing, Track
from alertd.notify.known import Known
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
        episode = sorter.flapping_of(alert)
        flaps = episode is not None and episode.ended_at is None and episode.alert_id == alert.id
        if alert.state is State.FIRING or flaps:
            for route in sorter.escalating(alert):
                _escalate(alert, episode, route, sorter, sorted_, known, routing, now, found)
    return found


def started(member: Member, route: Route, known: Known, now: datetime) -> EscalationClock | None:
    """The clock that begins as step 1 is to be told; None where it runs already or there is no further step.

    That of flapping goes on from its alert's, and that of the alert which is left in the end from the flapping's.
    """
    alert, episode = member.alert, member.episode
    owner = alert.id if episode is None or episode.ended_at is not None else episode.id
    if not route.escalate or (owner, route.receiver) in known.clocks:
        return None
    earlier = {alert.id, episode.id} if episode is not None else set()
    goes_on = [known.clocks[key] for key in ((each, route.receiver) for each in earlier) if key in known.clocks]
    if goes_on:
        return replace(max(goes_on, key=lambda clock: clock.at(now)), alert_id=owner)
    return EscalationClock(alert_id=owner, receiver=route.receiver, decided_at=now, running_since=now)


def _escalate(  # noqa: PLR0913, PLR0917 - one alert's way, and all that is known
    alert: Alert,
    episode: Episode | None,
    route: Route,
    sorter: Sorter,
    sorted_: Sorted,
    known: Known,
    routing: Routing,
    now: datetime,
    found: Escalations,
) -> None:
    goes_on = episode is not None and episode.ended_at is None
    own = known.clocks.get((alert.id, route.receiver))
    clock = known.clocks.get((episode.id, route.receiver), own) if episode is not None and goes_on else own
    if clock is None:
        return
    member = Member(alert=alert, acks=sorter.acks_of(alert), episode=episode, unacknowledged_since=clock.decided_at)
    on_way = (*sorter.holds.on_alert(alert), *sorter.holds.on_way(alert.labels, route, route.receiver))
    runs = not on_way and not member.acknowledged(now) and not sorter.in_shadow(alert)
    after = _moved(clock, now, runs=runs)
    if after != clock:
        found.clocks.append(after)
    if not runs or alert.state is not State.FIRING:
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
    return bool(targets) and all(_given_up(known.told.get((alert.id, target))) for target in others)


def _given_up(told: Told | None) -> bool:
    return told is not None and told.gave_up_at is not None


def _tell(  # noqa: PLR0917
    member: Member,
    route: Route,
    step: Step,
    sorter: Sorter,
    sorted_: Sorted,
    known: Known,
    routing: Routing,
) -> None:
    alert, episode = member.alert, member.episode
    if sorter.holds.on_way(alert.labels, None, step.receiver):
        return  # its own quiet hours
    routed = {way.target for way in sorted_.ways.get(alert.id, ()) if way.routed}
    for target in routing.receivers[step.receiver]:
        told = known.told.get((alert.id, target))
        heard = [told] if episode is None else [told, known.told.get((episode.id, target))]
        if target in routed or any(knows(each) or _given_up(each) for each in heard):
            continue
        labels = route.group_labels(alert.labels)
        parent = Group(target=target, key="", receiver=step.receiver, labels=labels, policy=route.policy)
        name = f"{step.receiver} {sorted(labels.items())}"
        group = sorted_.groups.beside(parent, Track.ESCALATION, name)
        group.members.append(replace(member, told=told))

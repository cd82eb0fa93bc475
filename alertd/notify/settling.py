"""Of what nobody has anything more to hear. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from alertd.alerts.flapping import Episode
from alertd.model import Alert, DeliveryState, State, Told
from alertd.notify.decide import EVERYBODY, Member, ending_owed, knows
from alertd.notify.groups import Group, Routing, Track, destinations
from alertd.notify.known import Key, Known
from alertd.notify.sorting import Sorted


@dataclass(frozen=True, slots=True)
class Settled:
    """What is over for everybody."""

    told: tuple[Told, ...]
    """Endings that are told to nobody: the target never heard of the alert, and it was soon over, or held."""
    alerts: tuple[str, ...]
    episodes: tuple[str, ...]


def settle(known: Known, sorted_: Sorted, routing: Routing) -> Settled:
    """What is over, of messages in flight nothing."""
    in_flight = {
        (says.alert_id, row.target) for row in known.outbox if row.state is DeliveryState.LEASED for says in row.says
    }
    settled = [*sorted_.settled, *_soon_over(sorted_)]
    told = tuple(each for each in settled if (each.alert_id, each.target) not in in_flight)
    after = {**known.told, **{(each.alert_id, each.target): each for each in told}}
    owed = {alert_id for (alert_id, _), each in after.items() if knows(each) and not each.settled}
    done = [alert.id for alert in known.alerts if _is_done_with(alert, after, sorted_, routing)]
    return Settled(
        told=(*told, *_left_to_strangers(done, owed, after)),
        alerts=tuple(alert_id for alert_id in done if alert_id not in owed),
        episodes=tuple(each.id for each in known.episodes if _is_over(each) and each.id not in owed),
    )


def _soon_over(sorted_: Sorted) -> list[Told]:
    return [
        replace(member.told or Told(alert_id=member.alert.id, target=group.target), settled=True)
        for group in sorted_.groups
        if group.track is Track.ORDINARY
        for member in group.members
        if _is_soon_over(member, group)
    ]


def _is_soon_over(member: Member, group: Group) -> bool:
    done = member.told is not None and member.told.settled
    return member.alert.state is State.RESOLVED and not done and not ending_owed(member, group.policy)


def _is_done_with(alert: Alert, told: Mapping[Key, Told], sorted_: Sorted, routing: Routing) -> bool:
    """Whether an alert is over and no target that it is routed to has anything more to hear of it."""
    if alert.state is not State.RESOLVED or alert.id in sorted_.waiting:
        return False
    if (alert.id, EVERYBODY) in told:
        return True
    return all(_is_done(told.get((alert.id, target))) for target, _ in destinations(alert, routing))


def _left_to_strangers(done: Iterable[str], owed: Collection[str], told: Mapping[Key, Told]) -> Iterator[Told]:
    """What stays open only for targets that are owed its ending: who is routed to later has no part in it."""
    for alert_id in done:
        if alert_id in owed and (alert_id, EVERYBODY) not in told:
            yield Told(alert_id=alert_id, target=EVERYBODY, settled=True)


def _is_done(told: Told | None) -> bool:
    return told is not None and told.settled


def _is_over(episode: Episode) -> bool:
    return episode.ended_at is not None

"""Of what nobody has anything more to hear. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from alertd.alerts.flapping import Episode
from alertd.model import DeliveryState, State, Told
from alertd.notify.decide import Member, ending_owed, knows
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
    return Settled(told, tuple(_alerts(known, after, sorted_, routing)), tuple(_episodes(known, after)))


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


def _alerts(known: Known, told: Mapping[Key, Told], sorted_: Sorted, routing: Routing) -> list[str]:
    """Resolved alerts of which no target has anything more to hear."""
    owed = {alert_id for (alert_id, _), each in told.items() if knows(each) and not each.settled}
    return [
        alert.id
        for alert in known.alerts
        if alert.state is State.RESOLVED
        and alert.id not in owed
        and alert.id not in sorted_.waiting
        and all(_is_done(told.get((alert.id, target))) for target, _ in destinations(alert, routing))
    ]


def _is_done(told: Told | None) -> bool:
    return told is not None and told.settled


def _episodes(known: Known, told: Mapping[Key, Told]) -> list[str]:
    owed = {key[0] for key, each in told.items() if knows(each) and not each.settled}
    return [episode.id for episode in known.episodes if _is_over(episode) and episode.id not in owed]


def _is_over(episode: Episode) -> bool:
    return episode.ended_at is not None

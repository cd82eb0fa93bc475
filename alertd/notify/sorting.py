"""From alerts to groups: every (alert, target) is placed, and the placed are bundled. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertd.alerts.flapping import Episode
from alertd.model import Alert, State, Told
from alertd.notify.causes import Causes
from alertd.notify.decide import EVERYBODY, Member, knows
from alertd.notify.flapping_news import news_of_flapping
from alertd.notify.groups import Group, Groups, Routing, Track, destinations, in_shadow
from alertd.notify.holds import Holds
from alertd.notify.inhibition import Inhibitions
from alertd.notify.known import Key, Known
from alertd.notify.placing import Pair, Place, Placed, place
from alertd.notify.routes import Route, reached
from alertd.notify.standing import Ack, Explained, Held, Hold, HoldKind


@dataclass(frozen=True, slots=True)
class Way:
    """One target of one alert."""

    target: str
    route: Route
    routed: bool
    """False where the target was told once and the routes lead elsewhere now."""


@dataclass(slots=True)
class Sorted:
    """Every alert in its place with every target."""

    groups: Groups = field(default_factory=Groups)
    held: list[Held] = field(default_factory=list)
    """New or changed."""
    no_longer_held: list[Key] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    """Alerts of which something is to be said later."""
    in_digest: dict[str, list[Member]] = field(default_factory=dict)
    """By target: what its receiver's next digest tells in place of quiet hours' end."""
    settled: list[Told] = field(default_factory=list)
    explained: list[Explained] = field(default_factory=list)
    ways: dict[str, list[Way]] = field(default_factory=dict)


class Sorter:
    """Sorts the alerts of one moment; a class because each step needs all that is known at it."""

    def __init__(self, known: Known, routing: Routing, now: datetime) -> None:
        self._known = known
        self._routing = routing
        self._now = now
        self._receiver_of = routing.receiver_of
        live = [alert for alert in known.alerts if not in_shadow(alert, routing.shadow)]
        causes = Causes(live, known.offline, routing.causes)
        inhibitions = Inhibitions(live, routing.holds.inhibit_rules)
        self.holds = Holds(known.silences, causes, inhibitions, routing.holds, now)
        self._told_targets = _targets_by_alert(known.told.values())
        self._episodes = {(episode.rule, episode.subject): episode for episode in known.episodes}
        self._closed_at = {alert.id: alert.closed_at for alert in known.alerts if alert.closed_at is not None}
        self._causes_of = _causes_by_alert(known.explained)
        self._flapping_alerts = self._alerts_that_flap()
        self._companions: dict[str, list[tuple[Group, Member, Placed]]] = {}
        self._acks = _acks_by_subject(known.acks)
        self._sorted = Sorted(waiting={episode.alert_id for episode in known.episodes})

    def sort(self) -> Sorted:
        """Everything in its place."""
        for alert in self._known.alerts:
            if alert.state is State.RESOLVED or (alert.state is State.FIRING and not self.in_shadow(alert)):
                self._sort_alert(alert)
        self._seat_companions()
        self._forget_strangers()
        return self._sorted

    def in_shadow(self, alert: Alert) -> bool:
        """Whether an alert is in shadow: of it only its ending is told, to those who were told that it fires."""
        return in_shadow(alert, self._routing.shadow)

    def acks_of(self, alert: Alert) -> tuple[Ack, ...]:
        """The acknowledgements that count for an alert: its own, and while it flaps those of its whole episode."""
        acks = self._acks.get((alert.rule, alert.subject), ())
        episode = self._episodes.get((alert.rule, alert.subject))
        return tuple(
            ack for ack in acks if ack.alert_id == alert.id or (episode is not None and ack.at >= episode.began_at)
        )

    def flapping_of(self, alert: Alert) -> Episode | None:
        """The flapping of which this alert is a part, or that it is left from while somebody has not heard its end."""
        return self._episodes.get((alert.rule, alert.subject))

    def escalating(self, alert: Alert) -> list[Route]:
        """The routes that the alert ends at and that have further steps; alertd's own alerts escalate as others do."""
        return [route for route in reached(self._routing.root, alert.labels) if route.escalate]

    def _sort_alert(self, alert: Alert) -> None:
        on_alert = () if self.in_shadow(alert) else self.holds.on_alert(alert)
        self._note_causes(alert, [hold.ref for hold in on_alert if hold.kind is HoldKind.CAUSE])
        episode = self._episodes.get((alert.rule, alert.subject))
        ways = self._sorted.ways[alert.id] = self._ways(alert, episode)
        for way in ways:
            told = self._known.told.get((alert.id, way.target))
            is_newest = episode is not None and episode.alert_id == alert.id
            if alert.state is State.RESOLVED and told is not None and told.settled and not is_newest:
                self._forget(alert.id, way.target)
                continue
            self._sort_pair(self._pair(alert, way, told, on_alert), way, episode)

    def _pair(self, alert: Alert, way: Way, told: Told | None, on_alert: Sequence[Hold]) -> Pair:
        route, receiver = way.route if way.routed else None, self._receiver_of[way.target]
        holds = (*on_alert, *self.holds.on_way(alert.labels, route, receiver, alert.fired_at))
        held = self._known.held.get((alert.id, way.target))
        released = held if not holds else None
        return Pair(
            alert=alert,
            target=way.target,
            told=told,
            routed=way.routed,
            holds=holds,
            held=held,
            hold_goes_on=released is not None and self.holds.goes_on(released, alert.labels, receiver),
            cause_closed_at=None if released is None else self._cause_closed_at(alert, released),
            policy=way.route.policy,
        )

    def _cause_closed_at(self, alert: Alert, held: Held) -> datetime | None:
        """When the last of what explained or inhibited it ended; what all have heard the end of is not looked at."""
        causes = {held.ref, *self._causes_of.get(alert.id, ())}
        return max((self._closed_at[cause] for cause in causes if cause in self._closed_at), default=None)

    def _ways(self, alert: Alert, episode: Episode | None) -> list[Way]:
        is_left_to_strangers = alert.state is State.RESOLVED and (alert.id, EVERYBODY) in self._known.told
        routed = {} if is_left_to_strangers else dict(destinations(alert, self._routing))
        ways = [Way(target, route, routed=True) for target, route in routed.items()]
        told_of = [alert.id]
        if episode is not None and episode.alert_id == alert.id:
            told_of.append(episode.id)
        owed = dict.fromkeys(
            target
            for each in told_of
            for target in self._told_targets.get(each, ())
            if target not in routed and target in self._receiver_of and knows(self._known.told[each, target])
        )
        return ways + [Way(target, self._routing.root, routed=False) for target in owed]

    def _sort_pair(self, pair: Pair, way: Way, episode: Episode | None) -> None:
        member = Member(alert=pair.alert, told=pair.told, routed=way.routed, acks=self.acks_of(pair.alert))
        if episode is not None:
            heard = self._known.told.get((episode.id, pair.target))
            if knows(heard) or (episode.ended_at is None and way.routed):
                self._sort_flapping(pair, member, way, episode, heard)
                return
        self._seat(pair, member, way, place(pair, self._now))

    def _sort_flapping(self, pair: Pair, member: Member, way: Way, episode: Episode, heard: Told | None) -> None:
        """While an episode lasts, its messages stand for those of its alerts."""
        if not pair.holds:
            self._forget(pair.alert.id, pair.target)
        if pair.alert.id != episode.alert_id:
            if pair.over and not knows(pair.told):
                self._settle(pair)
            return
        track = news_of_flapping(pair, episode, heard, self._now)
        if track is None or (track is not Track.FLAPPING_OVER and self.in_shadow(pair.alert)):
            return
        beside = tuple(
            each
            for each in self._flapping_alerts.get((episode.rule, episode.subject), ())
            if each.id != pair.alert.id and knows(self._known.told.get((each.id, pair.target)))
        )
        parent = self._sorted.groups.ordinary(pair.target, way.route, pair.alert.labels)
        self._sorted.groups.beside(parent, track, parent.key).members.append(
            replace(member, episode=episode, known_beside=beside)
        )

    def _seat(self, pair: Pair, member: Member, way: Way, placed: Placed) -> None:
        """Put one pair where it belongs."""
        group = self._sorted.groups.ordinary(pair.target, way.route, pair.alert.labels)
        if placed.held is None:
            self._forget(pair.alert.id, pair.target)
        elif placed.held != pair.held:
            self._sorted.held.append(placed.held)
        # A digest names what is routed to its receiver: an ending owed to another target goes by itself.
        if placed.place is Place.ORDINARY or (placed.place is Place.IN_DIGEST and not way.routed):
            group.members.append(member)
        elif placed.place is Place.RELEASED:
            self._released(group, member, placed)
        elif placed.place is Place.COMPANION:
            self._companions.setdefault(pair.target, []).append((group, member, placed))
        elif placed.place is Place.SETTLED:
            self._settle(pair)
        else:
            self._sorted.waiting.add(pair.alert.id)
            if placed.place is Place.IN_DIGEST:
                self._sorted.in_digest.setdefault(pair.target, []).append(member)

    def _released(self, group: Group, member: Member, placed: Placed) -> None:
        held = placed.held
        assert held is not None  # noqa: S101 - for the type checker: what was released was held
        self._sorted.waiting.add(member.alert.id)
        if held.kind is HoldKind.SILENCE:
            beside = self._sorted.groups.beside(group, Track.SILENCE_END, held.name, held.why)
        else:
            beside = self._sorted.groups.beside(group, Track.QUIET_END, held.target)
        beside.members.append(member)

    def _seat_companions(self) -> None:
        """What a target knew before a quiet time is named at its end, but is no reason for a message."""
        speaking = {group.target for group in self._sorted.groups if group.track is Track.QUIET_END}
        for target, companions in self._companions.items():
            for group, member, placed in companions:
                if target in speaking:
                    self._released(group, member, placed)
                    continue
                group.members.append(member)
                if placed.held in self._sorted.held:
                    self._sorted.held.remove(placed.held)
                self._forget(member.alert.id, target)

    def _forget_strangers(self) -> None:
        """Holds of targets to which the routes do not lead any more: should they once again, it is no hold's end."""
        ways = {(alert_id, way.target) for alert_id, ways in self._sorted.ways.items() for way in ways}
        self._sorted.no_longer_held += [key for key in self._known.held if key not in ways]

    def _settle(self, pair: Pair) -> None:
        told = pair.told or Told(alert_id=pair.alert.id, target=pair.target)
        self._sorted.settled.append(replace(told, settled=True))
        self._forget(pair.alert.id, pair.target)

    def _forget(self, alert_id: str, target: str) -> None:
        if (alert_id, target) in self._known.held:
            self._sorted.no_longer_held.append((alert_id, target))

    def _note_causes(self, alert: Alert, causes: Iterable[str]) -> None:
        for cause in causes:
            if (alert.id, cause) not in self._known.explained:
                self._sorted.explained.append(Explained(alert_id=alert.id, cause_id=cause))

    def _alerts_that_flap(self) -> Mapping[Key, Sequence[Alert]]:
        found: dict[Key, list[Alert]] = {}
        for alert in self._known.alerts:
            if (alert.rule, alert.subject) in self._episodes:
                found.setdefault((alert.rule, alert.subject), []).append(alert)
        return found


def _targets_by_alert(told: Iterable[Told]) -> Mapping[str, Sequence[str]]:
    targets: dict[str, list[str]] = {}
    for each in told:
        targets.setdefault(each.alert_id, []).append(each.target)
    return targets


def _causes_by_alert(explained: Iterable[Key]) -> Mapping[str, Sequence[str]]:
    causes: dict[str, list[str]] = {}
    for alert_id, cause_id in explained:
        causes.setdefault(alert_id, []).append(cause_id)
    return causes


def _acks_by_subject(acks: Iterable[Ack]) -> Mapping[Key, Sequence[Ack]]:
    found: dict[Key, list[Ack]] = {}
    for ack in acks:
        found.setdefault((ack.rule, ack.subject), []).append(ack)
    return found

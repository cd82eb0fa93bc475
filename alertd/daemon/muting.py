"""What stands between alerts and their targets now, for those who look: what holds, who has it in hand, what flaps."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from alertd.alerts.flapping import Episode, FlapTerms
from alertd.config.settings import Settings
from alertd.daemon.routing import flap_terms, routing_of
from alertd.model import Alert, State
from alertd.notify.groups import Routing, destinations, in_shadow, led_to
from alertd.notify.known import Key, Known
from alertd.notify.silences import Silence, SilenceState, state_of
from alertd.notify.sorting import Sorter
from alertd.notify.standing import Ack, Hold
from alertd.rules.rule import Rule
from alertd.store.store import Store

IN_SHADOW = "mode shadow"
"""How `muted_by` says that nobody is told because the rule is in shadow."""

_MINUTE = timedelta(minutes=1)
_FROM_ON_TO_OVER: tuple[SilenceState, ...] = ("active", "pending", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How one alert stands with those who would be told of it."""

    muted_by: tuple[str, ...] = ()
    """What keeps somebody from hearing of it: `silence 4f2a`, `cause SiteDown/Quarry A`, `interval nights`."""
    ack: Ack | None = None
    flapping: bool = False
    changes: int = 0
    """How often it began or ended: in the time that counts as flapping, or since the flapping began."""
    shadow: bool = False
    """Nobody is told that it fires, for its rule is in shadow."""


class Muting:
    """Looks at every alert of one moment, as the dispatcher does."""

    def __init__(
        self,
        known: Known,
        routing: Routing,
        now: datetime,
        changes: Mapping[Key, int] = MappingProxyType({}),
    ) -> None:
        self._known = known
        self._routing = routing
        self._now = now
        self._changes = changes
        self._sorter = Sorter(known, routing, now)
        self.holds = self._sorter.holds
        """Everything that may hold an alert back."""
        self._receiver_of = routing.receiver_of
        self._episodes = {
            (episode.rule, episode.subject): episode for episode in known.episodes if episode.ended_at is None
        }
        self._unsettled = {alert.id for alert in known.alerts}
        self._held = {alert_id for alert_id, _ in known.held}

    @classmethod
    def look(cls, store: Store, settings: Settings, rules: Sequence[Rule], now: datetime) -> "Muting":
        """What the store says now, under this config and these rules."""
        terms = flap_terms(settings, rules)
        longest = max((each.within for each in terms.values()), default=timedelta(0))
        changes = store.standing.changes_since(now - longest) if terms else []
        counted = Counter(_recent(changes, terms, now))
        return cls(store.known(now), routing_of(settings, rules), now, counted)

    def stand(self, alert: Alert) -> Stand:
        """How an alert stands."""
        episode = self._episode(alert)
        count = self._changes.get((alert.rule, alert.subject), 0) if episode is None else episode.count
        return Stand(
            muted_by=self._names(alert, self._holding(alert, episode), lives=alert.state is not State.RESOLVED),
            ack=self._ack(alert, episode),
            flapping=episode is not None,
            changes=count,
            shadow=self.in_shadow(alert),
        )

    def muted_by(self, alert: Alert) -> tuple[str, ...]:
        """What would hold back the news that this alert fires, of whomever it goes to."""
        return self._names(alert, self._every_hold(alert), lives=True)

    def in_shadow(self, alert: Alert) -> bool:
        """Whether nobody is told that it fires."""
        return in_shadow(alert, self._routing.shadow)

    def keeps_from(self, receiver: str, alert: Alert) -> tuple[str, ...]:
        """What would hold back from one receiver the news that this alert fires."""
        ways = [route for target, route in destinations(alert, self._routing) if self._receiver_of[target] == receiver]
        on_way = (hold for route in ways for hold in self.holds.on_way(alert.labels, route, receiver))
        return tuple(dict.fromkeys(hold.name for hold in (*self.holds.on_alert(alert), *on_way)))

    def newest_that_flap(self, beside: Iterable[Alert]) -> list[Alert]:
        """The newest alert of each flapping that none of these stands for."""
        there = {(alert.rule, alert.subject) for alert in beside}
        by_id = {alert.id: alert for alert in self._known.alerts}
        newest = [by_id.get(episode.alert_id) for key, episode in self._episodes.items() if key not in there]
        return [alert for alert in newest if alert is not None]

    def as_it_is(self, supposed: Alert) -> Alert:
        """An alert that might be, under the id of the one of its rule and subject that fires: none holds itself."""
        key = (supposed.rule, supposed.subject)
        firing = (alert for alert in self._known.alerts if alert.state is State.FIRING)
        real = next((alert for alert in firing if (alert.rule, alert.subject) == key), None)
        return supposed if real is None else replace(supposed, id=real.id)

    def _names(self, alert: Alert, holds: Iterable[Hold], *, lives: bool) -> tuple[str, ...]:
        shadow = [IN_SHADOW] if lives and self.in_shadow(alert) else []
        return tuple(dict.fromkeys([*shadow, *(hold.name for hold in holds)]))

    def _episode(self, alert: Alert) -> Episode | None:
        """The flapping that goes on, where this alert stands for it."""
        episode = self._episodes.get((alert.rule, alert.subject))
        stands_for_it = episode is not None and (alert.state is not State.RESOLVED or alert.id == episode.alert_id)
        return episode if stands_for_it else None

    def _holding(self, alert: Alert, episode: Episode | None) -> list[Hold]:
        """Of one that is over only what keeps somebody from hearing so."""
        if alert.state is not State.RESOLVED or episode is not None:
            return self._every_hold(alert)
        if alert.id not in self._unsettled:
            return []
        return [hold for hold in self._every_hold(alert) if hold.timed or alert.id in self._held]

    def _every_hold(self, alert: Alert) -> list[Hold]:
        found = [*self.holds.on_alert(alert)]
        seen: set[tuple[int, str]] = set()
        for target, route in led_to(alert, self._routing):
            receiver = self._receiver_of[target]
            if (id(route), receiver) not in seen:
                seen.add((id(route), receiver))
                found += self.holds.on_way(alert.labels, route, receiver)
        return found

    def _ack(self, alert: Alert, episode: Episode | None) -> Ack | None:
        if alert.state is State.RESOLVED and episode is None:
            return None
        acks = [ack for ack in self._sorter.acks_of(alert) if ack.stands(self._now)]
        return max(acks, key=lambda ack: ack.id, default=None)


def state_among(silence: Silence, zones: Collection[str], now: datetime) -> SilenceState:
    """Where a silence is in its life; a series in each monitor's zone is active where it is on in one of these."""
    if silence.rrule is None or silence.timezone or not zones:
        return state_of(silence, now)
    states = {state_of(replace(silence, timezone=zone), now) for zone in zones}
    return next(state for state in _FROM_ON_TO_OVER if state in states)


def next_edge(silences: Iterable[Silence], acks: Iterable[Ack], now: datetime) -> datetime | None:
    """When one of these begins or ends next, or may; a series does so at the same second of some minute."""
    edges = [ack.until for ack in acks if ack.until is not None]
    for silence in silences:
        edges += [edge for edge in (silence.starts_at, silence.ends_at) if edge is not None]
        if silence.rrule is not None:
            start = silence.starts_at
            edges += [_next_in_minute(each, now) for each in (start, start + (silence.length or timedelta(0)))]
    return min((edge for edge in edges if edge > now), default=None)


def _next_in_minute(edge: datetime, now: datetime) -> datetime:
    """The next time whose seconds are these."""
    at = now.replace(second=edge.second, microsecond=edge.microsecond)
    return at if at > now else at + _MINUTE


def _recent(
    changes: Iterable[tuple[str, str, datetime]], terms: Mapping[str, FlapTerms], now: datetime
) -> Iterator[Key]:
    for rule, subject, at in changes:
        if rule in terms and now - at <= terms[rule].within:
            yield rule, subject

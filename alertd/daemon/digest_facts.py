"""Gathers what a digest is made from: alerts, holds, newest readings, calibrations, what was not delivered."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import isfinite

from alertd.alerts.flapping import Episode
from alertd.config.settings import Settings
from alertd.daemon.digests import Facts, Monitor, digest_of
from alertd.daemon.fleet import fleet_of
from alertd.daemon.muting import Muting
from alertd.model import Alert, Delivery, DeliveryState, Instrument, Sample, Source, State, Value
from alertd.notify.groups import Routing, destinations
from alertd.notify.known import Known
from alertd.notify.letter import Digest
from alertd.notify.routes import reached
from alertd.rules.expression import walk
from alertd.rules.rule import Rule, bind, labels_of
from alertd.rules.tree import Call, Comparison, Constant, Node
from alertd.store.store import DIGEST_OF, Store

FIRST_SPAN = timedelta(days=1)
"""What the first digest looks back to."""
MOST_UNDELIVERED = 200


class Digests:
    """Makes digests; reads the store when one is due, a few times a day."""

    def __init__(self, *, store: Store, settings: Settings, rules: Collection[Rule], routing: Routing) -> None:
        self._store = store
        self._settings = settings
        self._rules = [rule for rule in rules if not rule.shadow]
        self._routing = routing
        self._zones = {
            receiver.name: receiver.digest.location or "UTC" for receiver in settings.receivers if receiver.digest
        }

    def digest(self, receiver: str, due_at: datetime, now: datetime) -> Digest:
        """What this receiver's digest says now, of the time since the one before it."""
        since = self._since(receiver, due_at)
        known = self._store.known(now)
        targets = frozenset(self._routing.receivers.get(receiver, ()))
        muting = Muting(known, self._routing, now)
        firing = [alert for alert in known.alerts if alert.state is State.FIRING]
        ended = self._store.standing.ended_since(since)
        fleet = fleet_of(self._store.instruments(), self._settings.instruments)
        return digest_of(
            Facts(
                due_at=due_at,
                since=since,
                zone=self._zones.get(receiver, "UTC"),
                alerts=[alert for alert in (*firing, *ended) if self._goes_to(alert, targets)],
                held={alert.id: names for alert in firing if (names := muting.keeps_from(receiver, alert))},
                flapping=[pair for pair in _flapping(known) if self._goes_to(pair[1], targets)],
                acks={ack.alert_id: ack for ack in known.acks if ack.stands(now)},
                monitors=self._monitors([each for each in fleet if self._is_watched_for(each, receiver)]),
                undelivered=self._undelivered(targets, since),
                idle_rules=[rule.name for rule in self._rules if not any(map(rule.matches, map(labels_of, fleet)))],
            )
        )

    def _since(self, receiver: str, due_at: datetime) -> datetime:
        stored = self._store.recall(f"{DIGEST_OF}{receiver}")
        return datetime.fromisoformat(stored) if isinstance(stored, str) else due_at - FIRST_SPAN

    def _goes_to(self, alert: Alert, targets: frozenset[str]) -> bool:
        return any(target in targets for target, _ in destinations(alert, self._routing))

    def _is_watched_for(self, instrument: Instrument, receiver: str) -> bool:
        """Whether an alert of some rule on this monitor would go to the receiver."""
        own = labels_of(instrument)
        return any(
            route.receiver == receiver
            for rule in self._rules
            if rule.matches(own)
            for level in rule.levels
            for route in reached(
                self._routing.root, {**own, **rule.labels, "alertname": rule.name, "severity": level.severity.word}
            )
        )

    def _monitors(self, fleet: Iterable[Instrument]) -> list[Monitor]:
        newest = {(sample.source, sample.instrument): sample for sample in self._store.newest()}
        return [self._monitor(instrument, newest) for instrument in fleet]

    def _monitor(self, instrument: Instrument, newest: Mapping[tuple[Source, str], Sample]) -> Monitor:
        def reading(name: str, *sources: Source) -> float | None:
            samples = [newest.get((source, instrument.serial)) for source in sources]
            values = (_number(sample.values.get(name)) for sample in samples if sample is not None)
            return next((value for value in values if value is not None), None)

        calibration = newest.get((Source.CALIBRATIONS, instrument.serial))
        limit = self._calibration_limit(instrument)
        return Monitor(
            serial=instrument.serial,
            name=instrument.name,
            voltage=reading("voltage", Source.CURRENT, Source.STATS),
            calibration_due_at=calibration.at + limit if calibration is not None and limit is not None else None,
            sim_used=reading("simUsage", Source.CURRENT),
            sim_quota=reading("simQuota", Source.CURRENT),
        )

    def _calibration_limit(self, instrument: Instrument) -> timedelta | None:
        """How old the monitor's calibration may be by the strictest rule on it."""
        labels = labels_of(instrument)
        limits = [
            limit
            for rule in self._rules
            if Source.CALIBRATIONS in rule.sources and rule.matches(labels)
            for level in bind(rule, labels).levels
            for limit in _age_limits(level.when.root)
        ]
        return min(limits, default=None)

    def _undelivered(self, targets: frozenset[str], since: datetime) -> list[Delivery]:
        dead = self._store.deliveries(limit=MOST_UNDELIVERED, state=DeliveryState.DEAD)
        return [each for each in dead if each.target in targets and each.due_at > since]  # due: its last attempt


def _flapping(known: Known) -> Iterator[tuple[Episode, Alert]]:
    alerts = {alert.id: alert for alert in known.alerts}
    for episode in known.episodes:
        if episode.ended_at is None and episode.alert_id in alerts:
            yield episode, alerts[episode.alert_id]


def _age_limits(root: Node) -> Iterator[timedelta]:
    for node in walk(root):
        match node:
            case Comparison(_, Call(function, (Source.CALIBRATIONS,)), Constant(float() as limit)) if (
                function.name == "age"
            ):
                yield timedelta(seconds=limit)


def _number(value: Value | None) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if known and value is not None else None

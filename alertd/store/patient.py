"""A store for one who lives through days in a second, alone: what nobody asks for yet is written later.

It is the same store on the same tables. A round that changes no alert's state is held back until anything is read or
written that could tell the difference, and the few questions that each round begins with are answered from memory. Not
for `alertd run`: what is held back is lost with the process, and no other process or thread sees it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from alertd.alerts.flapping import Episode
from alertd.model import Alert, Delivery, Instrument, Sample, Source, State, Timing, Transition
from alertd.notify.known import Known, Plan
from alertd.notify.silences import Silence
from alertd.store import alert_log, fleet, history, knowing
from alertd.store.engine import Database
from alertd.store.lock import Lock
from alertd.store.store import Store

NEVER = datetime.max.replace(tzinfo=UTC)

HELD_AT_MOST = 20_000
"""Records that wait; some 10 MB."""


@dataclass(slots=True)
class _HeldBack:
    """What rounds brought and is not written yet."""

    newest: dict[tuple[str, Source], Sample] = field(default_factory=dict)
    history: list[Sample] = field(default_factory=list)
    cursors: dict[tuple[Source, str], datetime] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    at: datetime | None = None
    """Of the last round; None where nothing waits."""


class _Attentive(Database):
    """A database that says so before it is looked at or written to."""

    def __init__(self, inner: Database, *, looking: Callable[[], None], changing: Callable[[], None]) -> None:
        self.place = inner.place
        self._inner = inner
        self._looking = looking
        self._changing = changing

    @contextmanager
    def reading(self, *, snapshot: bool = False) -> Iterator[Connection]:
        self._looking()
        with self._inner.reading(snapshot=snapshot) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self._looking()
        self._changing()
        with self._inner.writing() as connection:
            yield connection

    def close(self) -> None:
        self._inner.close()


class PatientStore(Store):
    """See the module's text; opened as a Store is."""

    def __init__(self, database: Database, lock: Lock | None, *, migrated: bool) -> None:
        attentive = _Attentive(database, looking=self.write_now, changing=self._forget)
        super().__init__(attentive, lock, migrated=migrated)
        self._written = database
        self._held = _HeldBack()
        self._seen: Sequence[Instrument] = ()
        """The last listing, if it had the whole fleet."""
        self._fleet: list[Instrument] | None = None
        self._active: dict[str, Alert] | None = None
        self._alerts: dict[str, Alert] = {}
        """Those that were read or written, settled ones too."""
        self._known: Known | None = None
        self._known_from = self._known_until = NEVER
        """From when until when time alone makes no difference to what is known."""
        self._recalled: dict[str, object | None] = {}
        self._cursors: dict[Source, dict[str, datetime]] = {}
        self._due: dict[str, datetime | None] = {}

    def record_round(  # noqa: PLR0913 (as the Store's)
        self,
        *,
        samples: Sequence[Sample],
        cursors: Mapping[tuple[Source, str], datetime],
        alerts: Sequence[Alert],
        transitions: Sequence[Transition],
        episodes: Sequence[Episode] = (),
        memory: Mapping[str, object] = MappingProxyType({}),
        now: datetime,
        history: Sequence[Sample] = (),
    ) -> None:
        """As the Store does, at once where an alert changed its state; else before anybody could notice."""
        nothing_new = not (transitions or episodes or memory) and self._are_active(alerts)
        if not nothing_new or len(self._held.history) >= HELD_AT_MOST:
            with self._minding_alerts(alerts):
                super().record_round(
                    samples=samples,
                    cursors=cursors,
                    alerts=alerts,
                    transitions=transitions,
                    episodes=episodes,
                    memory=memory,
                    now=now,
                    history=history,
                )
            return
        held = self._held
        held.at = now
        held.history += history
        held.cursors.update(cursors)
        for sample in samples:
            known = held.newest.get((sample.instrument, sample.source))
            if known is None or sample.at >= known.at:
                held.newest[sample.instrument, sample.source] = sample
        for alert in alerts:
            held.alerts[alert.id] = self._alerts[alert.id] = self._active_by_id()[alert.id] = alert
        for (source, serial), at in cursors.items():
            if source in self._cursors:
                self._cursors[source][serial] = at

    def instruments(self) -> list[Instrument]:
        """As the Store does."""
        if self._fleet is None:
            self._fleet = super().instruments()
        return list(self._fleet)

    def record_fleet(self, seen: Sequence[Instrument], now: datetime) -> list[str]:
        """As the Store does; nothing for the very same fleet again."""
        if seen and seen == self._seen:
            return []
        gone = super().record_fleet(seen, now)
        self._seen = list(seen) if len(seen) == len(self.instruments()) else ()
        return gone

    def active_alerts(self) -> list[Alert]:
        """As the Store does."""
        return sorted(self._active_by_id().values(), key=alert_log.beginning)

    def known(self, now: datetime, tokens: Mapping[str, int] = MappingProxyType({})) -> Known:
        """As the Store does; what was known before is still so unless time alone makes a difference."""
        known = self._known
        if known is None or not self._known_from <= now < self._known_until:
            with self._database.reading(snapshot=True) as connection:
                known = knowing.known(connection, self._unsettled(connection), now, tokens)
            waits = known.failing or any(each.failures for each in self.health().values())
            self._known, self._known_from = known, now
            self._known_until = now if waits else _end_of(known.silences, now)
            return known
        active = self._active_by_id()
        return replace(known, alerts=[active.get(alert.id, alert) for alert in known.alerts], tokens=tokens)

    def record_decisions(
        self, plan: Plan, messages: Sequence[tuple[Delivery, Sequence[Timing]]], now: datetime
    ) -> list[Delivery]:
        """As the Store does."""
        with self._minding_alerts():
            return super().record_decisions(plan, messages, now)

    def claim(self, *asked: Any, **terms: Any) -> Delivery | None:
        """As the Store does."""
        with self._minding_alerts():
            return super().claim(*asked, **terms)

    def record_outcome(self, *asked: Any, **outcome: Any) -> None:
        """As the Store does."""
        with self._minding_alerts():
            super().record_outcome(*asked, **outcome)

    def next_due(self, target: str) -> datetime | None:
        """As the Store does."""
        if target not in self._due:
            self._due[target] = super().next_due(target)
        return self._due[target]

    def recall(self, key: str) -> object | None:
        """As the Store does."""
        if key not in self._recalled:
            self._recalled[key] = super().recall(key)
        return self._recalled[key]

    def cursors(self, source: Source) -> dict[str, datetime]:
        """As the Store does."""
        if source not in self._cursors:
            self._cursors[source] = super().cursors(source)
        return dict(self._cursors[source])

    def write_now(self) -> None:
        """Write what is held back."""
        held, self._held = self._held, _HeldBack()
        if held.at is None:
            return
        by_source = sorted(held.history, key=lambda sample: sample.source)
        with self._written.writing() as connection:
            history.record_history(connection, by_source, held.at)
            fleet.record_newest(connection, held.newest.values())
            fleet.record_cursors(connection, held.cursors)
            alert_log.record_alerts(connection, list(held.alerts.values()), held.at)

    def _unsettled(self, connection: Connection) -> list[Alert]:
        ids = alert_log.unsettled_ids(connection)
        unread = [each for each in ids if each not in self._alerts]
        self._alerts |= {alert.id: alert for alert in alert_log.by_id(connection, unread)}
        return sorted((self._alerts[each] for each in ids), key=alert_log.beginning)

    def _active_by_id(self) -> dict[str, Alert]:
        if self._active is None:
            self._active = {alert.id: alert for alert in super().active_alerts()}
        return self._active

    @contextmanager
    def _minding_alerts(self, alerts: Sequence[Alert] = ()) -> Iterator[None]:
        """Do what changes no alerts but these, and go on knowing which are active."""
        self.write_now()
        active, known = self._active, self._alerts
        yield
        if active is not None:
            for alert in alerts:
                if alert.state in {State.PENDING, State.FIRING}:
                    active[alert.id] = alert
                else:
                    active.pop(alert.id, None)
        self._active = active
        self._alerts = known
        self._alerts.update((alert.id, alert) for alert in alerts)

    def _are_active(self, alerts: Sequence[Alert]) -> bool:
        """Whether these were pending or firing before and are still: just seen once more."""
        if not alerts:
            return True
        active = self._active_by_id()
        return all(alert.id in active and alert.state is active[alert.id].state for alert in alerts)

    def _forget(self) -> None:
        self._fleet = self._active = self._known = None
        self._alerts = {}
        self._recalled.clear()
        self._cursors.clear()
        self._due.clear()


def _end_of(silences: Iterable[Silence], now: datetime) -> datetime:
    """When the next one of these is over; now where some recur, by whatever clock."""
    ends = [now if each.rrule is not None else each.expired_at or each.ends_at or NEVER for each in silences]
    return min(ends, default=NEVER)

"""The one Store: everything alertd keeps, in SQLite or PostgreSQL.

It takes and gives the values of alertd/model.py; rows never leave it. Safe to use from many threads. Every method is
one transaction and may raise a StoreError; then nothing of it was written. No secret ever comes here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from alertd.alerts.flapping import Episode
from alertd.clock import Clock, wall
from alertd.model import (
    Alert,
    Delivery,
    DeliveryState,
    Instrument,
    Sample,
    Source,
    State,
    TargetHealth,
    Timing,
    Told,
    Transition,
)
from alertd.notify.known import Known, Plan
from alertd.store import alert_log, fleet, knowing, outbox, standing, upkeep
from alertd.store.audit import Audits
from alertd.store.dead_letters import DeadLetters
from alertd.store.engine import Database
from alertd.store.histories import Histories
from alertd.store.history import record_history
from alertd.store.lock import Lock
from alertd.store.migrate import bring_to_head, no_database, refuse_unless_head
from alertd.store.pages import Pages
from alertd.store.place import is_there, locate
from alertd.store.records import Records
from alertd.store.standing import Standing

DIGEST_OF = "digest."
"""What is remembered under this and a receiver's name: when the last digest that was decided was due."""


class Store(Histories, Records, Pages, DeadLetters, Audits):
    """An open store; made by `open`, ended by `close` or by leaving its `with` block."""

    def __init__(self, database: Database, lock: Lock | None, *, migrated: bool) -> None:
        self._database = database
        self._lock = lock
        self.standing = Standing(database)
        """Silences, acknowledgements and the like."""
        self.migrated = migrated
        """Whether opening it created or changed the tables."""

    @classmethod
    def open(cls, url: str, *, base: Path, work: bool, clock: Clock = wall) -> Self:
        """Open the store of `storage.url`; a relative file is relative to `base`.

        `work` is for the one process that polls and delivers: it takes the lock beside an SQLite file, creates the
        database and migrates it. Without it the store is shared and must be there.

        Raises:
            StoreBusy: another process works on it.
            StoreNewer: it was made by a newer alertd.
            StoreError: any other reason; each subclass and text says what to do.
        """
        place = locate(url, base)
        if not work and place.file is not None and not is_there(place.file):
            raise no_database(place)
        lock = Lock.take(place.file, clock()) if work and place.file is not None else None
        database: Database | None = None
        try:
            database = Database(place, create=work)
            migrated = work and bring_to_head(database)
            if not work:
                refuse_unless_head(database)
            return cls(database, lock, migrated=migrated)
        except BaseException:
            _close(database, lock)
            raise

    @property
    def sole_owner(self) -> bool:
        """Whether a lock proves that no other process works on this store."""
        return self._lock is not None

    def close(self) -> None:
        """Close every connection and give the lock back."""
        _close(self._database, self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- the fleet -------------------------------------------------------------------------------------------------

    def instruments(self) -> list[Instrument]:
        """Those present, by serial; as the API described them, without labels."""
        with self._database.reading() as connection:
            return fleet.instruments(connection)

    def record_fleet(self, seen: Sequence[Instrument], now: datetime) -> list[str]:
        """Take in one good listing; returns the serials that count as removed from now on: missing in three in a row.

        An empty listing says nothing. One that is seen again is present again.
        """
        with self._database.writing() as connection:
            return fleet.record_fleet(connection, seen, now)

    def newest(self) -> list[Sample]:
        """The newest record of each (instrument, source)."""
        with self._database.reading() as connection:
            return fleet.newest(connection)

    def cursors(self, source: Source) -> dict[str, datetime]:
        """How far this source was read, by serial."""
        with self._database.reading() as connection:
            return fleet.cursors(connection, source)

    # -- TX 1: what a round brought ----------------------------------------------------------------------------------

    def record_round(  # noqa: PLR0913 (one transaction is one call)
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
        """Write all that a round changed, or nothing of it. A newer record on store is never replaced by an older.

        `samples` are the newest of each (instrument, source), `history` is every record that the round brought.
        """
        with self._database.writing() as connection:
            record_history(connection, history, now)
            fleet.record_newest(connection, samples)
            fleet.record_cursors(connection, cursors)
            alert_log.record_alerts(connection, alerts, now)
            alert_log.record_transitions(connection, transitions)
            standing.record_episodes(connection, episodes)
            for key, value in memory.items():
                upkeep.remember(connection, key, value)

    def active_alerts(self) -> list[Alert]:
        """Pending and firing, alertd's own too, in the order they began."""
        with self._database.reading() as connection:
            return alert_log.active(connection)

    # -- TX 2: what is decided ---------------------------------------------------------------------------------------

    def known(self, now: datetime, tokens: Mapping[str, int] = MappingProxyType({})) -> Known:
        """All that a dispatch decides from, as of one moment; `tokens` is what each target's rate allows now."""
        with self._database.reading(snapshot=True) as connection:
            return knowing.known(connection, alert_log.unsettled(connection), now, tokens)

    def open_alerts(self) -> list[Alert]:
        """Firing, and resolved ones of which somebody may still have something to hear, in the order they began."""
        with self._database.reading() as connection:
            return alert_log.open_(connection)

    def told(self, alert_ids: Iterable[str]) -> list[Told]:
        """What every target knows of these alerts."""
        with self._database.reading() as connection:
            return alert_log.told(connection, alert_ids)

    def pending_deliveries(self) -> list[Delivery]:
        """Queued and leased messages, oldest first."""
        with self._database.reading() as connection:
            return outbox.pending(connection)

    def timings(self) -> list[Timing]:
        """When each target last heard of each group."""
        with self._database.reading() as connection:
            return outbox.timings(connection)

    def record_decisions(
        self, plan: Plan, messages: Sequence[tuple[Delivery, Sequence[Timing]]], now: datetime
    ) -> list[Delivery]:
        """Write the dispatcher's decisions; returns the messages that were truly enqueued, with their ids.

        A message to supersede that a lane has claimed meanwhile is left alone, and so is all that was decided as if it
        had never been sent: messages to the same target that speak of the same alerts, their groups' timings, and
        whatever was to be settled of those alerts. The dispatcher decides again after its outcome.
        """
        with self._database.writing() as connection:
            claimed = outbox.supersede(connection, plan.supersede)
            lost = {(says.alert_id, row.target) for row in claimed for says in row.says}
            heard = lost | {(says.alert_id, row.target) for row in outbox.in_flight(connection) for says in row.says}
            spoken_of = {alert_id for alert_id, _ in heard}
            alert_log.record_told(
                connection, [each for each in plan.settled if (each.alert_id, each.target) not in heard]
            )
            alert_log.settle(connection, [each for each in plan.settled_alerts if each not in spoken_of])
            standing.record_plan(connection, plan, now)
            for receiver, due_at in plan.digests.items():
                upkeep.remember(connection, f"{DIGEST_OF}{receiver}", due_at.isoformat())
            good = [
                (message, timings)
                for message, timings in messages
                if not any((says.alert_id, message.target) in lost for says in message.says)
            ]
            outbox.record_timings(connection, [timing for _, timings in good for timing in timings])
            return outbox.enqueue(connection, [message for message, _ in good])

    # -- TX 3 and TX 4: sending --------------------------------------------------------------------------------------

    def claim(self, target: str, now: datetime, lease: timedelta, *, hasten: bool = False) -> Delivery | None:
        """Lease the target's oldest due message, or None; `hasten` ignores every back-off.

        None too while the target as a whole backs off, and for a message behind an unsent older one of its group.
        """
        # Most looks find nothing: that should not cost a writer's turn.
        due_at = self.next_due(target)
        if due_at is None or (due_at > now and not hasten):
            return None
        with self._database.writing() as connection:
            return outbox.claim(connection, target, now, lease, hasten=hasten)

    def next_due(self, target: str) -> datetime | None:
        """When the target's next message may be claimed; None where none waits."""
        with self._database.reading() as connection:
            return outbox.next_due(connection, target)

    def record_outcome(  # noqa: PLR0913 (one transaction is one call)
        self,
        delivery: Delivery,
        *,
        state: DeliveryState,
        now: datetime,
        health: TargetHealth,
        error: str = "",
        due_at: datetime | None = None,
        maybe_sent: bool = False,
        told: Sequence[Told] = (),
        released: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Write what came of an attempt: QUEUED with `due_at` is to be tried again.

        `released` are the holds, by (alert id, target), whose end the message told of.

        Where the lease ended and another holder has the message by now, only a delivery still counts.
        """
        after = replace(
            delivery,
            state=state,
            error=error,
            due_at=due_at or delivery.due_at,
            maybe_sent=maybe_sent or delivery.maybe_sent,
            delivered_at=now if state is DeliveryState.DELIVERED else None,
            leased_until=None,
        )
        with self._database.writing() as connection:
            if outbox.record_outcome(connection, after):
                alert_log.record_told(connection, told)
                standing.release(connection, released)
            outbox.record_health(connection, health)

    def release_leases(self, now: datetime, *, all_: bool) -> int:
        """Queue leased messages again as possible repeats; returns how many.

        `all_` takes every one (on SQLite at start, where the lock proves that the holder is dead), else those whose
        lease is over. What they say of firing alerts may have been heard: its ending is owed.
        """
        with self._database.writing() as connection:
            return outbox.release(connection, now, all_=all_)

    def health(self) -> dict[str, TargetHealth]:
        """How sending to each target has gone lately, by the target's name."""
        with self._database.reading() as connection:
            return outbox.health(connection)

    # -- looking -----------------------------------------------------------------------------------------------------

    def alerts(self, *, states: Iterable[State] = (), limit: int | None = None) -> list[Alert]:
        """Alerts in these states (none given: in any), newest first."""
        with self._database.reading() as connection:
            return alert_log.alerts(connection, states, limit)

    def alert(self, alert_id: str) -> Alert | None:
        """The one of this id."""
        with self._database.reading() as connection:
            return alert_log.alert(connection, alert_id)

    def alerts_by_id(self, alert_ids: Iterable[str]) -> list[Alert]:
        """These, whatever their state, in no order."""
        with self._database.reading() as connection:
            return alert_log.by_id(connection, alert_ids)

    def transitions(self, alert_id: str) -> list[Transition]:
        """What happened to an alert, oldest first."""
        with self._database.reading() as connection:
            return alert_log.transitions(connection, alert_id)

    def deliveries(
        self, *, limit: int | None = 100, state: DeliveryState | None = None, target: str | None = None
    ) -> list[Delivery]:
        """Messages, newest first."""
        with self._database.reading() as connection:
            return outbox.deliveries(connection, limit, state, target)

    # -- upkeep ------------------------------------------------------------------------------------------------------

    def remember(self, key: str, value: object) -> None:
        """Keep a JSON value under this name."""
        with self._database.writing() as connection:
            upkeep.remember(connection, key, value)

    def recall(self, key: str) -> object | None:
        """The value of this name; None where there is none."""
        with self._database.reading() as connection:
            return upkeep.recall(connection, key)

    def rename_rule(self, old: str, new: str) -> int:
        """Let a rule's unsettled alerts go on under its new name; returns how many."""
        with self._database.writing() as connection:
            standing.rename_rule(connection, old, new)
            return alert_log.rename_rule(connection, old, new)

    def prune(self, before: datetime, *, chunk: int = 500) -> int:
        """Forget what was over before that time, endings that nobody could be told too; returns how many rows.

        In small transactions, so that nobody waits long. What a waiting message speaks of stays.
        """
        return upkeep.prune(self._database, before, chunk)

    def check(self) -> list[str]:
        """What is wrong with the database, one line each; nothing is good."""
        return upkeep.check(self._database)

    def backup(self, path: Path) -> None:
        """Write a whole copy of an SQLite database while alertd goes on working."""
        upkeep.back_up(self._database, path)


def _close(database: Database | None, lock: Lock | None) -> None:
    if database is not None:
        database.close()
    if lock is not None:
        lock.release()

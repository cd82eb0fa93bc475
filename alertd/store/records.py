"""What the Store knows of one monitor and one rule, also as it was at an earlier time: for those who ask why."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from alertd.model import Alert, Delivery, DeliveryState, Sample, Source
from alertd.store import alert_log, fleet, history, outbox
from alertd.store.alert_log import Fired
from alertd.store.engine import Database
from alertd.store.hooks import Hooks


class Records:
    """A part of the Store, with the same promises. Nothing here writes, but what it leads to may."""

    _database: Database

    @property
    def hooks(self) -> Hooks:
        """Webhooks that came."""
        return Hooks(self._database)

    def newest_of(self, serial: str) -> list[Sample]:
        """The newest record of each source of one instrument."""
        with self._database.reading() as connection:
            return fleet.newest(connection, serial)

    def newest_from(self, source: Source) -> list[Sample]:
        """The newest record of one source of every instrument."""
        with self._database.reading() as connection:
            return fleet.newest_from(connection, source)

    def newest_at(self, source: Source) -> dict[str, datetime]:
        """The time of that, by serial: quicker, for nothing of the record itself is read."""
        with self._database.reading() as connection:
            return fleet.newest_at(connection, source)

    def newest_record(self, instrument: str, source: Source, start: datetime, end: datetime) -> Sample | None:
        """The last record from `start` to `end`, both included, as it was; None where there is none."""
        with self._database.reading() as connection:
            return history.newest_record(connection, instrument, source, (start, end))

    def alerts_of(self, rule: str, subject: str) -> list[Alert]:
        """Every alert of a rule and subject, newest first."""
        with self._database.reading() as connection:
            return alert_log.alerts_of(connection, rule, subject)

    def firing_at(self, at: datetime) -> list[Alert]:
        """The alerts that fired at a time, by their samples' times, as they stand now."""
        with self._database.reading() as connection:
            return alert_log.firing_at(connection, at)

    def fired_in_shadow(self) -> list[Alert]:
        """Alerts that fired and were in shadow when they were last judged."""
        with self._database.reading() as connection:
            return alert_log.fired_in_shadow(connection)

    def messages_about(self, ids: Iterable[str]) -> list[Delivery]:
        """Messages that speak of these alerts or episodes, oldest first; of their texts the titles alone."""
        with self._database.reading() as connection:
            return outbox.about(connection, ids)

    def fired_since(self, since: datetime, now: datetime) -> dict[str, Fired]:
        """By rule, also those that are gone: how often its alerts fired since then, and for how long."""
        with self._database.reading() as connection:
            return alert_log.fired_since(connection, since, now)

    def alerts_of_rule(self, rule: str, *, limit: int) -> list[Alert]:
        """The alerts of a rule that fired or are pending, newest first."""
        with self._database.reading() as connection:
            return alert_log.alerts_of_rule(connection, rule, limit)

    def headlines(self, *, limit: int, state: DeliveryState | None = None, target: str | None = None) -> list[Delivery]:
        """Messages, newest first; of their texts the titles alone."""
        with self._database.reading() as connection:
            return outbox.headlines(connection, limit, state, target)

    def newest_delivered(self) -> dict[str, Delivery]:
        """The last message that each target got, by its name; of their texts the titles alone."""
        with self._database.reading() as connection:
            return outbox.newest_delivered(connection)

    def message_counts(self) -> dict[str, Counter[DeliveryState]]:
        """How many messages on record are in each state, by the target's name."""
        with self._database.reading() as connection:
            return outbox.counts(connection)

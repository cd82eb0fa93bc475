"""What the Store knows of one monitor and one rule, also as it was at an earlier time: for those who ask why."""

from collections.abc import Iterable
from datetime import datetime

from alertd.model import Alert, Delivery, Sample, Source
from alertd.store import alert_log, fleet, history, outbox
from alertd.store.engine import Database


class Records:
    """A part of the Store, with the same promises. Nothing here writes."""

    _database: Database

    def newest_of(self, serial: str) -> list[Sample]:
        """The newest record of each source of one instrument."""
        with self._database.reading() as connection:
            return fleet.newest(connection, serial)

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

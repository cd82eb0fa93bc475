"""The samples' history as a part of the Store."""

from collections.abc import Collection, Sequence
from datetime import datetime

from alertd.model import Source
from alertd.store.engine import Database
from alertd.store.history import Measured, Points, columns, has_any, pack_some, points, tracks
from alertd.store.tracks import Track


class Histories:
    """What the Store can say of the past. Fields are named as in alertd/fields.py, without their source's prefix."""

    _database: Database

    def history(self, instrument: str, source: Source, field: str, start: datetime, end: datetime) -> Points:
        """One field's values from `start` to `end`, both included, in the order of their times."""
        return self.history_many(instrument, source, [field], start, end)[field]

    def history_many(
        self, instrument: str, source: Source, fields: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, Points]:
        """The same of several fields at once."""
        found = self.histories([instrument], source, fields, start, end)
        return next(iter(found.values()), {name: [] for name in fields})

    def histories(
        self, instruments: Collection[str], source: Source, fields: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, dict[str, Points]]:
        """The same of several instruments, by serial, some hundred at best; one without records is left out."""
        with self._database.reading() as connection:
            return points(connection, instruments, source, fields, (start, end))

    def tracks(
        self, instruments: Collection[str], source: Source, fields: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, Track]:
        """The same as whole columns, missing values as None: for whoever looks at all of it."""
        with self._database.reading() as connection:
            return tracks(connection, instruments, source, fields, (start, end))

    def has_history(self, start: datetime, end: datetime) -> bool:
        """Whether anything at all was recorded between these times."""
        with self._database.reading() as connection:
            return has_any(connection, (start, end))

    def measured(
        self, instruments: Collection[str], source: Source, fields: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, dict[str, Measured]]:
        """The same as bare columns, times in seconds since 1970: for whoever takes in the past of a whole fleet."""
        with self._database.reading() as connection:
            return columns(connection, instruments, source, fields, (start, end))

    def pack_history(self, now: datetime) -> bool:
        """One step of packing, a fraction of a second; whether there was one to do, so that another may follow."""
        return pack_some(self._database, now)

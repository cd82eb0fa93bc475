"""What a test or a demo changes by hand while the simulator runs: readings held at a value, records of its own."""

import threading
from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime

from alertd.model import Source

Pinned = Mapping[str, object]
_NOTHING: Pinned = {}


class Overrides:
    """Safe to use from many threads; every change counts from a moment on, so that the past stays what it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pins: dict[str, list[tuple[datetime, Pinned]]] = {}
        self._records: dict[tuple[Source, str], list[tuple[datetime, Pinned]]] = {}

    def pin(self, serial: str, at: datetime, values: Pinned) -> None:
        """From `at` on these readings of `current` and `stats` (also `online`, `measuring`, …) have these values."""
        with self._lock:
            pins = self._pins.get(serial, [])
            before = dict(pins[-1][1]) if pins else {}
            self._pins[serial] = [*pins, (at, before | dict(values))]

    def unpin(self, serial: str, at: datetime) -> None:
        """From `at` on this monitor follows its script again."""
        with self._lock:
            self._pins[serial] = [*self._pins.get(serial, []), (at, _NOTHING)]

    def pinned(self, serial: str, at: datetime) -> Pinned:
        """What is held of this monitor at this time."""
        pins = self._pins.get(serial)
        if not pins:
            return _NOTHING
        index = bisect_right(pins, at, key=lambda pin: pin[0])
        return pins[index - 1][1] if index else _NOTHING

    def offline_since(self, serial: str, at: datetime) -> datetime | None:
        """Since when it has been held offline; None where it is not."""
        since = None
        for begin, values in self._pins.get(serial, ()):
            if begin > at:
                break
            since = (since or begin) if values.get("online") is False else None
        return since

    def add_record(self, source: Source, serial: str, at: datetime, fields: Pinned) -> None:
        """One more record of a range source, fields named as on the wire."""
        with self._lock:
            records = self._records.get((source, serial), [])
            self._records[source, serial] = sorted([*records, (at, dict(fields))], key=lambda record: record[0])

    def records(self, source: Source, serial: str) -> list[tuple[datetime, Pinned]]:
        """All records added by hand, in order of time."""
        return self._records.get((source, serial), [])

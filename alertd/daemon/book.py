"""The newest of everything, in memory: what the next verdict is made from. The poller writes it to the store, too."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alertd.model import Sample, Source

Newest = dict[Source, Sample]


class Book:
    """Newest records and last failures of each instrument, and how often each source truly comes round.

    Not thread-safe: the poller's lock guards it.
    """

    def __init__(self, every: Mapping[Source, timedelta], samples: Iterable[Sample] = ()) -> None:
        self._configured = dict(every)
        self._started: dict[Source, datetime] = {}
        self.every = dict(every)
        """Effective intervals: a round that takes longer than its interval makes the interval longer."""
        self._newest: dict[str, Newest] = {}
        self._failed: dict[str, dict[Source, str]] = {}
        for sample in samples:
            self.newest(sample.instrument)[sample.source] = sample

    def newest(self, serial: str) -> Newest:
        """The newest record of each source."""
        found = self._newest.get(serial)
        if found is None:
            found = self._newest[serial] = {}
        return found

    def failed(self, serial: str) -> dict[Source, str]:
        """Why the last answer of a source was none, by source; absent where it was one."""
        found = self._failed.get(serial)
        if found is None:
            found = self._failed[serial] = {}
        return found

    def round_begins(self, source: Source, now: datetime) -> None:
        """Note a round's start, to learn how often they really come."""
        last = self._started.get(source)
        self._started[source] = now
        if last is not None and now > last:
            self.every[source] = max(self._configured[source], now - last)

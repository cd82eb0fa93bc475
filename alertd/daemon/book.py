"""The newest of everything, in memory: what the next verdict is made from. The poller writes it to the store, too."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from alertd.model import RANGE_SOURCES, Sample, Source
from alertd.mycirrus.parse import AHEAD, TOLERANCE
from alertd.mycirrus.plan import ENDPOINTS

Newest = dict[Source, Sample]

SEEN_KEPT = 100
"""Times of records kept for each instrument and source; what is read again beyond them is recorded again, no more."""

_READ_AGAIN = {source: endpoint.overlap + TOLERANCE + AHEAD for source, endpoint in ENDPOINTS.items()}
"""How far before the newest record the next answer reaches back."""

_NOTHING: Mapping[Source, str] = MappingProxyType({})


class Book:
    """Newest records and last failures of each instrument, and how often each source truly comes round.

    Not thread-safe: the poller's lock guards it.
    """

    def __init__(self, every: Mapping[Source, timedelta], samples: Iterable[Sample] = ()) -> None:
        self._configured = dict(every)
        self.every = dict(every)
        """Effective intervals: a round that takes longer than its interval makes the interval longer."""
        self._newest: dict[str, Newest] = {}
        self._seen: dict[Source, dict[str, tuple[datetime, ...]]] = {source: {} for source in every}
        self._failed: dict[str, dict[Source, str]] = {}
        self.restore(samples)

    def restore(self, samples: Iterable[Sample]) -> None:
        """Hold these newest records and no others: what was heard since could not be written, and is heard again."""
        self._newest.clear()
        for seen in self._seen.values():
            seen.clear()
        for sample in samples:
            self.newest(sample.instrument)[sample.source] = sample

    def newest(self, serial: str) -> Newest:
        """The newest record of each source."""
        found = self._newest.get(serial)
        if found is None:
            found = self._newest[serial] = {}
        return found

    def is_news(self, source: Source, serial: str, asked_at: datetime) -> bool:
        """Whether an answer to what was asked then may count: of a state, no later one is known already."""
        known = self.newest(serial).get(source)
        return source in RANGE_SOURCES or known is None or known.at <= asked_at

    def failed(self, serial: str) -> Mapping[Source, str]:
        """Why the last answer of a source was none, by source; absent where it was one."""
        return self._failed.get(serial, _NOTHING)

    def note_answer(self, serial: str, source: Source, why_not: str = "") -> None:
        """A source was asked of an instrument, and answered unless there is a reason why not."""
        if why_not:
            self._failed.setdefault(serial, {})[source] = why_not
        elif serial in self._failed:
            self._failed[serial].pop(source, None)

    def unseen(self, source: Source, serial: str, samples: Sequence[Sample]) -> list[Sample]:
        """Those that the last answer with records did not hold, for each reads a little of the one before again.

        A late one is among them, however old; after a start all of them are.
        """
        seen = self._seen[source]
        before = frozenset(seen.get(serial, ()))
        read_again_from = samples[-1].at - _READ_AGAIN[source]
        seen[serial] = tuple(sample.at for sample in samples[-SEEN_KEPT:] if sample.at >= read_again_from)
        return [sample for sample in samples if sample.at not in before]

    def round_lasts(self, source: Source, span: timedelta, *, over: bool) -> None:
        """Note how long a round has taken so far: they come no more often than they take."""
        self.every[source] = max(self._configured[source] if over else self.every[source], span)

"""What windows look back at: read from the store on a start, from MyCirrus where the store does not reach back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alertd.clock import Clock
from alertd.daemon.watch import Watchlist
from alertd.model import RANGE_SOURCES, Source
from alertd.mycirrus.plan import ENDPOINTS
from alertd.rules.pasts import Pasts, fillers, needs_of, spans_of
from alertd.store.history import Measured
from alertd.store.store import Store

READ_BACK = "windows.read_back"
"""Source → how many seconds of its past were asked of MyCirrus when the rules first needed them."""

AT_ONCE = 200
"""Instruments whose past is read in one look at the store."""

MARGIN = timedelta(minutes=10)


class Remembrance:
    """Keeps the past of the watched fleet as far as its rules need it. The poller's lock guards it."""

    def __init__(self, store: Store, every: Mapping[Source, timedelta], clock: Clock) -> None:
        self._store = store
        self._every = every
        self._clock = clock
        self._known: set[str] = set()
        self.pasts = Pasts({}, every)

    def watch(self, watchlist: Watchlist) -> None:
        """Remember what these rules ask of these instruments."""
        needs = needs_of(watchlist.windows)
        if needs != self.pasts.needs:
            self.pasts = Pasts(needs, self._every)
            self._known.clear()
        if needs:
            fresh = watchlist.watches.keys() - self._known
            for serial in fresh:
                self.pasts.narrow(serial, watchlist.needs_of(serial))
            self._recall(fresh)
        self._known = set(watchlist.watches)

    def read_from(
        self, source: Source, serials: Sequence[str], cursors: Mapping[str, datetime], now: datetime
    ) -> Mapping[str, datetime]:
        """The cursors to read a source from: those there are, or earlier ones where windows need more of the past."""
        need = self._need(source)
        if need <= ENDPOINTS[source].first:
            return cursors
        begin = now - need + ENDPOINTS[source].overlap
        if self._was_read_back(source) < need:
            return {serial: min(begin, cursors.get(serial, begin)) for serial in serials}
        return {serial: begin for serial in serials if serial not in cursors} | dict(cursors)

    def was_read(self, source: Source, *, complete: bool) -> None:
        """Note that a round went over its range; from now on the cursors suffice."""
        need = self._need(source)
        if complete and need > ENDPOINTS[source].first and self._was_read_back(source) < need:
            self._store.remember(READ_BACK, self._read_back() | {source.value: need.total_seconds()})

    # -- inside --------------------------------------------------------------------------------------------------------

    def _need(self, source: Source) -> timedelta:
        """How far back a source has to be read for the windows, the gaps of `current` too."""
        if source not in RANGE_SOURCES:
            return timedelta(0)
        spans = list(spans_of(self.pasts.needs, source).values())
        if source is Source.STATS:
            spans += fillers(self.pasts.needs).values()
        return timedelta(seconds=max(spans)) + MARGIN if spans else timedelta(0)

    def _read_back(self) -> dict[str, float]:
        found = self._store.recall(READ_BACK)
        return found if isinstance(found, dict) else {}

    def _was_read_back(self, source: Source) -> timedelta:
        return timedelta(seconds=self._read_back().get(source.value, 0.0))

    def _recall(self, serials: Collection[str]) -> None:
        """Take what the store has of these."""
        now = self._clock()
        pasts, needs = self.pasts, self.pasts.needs
        twins = fillers(needs)
        ordered = sorted(serials)
        for some in (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE)):
            for source in needs:
                for serial, name, measured in self._measured(some, source, spans_of(needs, source), now):
                    pasts.load(serial, source, name, measured)
            if twins:
                for serial, twin, (times, values) in self._measured(some, Source.STATS, twins, now):
                    if pasts.has_gaps(serial, twin, now.timestamp() - twins[twin]):
                        for at, value in zip(times, values, strict=True):
                            pasts.fill(serial, twin, at, value)

    def _measured(
        self, serials: Collection[str], source: Source, spans: Mapping[str, float], now: datetime
    ) -> Iterable[tuple[str, str, Measured]]:
        begin = now - timedelta(seconds=max(spans.values()))
        found = self._store.measured(serials, source, list(spans), begin, now)
        return ((serial, name, measured) for serial, fields in found.items() for name, measured in fields.items())

"""What to ask for: each source's endpoint, the range to read, and which instruments go together. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from alertd.model import RANGE_SOURCES, Source

LATE_UPLOADS = timedelta(hours=24)
"""A cursor follows the newest record, but lags behind the present by no more than this: what a monitor uploads within
a day of an outage is read, and a monitor that is silent for good is not asked for its whole silence each time."""

RECORDS_AT_ONCE = 20_000
"""About how many records to hold in memory for one request or one instrument: some 40 MB."""

_CLOSE = timedelta(minutes=15)
_CLOSE_SHARE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How one source is asked for."""

    path: str
    slice: timedelta = timedelta(days=31)
    """The longest range of one request."""
    overlap: timedelta = timedelta(0)
    """How far before the cursor to read again, for records that arrived late or out of order."""
    first: timedelta = timedelta(0)
    """How far back to read where there is no cursor."""
    daily: int = 1
    """Records a day to reckon with for one instrument."""


ENDPOINTS: Mapping[Source, Endpoint] = {
    Source.STATUS: Endpoint(path="control/instruments/{serial}/status"),
    Source.CURRENT: Endpoint(path="data/monitor/current"),
    Source.STATS: Endpoint(
        path="data/monitor/stats", overlap=timedelta(minutes=10), first=timedelta(hours=1), daily=1440
    ),
    Source.EVENTS: Endpoint(path="data/monitor/events", overlap=timedelta(hours=1), first=timedelta(days=1), daily=50),
    Source.SIC: Endpoint(path="data/sic", overlap=timedelta(days=1), first=timedelta(days=31), daily=24),
    Source.CALIBRATIONS: Endpoint(
        path="data/calibrations",
        slice=timedelta(days=365),
        overlap=timedelta(days=1),
        first=timedelta(days=365),
        daily=4,
    ),
    Source.CALIBRATION_LOG: Endpoint(
        path="data/calibrations/log", overlap=timedelta(days=1), first=timedelta(days=31), daily=4
    ),
}
LISTING = "control/instruments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Instruments to ask for together, and since when each."""

    since: Mapping[str, datetime]
    end: datetime

    @property
    def serials(self) -> tuple[str, ...]:
        """In the order they are asked."""
        return tuple(self.since)

    @property
    def start(self) -> datetime:
        """Since when to ask: the earliest."""
        return min(self.since.values())

    def halves(self) -> Iterator["Batch"]:
        """The batch in two."""
        return self.parts((len(self.since) + 1) // 2)

    def parts(self, size: int) -> Iterator["Batch"]:
        """The batch in parts of at most this size."""
        serials = self.serials
        for index in range(0, len(serials), size):
            yield self.of(serials[index : index + size])

    def of(self, serials: Iterable[str]) -> "Batch":
        """The same for some of its instruments."""
        return Batch(since={serial: self.since[serial] for serial in serials}, end=self.end)


def start_of(source: Source, cursor: datetime | None, now: datetime) -> datetime:
    """Since when to read a source. A cursor from the future (the clock was wrong) counts as none."""
    endpoint = ENDPOINTS[source]
    if cursor is None or cursor > now + LATE_UPLOADS:
        return now - endpoint.first
    return min(cursor, now) - endpoint.overlap


def cursor_after(cursor: datetime | None, newest: datetime | None, reached: datetime, now: datetime) -> datetime:
    """Where to go on, after everything up to `reached` was read: at the newest record, a day behind at the most."""
    candidates = [reached - LATE_UPLOADS]
    if newest is not None:
        candidates.append(min(newest, now))
    if cursor is not None and cursor <= now:
        candidates.append(cursor)
    return max(candidates)


def batches(
    source: Source, serials: Sequence[str], cursors: Mapping[str, datetime], now: datetime, size: int
) -> Iterator[Batch]:
    """The instruments in requests of at most `size`, those with nearly the same start together.

    So one that was away for weeks does not make the others be read again for weeks; and the longer the range, the
    fewer at once, for an answer's size must stay within bounds.
    """
    if source not in RANGE_SOURCES:
        for index in range(0, len(serials), size):
            yield Batch(since=dict.fromkeys(serials[index : index + size], now), end=now)
        return
    starts = sorted((start_of(source, cursors.get(serial), now), index) for index, serial in enumerate(serials))
    together: dict[str, datetime] = {}
    limit = size
    close_until = now
    for start, index in starts:
        if len(together) >= limit or (together and start > close_until):
            yield Batch(since=together, end=now)
            together = {}
        if not together:
            days = max((now - start) / timedelta(days=1), 1e-9)
            limit = max(1, min(size, int(RECORDS_AT_ONCE / (days * ENDPOINTS[source].daily))))
            close_until = start + max(_CLOSE, (now - start) / _CLOSE_SHARE)
        together[serials[index]] = start
    if together:
        yield Batch(since=together, end=now)


def first_slice(source: Source) -> timedelta:
    """How long a range to ask for at first: the documented one, or less where that many records are too many."""
    endpoint = ENDPOINTS[source]
    return min(endpoint.slice, timedelta(days=max(1, RECORDS_AT_ONCE // endpoint.daily)))


def status_path(serial: str) -> str:
    """Where the status of one instrument is."""
    return ENDPOINTS[Source.STATUS].path.format(serial=quote(serial, safe=""))


def query(serials: Sequence[str], array_style: str, dated: tuple[datetime, datetime] | None) -> str:
    """The query of a data endpoint: the instruments `repeat`ed or with a `comma` between, and the range in UTC."""
    # Nearly every serial is letters and digits; asking that first is a tenth of the cost of quoting.
    quoted = [serial if serial.isascii() and serial.isalnum() else quote(serial, safe="") for serial in serials]
    if array_style == "comma":
        text = "instruments=" + "%2C".join(quoted)
    else:
        text = "&".join(f"instruments={serial}" for serial in quoted)
    if dated is not None:
        text += f"&start={_iso(dated[0])}&end={_iso(dated[1])}"
    return text


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

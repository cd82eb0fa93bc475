"""The past of a whole fleet, as far as its rules ask for it: held in memory, fed with every record. Pure.

MyCirrus keeps no past of `monitor/current`. Where `current` was not read (before the first start, while alertd was
down) its past is filled with the one-minute means that `monitor/stats` has of the same quantities.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from operator import sub
from typing import Any

from alertd.fields import FIELDS, Kind
from alertd.model import Sample, Source, Value
from alertd.rules.series import Series
from alertd.rules.view import NO_PAST, Past
from alertd.rules.windows import KEPT_BEYOND, Ask, Fold, Track, key_of, reach

Needs = Mapping[Source, Mapping[str, Mapping[Track, float]]]
"""Source → field → how it is held → how many seconds of its past are asked for."""

TWINS = {
    "voltage": "voltage",
    "temp": "temp",
    "cpu": "cpu",
    "network": "network",
    "disk": "diskPercent",
    "mem": "memoryPercent",
}
"""Field of `current` → the field of `stats` that means the same, in the same unit."""

GAP_POLLS = 3.5
"""As many intervals without a value are a gap, to be filled."""

LARGEST_MEASURED = 1e15
"""Beyond it nothing is measured, and sums would not be numbers any more."""

WAITING = 50_000
"""Means of one field that wait at the most: a month of minutes."""


def needs_of(windows: Iterable[Ask]) -> dict[Source, dict[str, dict[Track, float]]]:
    """What past these calls ask for."""
    needs: dict[Source, dict[str, dict[Track, float]]] = {}
    for ask in windows:
        tracks = needs.setdefault(ask.source, {}).setdefault(ask.name, {})
        tracks[ask.track] = max(tracks.get(ask.track, 0.0), reach(ask))
    return needs


def spans_of(needs: Needs, source: Source) -> dict[str, float]:
    """Field of a source → how many seconds of its past are asked for in all."""
    return {name: max(tracks.values()) for name, tracks in needs.get(source, {}).items()}


def fillers(needs: Needs) -> dict[str, float]:
    """Fields of `stats` that fill the past of `current`, with how many seconds of them."""
    return {TWINS[name]: span for name, span in spans_of(needs, Source.CURRENT).items() if name in TWINS}


class Pasts:
    """Every instrument's series. Not thread-safe: whoever owns it guards it."""

    def __init__(self, needs: Needs, every: Mapping[Source, timedelta]) -> None:
        self.needs = needs
        interval = every.get(Source.CURRENT, timedelta(minutes=1)).total_seconds()
        self._gap = GAP_POLLS * interval
        filled = needs.get(Source.CURRENT, {}) if Source.CURRENT in every else {}
        self._fills = {twin: name for name, twin in TWINS.items() if name in filled}
        self._own: dict[str, Needs] = {}
        self._pasts: dict[str, dict[str, Series]] = {}
        self._waiting: dict[tuple[str, str], list[tuple[float, Value]]] = {}
        """Means that may fill a gap once `current` is read again."""

    def narrow(self, serial: str, needs: Needs) -> None:
        """Hold of this instrument no more than its own rules ask for; a rule for solar ones asks nothing of others."""
        self._own[serial] = needs

    def of(self, serial: str) -> Past:
        """What an instrument's rules may look back at."""
        return self._pasts.get(serial, NO_PAST)

    def add(self, samples: Iterable[Sample]) -> None:
        """Take in records, in any order, also such as are there already."""
        for sample in samples:
            wanted = self._own.get(sample.instrument, self.needs).get(sample.source)
            if wanted:
                at = sample.at.timestamp()
                for name in wanted:
                    value = sample.values.get(name)
                    if value is not None:
                        self.put(sample.instrument, sample.source, name, at, value)
            if self._fills and sample.source is Source.STATS:
                self._fill(sample)

    def put(self, serial: str, source: Source, name: str, at: float, value: Value) -> None:
        """Take in one value; one that is not of the field's kind, or no number, is none."""
        if not _is_measured(source, name, value):
            return
        for track, span in self._tracks(serial, source, name).items():
            series = self._series(serial, source, name, track)
            _put(series, track, at, value)
            series.trim(series.times[-1] - span - max(KEPT_BEYOND, track.step))
        if source is Source.CURRENT and (serial, name) in self._waiting:
            waiting = self._waiting.pop((serial, name))
            self._waiting[serial, name] = [each for each in waiting if each[0] >= at]
            for each in waiting:
                if each[0] < at:
                    self._put_in_gap(serial, name, *each)

    def load(self, serial: str, source: Source, name: str, measured: tuple[Sequence[float], Sequence[Value]]) -> None:
        """Take in a stretch of the past, times and values, in their order: what the store has."""
        times, values = measured
        if not all(_is_measured(source, name, value) for value in values):
            for at, value in zip(times, values, strict=True):
                self.put(serial, source, name, at, value)
            return
        for track in self._tracks(serial, source, name):
            series = self._series(serial, source, name, track)
            if track.step:
                for at, value in zip(times, values, strict=True):
                    _put(series, track, at, value)
            else:
                series.load(times, values)

    def fill(self, serial: str, twin: str, at: float, value: Value) -> None:
        """Take in a mean of `stats` where it stands in for `current`."""
        name = self._fills.get(twin)
        if name is None or not _is_measured(Source.CURRENT, name, value):
            return
        if not self._tracks(serial, Source.CURRENT, name):
            return
        latest = max(self._latest(serial, name), default=None)
        if latest is None or at > latest:
            waiting = self._waiting.setdefault((serial, name), [])
            waiting.append((at, value))
            if len(waiting) > WAITING:
                del waiting[: WAITING // 2]
        else:
            self._put_in_gap(serial, name, at, value)

    def has_gaps(self, serial: str, twin: str, begin: float) -> bool:
        """Whether `stats` have anything to stand in for since then: most often `current` is whole."""
        name = self._fills.get(twin)
        if name is None:
            return False
        for track in self._tracks(serial, Source.CURRENT, name):
            times, gap = self._series(serial, Source.CURRENT, name, track).times, max(self._gap, track.step)
            if not times or times[0] > begin + gap or max(map(sub, times[1:], times), default=0.0) > gap:
                return True
        return False

    # -- inside --------------------------------------------------------------------------------------------------------

    def _fill(self, sample: Sample) -> None:
        at = sample.at.timestamp()
        for twin in self._fills:
            value = sample.values.get(twin)
            if value is not None:
                self.fill(sample.instrument, twin, at, value)

    def _put_in_gap(self, serial: str, name: str, at: float, value: Value) -> None:
        for track in self._tracks(serial, Source.CURRENT, name):
            series = self._series(serial, Source.CURRENT, name, track)
            before, after = series.neighbours(at)
            if after is not None and (before is None or after - before > max(self._gap, track.step)):
                _put(series, track, at, value)

    def _latest(self, serial: str, name: str) -> Iterator[float]:
        for track in self._tracks(serial, Source.CURRENT, name):
            times = self._series(serial, Source.CURRENT, name, track).times
            if times:
                yield times[-1]

    def _tracks(self, serial: str, source: Source, name: str) -> Mapping[Track, float]:
        return self._own.get(serial, self.needs).get(source, {}).get(name, {})

    def _series(self, serial: str, source: Source, name: str, track: Track) -> Series:
        past = self._pasts.get(serial)
        if past is None:
            past = self._pasts[serial] = {}
        key = key_of(source, name, track)
        series = past.get(key)
        if series is None:
            series = past[key] = Series(numeric=FIELDS[source][name].kind is Kind.NUMBER)
        return series


def _is_measured(source: Source, name: str, value: Value) -> bool:
    """Whether a value is of its field's kind; NaN and Infinity are no numbers."""
    if FIELDS[source][name].kind is Kind.NUMBER:
        return type(value) is float and -LARGEST_MEASURED <= value <= LARGEST_MEASURED
    return value is not None


def _put(series: Series, track: Track, at: float, value: Value) -> None:
    """Add a value, or what remains of it in its step."""
    if not track.step:
        series.add(at, value)
        return
    begin = at - at % track.step
    held: tuple[float, Any] | None = series.first_between(begin, begin + track.step)
    if held is None:
        series.add(at, value)
    elif (track.fold is Fold.LOWEST and value < held[1]) or (track.fold is Fold.HIGHEST and value > held[1]):
        series.add(held[0], value)

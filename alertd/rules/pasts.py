"""The past of a whole fleet, as far as its rules ask for it: held in memory, fed with every record. Pure.

MyCirrus keeps no past of `monitor/current`. Where `current` was not read (before the first start, while alertd was
down) its past is filled with the one-minute means that `monitor/stats` has of the same quantities.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from alertd.fields import FIELDS, PREFIX_OF, Kind
from alertd.model import Sample, Source, Value
from alertd.rules.series import Series
from alertd.rules.view import NO_PAST, Past
from alertd.rules.windows import Ask, reach

Needs = Mapping[Source, Mapping[str, float]]
"""Source → field → how many seconds of its past are asked for."""

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

KEPT_BEYOND = 3600.0
"""Seconds kept beyond what is asked for: a record that is judged at its own time looks back from there."""

WAITING = 50_000
"""Means of one field that wait at the most: a month of minutes."""


def needs_of(windows: Iterable[Ask]) -> dict[Source, dict[str, float]]:
    """What past these calls ask for."""
    needs: dict[Source, dict[str, float]] = {}
    for ask in windows:
        fields = needs.setdefault(ask.source, {})
        fields[ask.name] = max(fields.get(ask.name, 0.0), reach(ask))
    return needs


def fillers(needs: Needs) -> dict[str, float]:
    """Fields of `stats` that fill the past of `current`, with how many seconds of them."""
    current = needs.get(Source.CURRENT, {})
    return {TWINS[name]: span for name, span in current.items() if name in TWINS}


class Pasts:
    """Every instrument's series. Not thread-safe: whoever owns it guards it."""

    def __init__(self, needs: Needs, every: Mapping[Source, timedelta]) -> None:
        self.needs = needs
        interval = every.get(Source.CURRENT, timedelta(minutes=1)).total_seconds()
        self._gap = GAP_POLLS * interval
        filled = needs.get(Source.CURRENT, {}) if Source.CURRENT in every else {}
        self._fills = {twin: name for name, twin in TWINS.items() if name in filled}
        self._pasts: dict[str, dict[str, Series]] = {}
        self._waiting: dict[tuple[str, str], list[tuple[float, Value]]] = {}
        """Means that may fill a gap once `current` is read again."""

    def of(self, serial: str) -> Past:
        """What an instrument's rules may look back at."""
        return self._pasts.get(serial, NO_PAST)

    def add(self, samples: Iterable[Sample]) -> None:
        """Take in records, in any order, also such as are there already."""
        for sample in samples:
            wanted = self.needs.get(sample.source)
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
        numeric = FIELDS[source][name].kind is Kind.NUMBER
        if numeric and not (type(value) is float and value - value == 0.0):
            return
        series = self._series(serial, source, name)
        series.add(at, value)
        series.trim(series.times[-1] - self.needs[source][name] - KEPT_BEYOND)
        if source is Source.CURRENT and (serial, name) in self._waiting:
            waiting = self._waiting.pop((serial, name))
            self._waiting[serial, name] = [each for each in waiting if each[0] >= at]
            for each in waiting:
                if each[0] < at:
                    self._put_in_gap(series, *each)

    def fill(self, serial: str, twin: str, at: float, value: Value) -> None:
        """Take in a mean of `stats` where it stands in for `current`."""
        name = self._fills.get(twin)
        if name is None or type(value) is not float or value - value != 0.0:
            return
        series = self._series(serial, Source.CURRENT, name)
        if not series.times or at > series.times[-1]:
            waiting = self._waiting.setdefault((serial, name), [])
            waiting.append((at, value))
            if len(waiting) > WAITING:
                del waiting[: WAITING // 2]
        else:
            self._put_in_gap(series, at, value)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _fill(self, sample: Sample) -> None:
        at = sample.at.timestamp()
        for twin in self._fills:
            value = sample.values.get(twin)
            if value is not None:
                self.fill(sample.instrument, twin, at, value)

    def _put_in_gap(self, series: Series, at: float, value: Value) -> None:
        before, after = series.neighbours(at)
        if after is not None and (before is None or after - before > self._gap):
            series.add(at, value)

    def _series(self, serial: str, source: Source, name: str) -> Series:
        past = self._pasts.get(serial)
        if past is None:
            past = self._pasts[serial] = {}
        key = f"{PREFIX_OF[source]}.{name}"
        series = past.get(key)
        if series is None:
            series = past[key] = Series(numeric=FIELDS[source][name].kind is Kind.NUMBER)
        return series

"""The axes: which range of values is shown, and where their and the times' marks are. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil, floor, log10

from alertd.chart.chart import Chart
from alertd.chart.words import date, number

_PAD = 0.08
_FAR = 100
"""A value that is so many times as far from all others as they are from each other is cut off."""
_NOTHING = 1e-6
"""A level course that is no higher is shown as 0 on an axis up to 1."""
_MINUTE_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
_DAY_STEPS = (1, 2, 7, 14, 31, 92, 366)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of an axis: where, its text, and whether it begins a day."""

    at: float
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """The values that are shown; what is beyond them is drawn at the edge."""

    low: float
    high: float


def value_range(chart: Chart) -> Range:
    """All values and the limit, with a little air; without a value that would flatten all others to a line."""
    values = sorted(value for _, value in chart.points)
    low, high = _without_outliers(values, chart.limit)
    limits = [each.value for each in chart.limits] + ([] if chart.limit is None else [chart.limit])
    low, high = min([low, *limits]), max([high, *limits])
    span, size = high - low, max(abs(low), abs(high))
    air = span * _PAD if span > size * 1e-9 + 1e-12 else size * _PAD if size > _NOTHING else 1.0
    bottom = low - air
    return Range(0.0 if low >= 0 > bottom and low < air else bottom, high + air)


def _without_outliers(values: Sequence[float], limit: float | None) -> tuple[float, float]:
    few = max(1, len(values) // 50)
    middle = values[few:-few] or values
    low, high = middle[0], middle[-1]
    near = [high - low, abs(high) / 20, 0.0 if limit is None else max(abs(high - limit), abs(low - limit))]
    far = _FAR * max(near)
    return (
        values[0] if low - values[0] <= far else low,
        values[-1] if values[-1] - high <= far else high,
    )


def value_marks(shown: Range, most: int) -> list[Mark]:
    """Round numbers within the range, at most so many."""
    span = shown.high - shown.low
    step = _round_up(span / most)
    first, last = ceil(shown.low / step), floor(shown.high / step)
    decimals = max(0, -floor(log10(step) + 1e-9))
    decimals += round(step * 10**decimals, 6) % 1 != 0  # 0.25 has one more than 0.2
    return [Mark(index * step, number(index * step, decimals)) for index in range(first, last + 1)]


def _round_up(least: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 times a power of ten."""
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10, 20) if factor * power >= least * (1 - 1e-9))


def time_marks(start: datetime, end: datetime, zone: tzinfo, most: int) -> list[Mark]:
    """Full hours or days by the zone's clocks, at most so many; positions are seconds since the start."""
    minutes = (end - start) / timedelta(minutes=1)
    for step in _MINUTE_STEPS:
        if minutes / step <= most:
            return [_mark(at, start, zone) for at in _times(start, end, zone, step)]
    days = next((step for step in _DAY_STEPS if minutes / 1440 / step <= most), ceil(minutes / 1440 / most))
    return [_mark(at, start, zone) for at in _midnights(start, end, zone, days)]


def _times(start: datetime, end: datetime, zone: tzinfo, step: int) -> Iterator[datetime]:
    """Multiples of `step` minutes of each local day; a quarter of an hour is what zones may differ by."""
    stride = timedelta(minutes=min(step, 15))
    at = start.astimezone(UTC)
    at -= (at - datetime(1970, 1, 1, tzinfo=UTC)) % stride
    while at <= end:
        local = at.astimezone(zone)
        if at >= start and (local.hour * 60 + local.minute) % step == 0:
            yield at
        at += stride


def _midnights(start: datetime, end: datetime, zone: tzinfo, days: int) -> Iterator[datetime]:
    day = start.astimezone(zone).date()
    last = end.astimezone(zone).date()
    while day <= last:
        at = datetime(day.year, day.month, day.day, tzinfo=zone)
        if day.toordinal() % days == 0 and start <= at <= end:
            yield at
        day += timedelta(days=1)


def _mark(at: datetime, start: datetime, zone: tzinfo) -> Mark:
    local = at.astimezone(zone)
    begins = (local.hour, local.minute) == (0, 0)
    return Mark((at - start).total_seconds(), date(local) if begins else f"{local:%H:%M}", begins)


def zone_name(chart: Chart) -> str:
    """What the zone's clocks were called in that time: GMT, or BST/GMT over a change."""
    names = [each.astimezone(chart.zone).tzname() or "" for each in (chart.start, chart.end)]
    return "/".join(dict.fromkeys(f"UTC{name}" if name[:1] in "+-" and name else name for name in names))

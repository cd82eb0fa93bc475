"""A straight line through a stretch of values that a few wild ones do not bend.

Theil–Sen: the slope is the median of the slopes of all pairs of points (Theil 1950, Sen 1968), the height the median of
what remains. Up to 29 % of the points may be anything. Of more points than `POINTS` the medians of as many equal steps
of time are taken first: the cost is bounded, and so is the weight of a crowded hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

POINTS = 48
FEWEST = 3
"""Fewer points have no trend: two are always on a line."""


@dataclass(frozen=True, slots=True)
class Trend:
    """value = level + per_second · (time − at)."""

    at: float
    """Seconds since 1970."""
    level: float
    per_second: float

    def value(self, at: float) -> float:
        """Where the line is at that time."""
        return self.level + self.per_second * (at - self.at)

    def meets(self, level: float) -> float | None:
        """When the line is at that level; None where it is level itself."""
        if self.per_second == 0:
            return None
        return self.at + (level - self.level) / self.per_second


def trend_of(times: Sequence[float], values: Sequence[float]) -> Trend | None:
    """The line through these points, in the order of their times; None of too few."""
    if len(times) > POINTS:
        times, values = _steps(times, values)
    if len(times) < FEWEST:
        return None
    origin = times[-1]
    offsets = [at - origin for at in times]
    slopes = [
        (values[later] - value) / (offsets[later] - offset)
        for place, (offset, value) in enumerate(zip(offsets, values, strict=True))
        for later in range(place + 1, len(offsets))
    ]
    per_second = median(slopes)
    level = median(value - per_second * offset for offset, value in zip(offsets, values, strict=True))
    return Trend(origin, level, per_second)


def _steps(times: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The median time and value of each of equal steps that hold any."""
    start = times[0]
    length = (times[-1] - start) / POINTS
    held: dict[int, list[int]] = {}
    for place, at in enumerate(times):
        held.setdefault(min(POINTS - 1, int((at - start) / length)), []).append(place)
    return (
        [median(times[place] for place in places) for places in held.values()],
        [median(values[place] for place in places) for places in held.values()],
    )

"""A straight line through a stretch of values that a few wild ones do not bend.

Theil–Sen: the slope is the median of the slopes of all pairs of points (Theil 1950, Sen 1968), the height the median of
what remains. Up to 29 % of the points may be anything. Of more than `POINTS` values, the medians of about as many
equal steps of time are the points: the cost is bounded, and so is the weight of a crowded hour. Steps begin at whole
multiples of their length since 1970, so that those that are over are reckoned once and not at each new value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from alertd.rules.series import Point, Stretch

POINTS = 24
FEWEST = 3
"""Fewer points have no trend: two are always on a line."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The line `level + per_second · (time − at)`."""

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


def trend_in(window: Stretch, span: float) -> Trend | None:
    """The line through a window of so many seconds; None of too few values."""
    if len(window) <= POINTS:
        return trend_of(list(zip(window.times, window.values, strict=True)))
    return trend_of(window.series.steps(window.first, window.last, span / POINTS))


def trend_of(points: Sequence[Point]) -> Trend | None:
    """The line through these points, in the order of their times; None of too few."""
    if len(points) < FEWEST:
        return None
    origin = points[-1][0]
    moved = [(at - origin, value) for at, value in points]
    slopes = [
        (later - value) / (then - offset)
        for place, (offset, value) in enumerate(moved, start=1)
        for then, later in moved[place:]
    ]
    per_second = median(slopes)
    return Trend(origin, median([value - per_second * offset for offset, value in moved]), per_second)

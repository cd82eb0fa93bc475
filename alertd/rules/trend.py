"""A straight line through a stretch of values that a few wild ones do not bend.

Theil–Sen: the slope is the median of the slopes of all pairs of points (Theil 1950, Sen 1968), the height the median of
what remains. Up to 29 % of the points may be anything. Of more than `POINTS` values, the medians of about as many
equal steps of time are the points: the cost is bounded, and so is the weight of a crowded hour. Steps begin at whole
multiples of their length since 1970, so that those that are over are reckoned once and not at each new value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alertd.rules.series import Over, Point, Stretch

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
    return _trend_of_steps(*window.series.steps(window.first, window.last, span / POINTS))


def trend_of(points: Sequence[Point]) -> Trend | None:
    """The line through these points; None of too few."""
    if len(points) < FEWEST:
        return None
    return _line(points, sorted(_slopes(points)))


def _trend_of_steps(edges: Sequence[Point], over: Over) -> Trend | None:
    """The same, of steps of which most are the same as a moment ago: only the slopes to the edges are new."""
    if len(edges) + len(over.points) < FEWEST:
        return None
    if over.slopes is None:
        over.slopes = sorted(_slopes(over.points))
    first, last = edges
    slopes = [*over.slopes, (last[1] - first[1]) / (last[0] - first[0])]
    for at, value in edges:
        slopes += [(then - value) / (when - at) for when, then in over.points]
    slopes.sort()
    return _line([first, *over.points, last], slopes)


def _slopes(points: Sequence[Point]) -> list[float]:
    """Of all pairs of points."""
    return [
        (later - value) / (then - at)
        for place, (at, value) in enumerate(points, start=1)
        for then, later in points[place:]
    ]


def _line(points: Sequence[Point], slopes: Sequence[float]) -> Trend:
    """The line with the median of these slopes, ascending, at the median height."""
    origin, per_second = points[-1][0], _middle(slopes)
    return Trend(origin, _middle(sorted([value - per_second * (at - origin) for at, value in points])), per_second)


def _middle(ascending: Sequence[float]) -> float:
    half = len(ascending) // 2
    return ascending[half] if len(ascending) % 2 else (ascending[half - 1] + ascending[half]) / 2

"""The course of the values as lines: thinned to what can be seen, parted at gaps and at the limit. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from alertd.chart.chart import Chart, Points, runs

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the line that is all on one side of the limit."""

    places: list[Place]
    beyond: bool


def stretches(
    chart: Chart, x: Callable[[float], float], y: Callable[[float], float], columns: int
) -> list[list[Stretch]]:
    """For each run without a gap, its parts in order. `x` takes seconds since the start, `y` values."""
    found = []
    for run in runs(chart.points, chart.longest_step):
        kept = thinned(run, chart.start, (chart.end - chart.start) / columns, columns)
        course = [((at - chart.start).total_seconds(), value) for at, value in kept]
        found.append([Stretch([(x(s), y(v)) for s, v in part], beyond) for part, beyond in _parted(course, chart)])
    return found


def thinned(points: Points, start: datetime, width: timedelta, columns: int) -> Points:
    """Of the points in each column of the picture, `width` wide, the first, the least, the greatest and the last."""
    if len(points) <= 4 * columns:
        return points
    kept: list[tuple[datetime, float]] = []
    for _, group in groupby(points, key=lambda point: (point[0] - start) // width):
        column = list(group)
        least, greatest = min(column, key=itemgetter(1)), max(column, key=itemgetter(1))
        kept += sorted({column[0], least, greatest, column[-1]})
    return kept


def _parted(course: Sequence[Place], chart: Chart) -> list[tuple[list[Place], bool]]:
    """Parts on one side of the limit each; where the line crosses it, both have the crossing."""
    parts: list[tuple[list[Place], bool]] = []
    for second, value in course:
        beyond = chart.is_beyond(value)
        if not parts:
            parts.append(([], beyond))
        elif parts[-1][1] is not beyond and chart.limit is not None:
            before = parts[-1][0][-1]
            share = (chart.limit - before[1]) / (value - before[1])
            crossing = (before[0] + (second - before[0]) * share, chart.limit)
            parts[-1][0].append(crossing)
            parts.append(([crossing], beyond))
        parts[-1][0].append((second, value))
    return parts

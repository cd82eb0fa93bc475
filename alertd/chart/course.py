"""The course of the values as lines: thinned to what can be seen, parted at gaps and at the limit. Pure.

What goes up and down so often that a line through it would be a blot is a band from the least to the greatest, with
their mean as a line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import fmean

from alertd.chart.chart import Chart, Points, runs

Place = tuple[float, float]
Axis = Callable[[float], float]
"""From seconds since the start, or from a value, to where it is in the picture."""

_BLOT = 12.0
"""A line that goes so far up and down for each point that it goes on is a blot."""
_BUCKET = 5
"""A part of a band is at least so many points of the picture wide, and so many values on average."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the line that is all on one side of the limit."""

    places: list[Place]
    beyond: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What is drawn of one run without a gap."""

    line: list[Stretch]
    """Through the values, or their mean where there is a band."""
    worst: list[Stretch]
    """Through the values, or along the band's edge that is nearer to what is bad."""
    band: list[Place]
    """What is not beyond the limit between the least and the greatest, as a polygon; empty where there is a line."""


def courses(chart: Chart, x: Axis, y: Axis, columns: int) -> list[Course]:
    """The course of each run without a gap, which has at most four values for each of `columns`."""
    found = []
    for run in runs(chart.points, chart.longest_step):
        kept = thinned(run, chart.start, (chart.end - chart.start) / columns, columns)
        places = [((at - chart.start).total_seconds(), value) for at, value in kept]
        if _is_blot(places, x, y):
            found.append(_banded(places, chart, x, y))
        else:
            line = _stretches(places, chart, x, y)
            found.append(Course(line, line, []))
    return found


def _is_blot(course: Sequence[Place], x: Axis, y: Axis) -> bool:
    wide = x(course[-1][0]) - x(course[0][0])
    up_and_down = sum(abs(y(after) - y(before)) for (_, before), (_, after) in pairwise(course))
    return min(wide, len(course)) > 4 * _BUCKET and up_and_down > _BLOT * wide


def _banded(course: Sequence[Place], chart: Chart, x: Axis, y: Axis) -> Course:
    first, last = course[0][0], course[-1][0]
    seconds_in_a_point = (last - first) / (x(last) - x(first))
    width = _BUCKET * max(seconds_in_a_point, (last - first) / (len(course) - 1))
    mean, least, greatest = [], [], []
    for _, group in groupby(course, key=lambda place: (place[0] - first) // width):
        bucket = list(group)
        at, values = (bucket[0][0] + bucket[-1][0]) / 2, [value for _, value in bucket]
        mean.append((at, fmean(values)))
        least.append((at, min(values)))
        greatest.append((at, max(values)))
    low, high = least, greatest
    if chart.limit is not None:
        nearer = min if chart.limit_above else max
        low, high = ([(at, nearer(value, chart.limit)) for at, value in edge] for edge in (least, greatest))
    return Course(
        line=_stretches(mean, chart, x, y),
        worst=_stretches(greatest if chart.limit_above else least, chart, x, y),
        band=[(x(at), y(value)) for at, value in [*low, *reversed(high)]],
    )


def _stretches(course: Sequence[Place], chart: Chart, x: Axis, y: Axis) -> list[Stretch]:
    return [Stretch([(x(s), y(v)) for s, v in part], beyond) for part, beyond in _parted(course, chart)]


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

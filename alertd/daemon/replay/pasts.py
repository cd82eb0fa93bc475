"""What the windows of one instrument's rules look back at: whole series, read up to each moment. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from alertd.daemon.replay.course import Course
from alertd.fields import FIELDS, Kind
from alertd.model import Source, Value
from alertd.rules.pasts import GAP_POLLS, TWINS, Needs
from alertd.rules.series import Series
from alertd.rules.view import Past
from alertd.rules.windows import Fold, Track, key_of

Point = tuple[float, Value]
"""Seconds since 1970, and a value."""


def past_of(course: Course, needs: Needs) -> Past:
    """The series that these needs ask for; where `current` was not read, `stats` stand in for it, as in the daemon."""
    found = {}
    for source, fields in needs.items():
        for name, tracks in fields.items():
            points = list(_points(course, source, name))
            if source is Source.CURRENT and name in TWINS:
                gap = GAP_POLLS * course.every[source].total_seconds() if source in course.every else 0.0
                points = _filled(points, _points(course, Source.STATS, TWINS[name]), gap)
            numeric = FIELDS[source][name].kind is Kind.NUMBER
            for track in tracks:
                found[key_of(source, name, track)] = Series(folded(points, track), numeric=numeric)
    return found


def folded(points: Sequence[Point], track: Track) -> Sequence[Point]:
    """What a long window keeps: one value for each step, at the step's beginning."""
    if not track.step:
        return points
    found: list[Point] = []
    for at, steps in groupby(points, key=lambda point: point[0] - point[0] % track.step):
        values = [value for _, value in steps]
        fold = {Fold.LOWEST: min, Fold.HIGHEST: max}.get(track.fold)
        found.append((at, values[0] if fold is None else fold(values)))
    return found


def _points(course: Course, source: Source, name: str) -> Iterator[Point]:
    """The values that are there; of a number none that is no number."""
    track = course.tracks.get(source)
    column = [] if track is None else track.columns.get(name, [])
    numeric = FIELDS[source][name].kind is Kind.NUMBER
    for at, value in zip(course.times(source), column, strict=False):
        if value is not None and not (numeric and not (type(value) is float and value - value == 0.0)):
            yield at / 1e6, value


def _filled(points: list[Point], twins: Iterable[Point], gap: float) -> list[Point]:
    """The points, and those of the twin that lie before them or in their gaps."""
    found: list[Point] = []
    waiting = iter([*twins, None])
    twin = next(waiting)
    before: float | None = None
    for at, value in points:
        is_gap = before is None or at - before > gap
        while twin is not None and twin[0] < at:
            if is_gap and (before is None or twin[0] > before):
                found.append(twin)
            twin = next(waiting)
        found.append((at, value))
        before = at
    return found

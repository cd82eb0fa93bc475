"""What the windows of one instrument's rules look back at: whole series, read up to each moment. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import isfinite

from alertd.daemon.replay.course import Course
from alertd.fields import FIELDS, Kind
from alertd.model import Source, Value
from alertd.rules.pasts import GAP_POLLS, TWINS, Needs
from alertd.rules.series import Series
from alertd.rules.view import Past
from alertd.rules.windows import Ask, Fold, Track, key_of, reach

Points = tuple[Sequence[float], Sequence[Value]]
"""Seconds since 1970, ascending, and the value of each."""

_FOLDS = {Fold.LOWEST: min, Fold.HIGHEST: max}


def past_of(course: Course, needs: Needs) -> Past:
    """The series that these needs ask for; where `current` was not read, `stats` stand in for it, as in the daemon."""
    clocks = {source: [at / 1e6 for at in course.times(source)] for source in {*needs, Source.STATS}}
    found = {}
    for source, fields in needs.items():
        for name, tracks in fields.items():
            points = _points(course, source, name, clocks[source])
            if source is Source.CURRENT and name in TWINS and not _is_derived(course, name):
                gap = GAP_POLLS * course.every[source].total_seconds() if source in course.every else 0.0
                points = filled(points, _points(course, Source.STATS, TWINS[name], clocks[Source.STATS]), gap)
            numeric = FIELDS[source][name].kind is Kind.NUMBER
            for track in tracks:
                series = found[key_of(source, name, track)] = Series(numeric=numeric)
                series.load(*folded(points, track))
    return found


def folded(points: Points, track: Track) -> Points:
    """What a long window keeps: one value for each step, at the step's beginning."""
    if not track.step:
        return points
    times, values = points
    steps: list[float] = []
    kept: list[Value] = []
    fold, place = _FOLDS.get(track.fold), 0
    while place < len(times):
        step = times[place] - times[place] % track.step
        end = bisect_left(times, step + track.step, place + 1)
        steps.append(step)
        kept.append(values[place] if fold is None else fold(values[place:end]))
        place = end
    return steps, kept


def held_by(ask: Ask, past: Past, now: float) -> tuple[int, int]:
    """From where to where a window reaches in its series."""
    series = past.get(ask.key)
    if series is None:
        return 0, 0
    begin = bisect_right(series.times, now - reach(ask)) if ask.span else 0
    return begin, bisect_right(series.times, now - ask.offset)


def _is_derived(course: Course, name: str) -> bool:
    """Whether a field of `current` is its twin's column itself: it has no gap that the twin could fill."""
    mine, twins = course.tracks.get(Source.CURRENT), course.tracks.get(Source.STATS)
    return mine is not None and twins is not None and mine.columns.get(name) is twins.columns.get(TWINS[name], mine)


def _points(course: Course, source: Source, name: str, clock: Sequence[float]) -> Points:
    """The values that are there; of a number none that is no number."""
    track = course.tracks.get(source)
    column = [] if track is None else track.columns.get(name, [])
    numeric = FIELDS[source][name].kind is Kind.NUMBER
    if numeric and set(map(type, column)) == {float} and isfinite(sum(column)):  # type: ignore[arg-type]
        return clock[: len(column)], column  # type: ignore[return-value]
    if numeric:
        there = [type(value) is float and value - value == 0.0 for value in column]
    else:
        there = [value is not None for value in column]
    if all(there):
        return clock[: len(column)], column  # type: ignore[return-value]  # None is not among them
    rows = [row for row, is_there in enumerate(there) if is_there]
    return [clock[row] for row in rows], [column[row] for row in rows]  # type: ignore[misc]


def filled(points: Points, twins: Points, gap: float) -> Points:
    """The points, and those of the twin that lie before them or in their gaps."""
    times: list[float] = []
    values: list[Value] = []
    place = 0
    before: float | None = None
    for at, value in zip(*points, strict=True):
        end = bisect_left(twins[0], at, place)
        if before is None or at - before > gap:
            times += twins[0][place:end]
            values += twins[1][place:end]
        times.append(at)
        values.append(value)
        place, before = end, at
        if place < len(twins[0]) and twins[0][place] == at:
            place += 1
    return times, values

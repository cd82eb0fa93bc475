"""What happens to one instrument within a stretch of time, in the order in which the daemon hears of it. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import timedelta

from alertd.daemon.replay.course import STEADY, Course, Micros
from alertd.model import Source

HOLD = 4
"""Missed polls of a gap that are looked at: an answer holds for three and a half, then all is forgotten…"""
ALL = 10**9
"""… but for a rule that reads the clock."""

Event = tuple[Micros, int, Source, int]
"""When, its place among those of that time, of which source, and which record: NO_RECORD for a poll without one."""
NO_RECORD = -1

_ORDER = {source: number for number, source in enumerate(Source)}
_MICRO = timedelta(microseconds=1)


def events(
    course: Course, sources: Sequence[Source], span: tuple[Micros, Micros], origin: Micros, most: int
) -> list[Event]:
    """Every record and every poll within [start, end) of these sources, of which the polls began at `origin`.

    Of a gap in what should answer each time, `most` polls are named.
    """
    start, end = span
    found: list[Event] = []
    for source in sources:
        times, place = course.times(source), 2 * _ORDER[source]
        first, last = bisect_left(times, start), bisect_left(times, end)
        found += [(times[row], place, source, row) for row in range(first, last)]
        polls: Iterable[Micros]
        if source in STEADY:
            polls = course.missing(source, start, end, most)
        else:
            polls = _polls(course.every[source] // _MICRO, origin, start, end)
        found += [(at, place + 1, source, NO_RECORD) for at in polls]
    found.sort()
    return found


def _polls(step: int, origin: Micros, start: Micros, end: Micros) -> range:
    return range(origin + -((origin - start) // step) * step, end, step)

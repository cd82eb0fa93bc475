"""Made-up records of one monitor over a day and a half, each moment at which a replay judges it, and its stretches."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from alertd.daemon.replay.course import STEADY, Course, Micros, as_first
from alertd.daemon.replay.events import ALL, NO_RECORD, events
from alertd.daemon.replay.extent import Ranges
from alertd.daemon.replay.pasts import past_of
from alertd.fields import FIELDS, Kind
from alertd.model import RANGE_SOURCES, Instrument, Sample, Source, Value
from alertd.rules.freshness import Horizon
from alertd.rules.pasts import needs_of
from alertd.rules.view import View, describe
from alertd.rules.windows import Ask
from alertd.store.columns import from_micros, to_micros
from alertd.store.tracks import Column, Track

START = datetime(2026, 10, 24, 20, 40, tzinfo=UTC)
"""In the night in which Berlin puts its clocks back."""
SPAN = timedelta(hours=8)
FLOORS = 6
"""How often the span is halved: seven and a half minutes."""
MINUTE = timedelta(minutes=1)
EVERY = {
    Source.STATUS: 5 * MINUTE,
    Source.CURRENT: 5 * MINUTE,
    Source.STATS: 5 * MINUTE,
    Source.EVENTS: 20 * MINUTE,
    Source.SIC: 30 * MINUTE,
}
READ = {
    Source.STATUS: ("online", "measuring"),
    Source.CURRENT: ("voltage", "cpu"),
    Source.STATS: ("voltage", "temp"),
    Source.EVENTS: ("type", "duration"),
    Source.SIC: ("status", "khz1"),
}

SHAPES: Mapping[str, Callable[[int], float]] = {
    "flat": lambda _: 0.0,
    "slow": lambda place: -0.003 * place,
    "rising": lambda place: 0.1 * place,
    "steep": lambda place: -5.0 * place,
    "zigzag": lambda place: float(place % 2),
    "step": lambda place: 3.0 * (place % 40 > 20),
    "spike": lambda place: 50.0 * (place == 5),
    "wave": lambda place: 3 * math.sin(place / 9),
}
WORDS = ("Success", "Error", "Aborted")
_MICRO = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Run:
    """Some records of one source, one after the other."""

    count: int
    pace: float = 1.0
    """In intervals of the source."""
    gap: float = 0.0
    """Intervals more before the first one; with -1 it may come at the very time of the last one before."""
    shape: str = "flat"
    level: float = 12.0
    lacking: tuple[int, Value | None] = (0, None)
    """Each which record has what in the place of a value; 0 is none."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment at which rules are judged."""

    at: Micros
    source: Source
    """Whose record or poll it is."""
    view: View
    missed: frozenset[Source]
    """What did not answer."""


@dataclass(slots=True)
class Recorded:
    """A monitor with all that was recorded of it."""

    course: Course
    instrument: Instrument
    moments: list[Moment] = field(default_factory=list)
    times: list[Micros] = field(default_factory=list)
    """Of the moments."""

    def look(self, windows: Sequence[Ask]) -> Ranges:
        """Fill in the moments, with the past that these windows ask for; the ranges of the same."""
        facts = describe(self.instrument)
        past = past_of(self.course, needs_of(windows))
        self.moments = list(self._moments(facts, past))
        self.times = [moment.at for moment in self.moments]
        return Ranges(self.course, facts, past)

    def stretches(self) -> Iterator[tuple[Micros, Micros, slice]]:
        """Each half of each half of the span in which anything is judged, and which moments that are."""
        start, end = to_micros(START), to_micros(START + SPAN) + 1
        for floor in range(FLOORS + 1):
            width = -(-(end - start) // 2**floor)
            for begin in range(start, end, width):
                until = min(begin + width, end)
                within = slice(bisect_left(self.times, begin), bisect_left(self.times, until))
                if within.start < within.stop:
                    yield begin, until, within

    def _moments(self, facts: Mapping[str, str], past: Mapping[str, object]) -> Iterator[Moment]:
        course, start = self.course, to_micros(START)
        newest: dict[Source, Sample] = {}
        missed: dict[Source, str] = {}
        for source in RANGE_SOURCES & EVERY.keys():
            row = bisect_left(course.times(source), start) - 1
            if row >= 0:
                newest[source] = as_first(course.sample(source, row), at=start)
        for at, _, source, row in events(course, list(EVERY), (start, course.until + 1), start, ALL):
            if row != NO_RECORD:
                newest[source] = course.sample(source, row)
                missed.pop(source, None)
            elif source in STEADY:
                missed[source] = "no answer"
            view = Horizon(from_micros(at), EVERY).see(facts, newest, missed, EVERY, past)
            yield Moment(at, source, view, frozenset(missed))


def recorded(runs: Mapping[Source, Sequence[Run]], late: float = 0.0, zone: str = "") -> Recorded:
    """A monitor whose sources' last records are `late` intervals after the end of the span."""
    tracks = {source: _track(source, runs.get(source, ()), late) for source in EVERY}
    tracks[Source.CURRENT] = _while_online(tracks[Source.CURRENT], tracks[Source.STATUS])
    course = Course(serial="QT1", tracks=tracks, every=EVERY, until=to_micros(START + SPAN))
    labels = {"site": "Quarry A"} | ({"timezone": zone} if zone else {})
    return Recorded(course, Instrument(serial="QT1", name="Monitor", model="CR:900", labels=labels))


def _track(source: Source, runs: Sequence[Run], late: float) -> Track:
    every, at = EVERY[source] // _MICRO, 0
    times: list[Micros] = []
    columns: dict[str, Column] = {name: [] for name in READ[source]}
    for run in runs:
        for place in range(run.count):
            at += max(0, round((run.pace + (0 if place else run.gap)) * every))
            times.append(at)
            for name, column in columns.items():
                column.append(_value(FIELDS[source][name].kind, run, place))
    shift = to_micros(START + SPAN) + round(late * every) - at
    return Track([each + shift for each in times], columns)


def _while_online(current: Track, status: Track) -> Track:
    """Of an offline monitor nothing current is recorded."""
    online = status.columns["online"]
    rows = [
        row
        for row, at in enumerate(current.times)
        if online[max(0, bisect_right(status.times, at) - 1) :][:1] != [False]
    ]
    columns = {name: [column[row] for row in rows] for name, column in current.columns.items()}
    return Track([current.times[row] for row in rows], columns)


def _value(kind: Kind, run: Run, place: int) -> Value | None:
    each, instead = run.lacking
    if each and place % each == each - 1:
        return instead
    height = run.level + SHAPES[run.shape](place)
    if kind is Kind.NUMBER:
        return height
    return height < run.level + 1 if kind is Kind.FLAG else WORDS[int(height - run.level) % len(WORDS)]


def _calm(*shapes: str) -> st.SearchStrategy[list[Run]]:
    return st.builds(lambda shape: [Run(440, shape=shape)], st.sampled_from(shapes))


def _broken(nothing: Sequence[Value | None]) -> st.SearchStrategy[list[Run]]:
    run = st.builds(
        Run,
        count=st.sampled_from([12, 1, 3, 30, 80]),
        pace=st.sampled_from([1.0, 1.0, 1.001, 0.3, 1.7, 4.0]),
        gap=st.sampled_from([0.0, -1.0, 0.01, 2.0, 5.0, 40.0]),
        shape=st.sampled_from([*SHAPES]),
        level=st.sampled_from([12.0, 0.0, -4.0, 0.1, 1e6]),
        lacking=st.just((0, None)) | st.tuples(st.sampled_from([1, 2, 5, 9]), st.sampled_from(nothing)),
    )
    return st.builds(lambda long, runs: [*long, *runs], HISTORIES, st.lists(run, max_size=4))


def _monitors(nothing: Sequence[Value | None]) -> st.SearchStrategy[Recorded]:
    runs = {source: _calm(*SHAPES) | _broken(nothing) for source in EVERY}
    runs[Source.STATUS] = _calm("flat") | _broken(nothing)
    return st.builds(
        recorded,
        st.fixed_dictionaries(runs),
        st.sampled_from([0.0, 0.5, 0.001, -3.0, -20.0, 12.0]),
        st.sampled_from(["", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Nowhere/AtAll"]),
    )


HISTORIES = st.sampled_from([(), (Run(330),), (Run(330, shape="wave"),), (Run(60, shape="zigzag"),)])
"""A day before all that: what long windows look back at."""
MONITORS = _monitors([None, math.nan, math.inf])
AS_READ = _monitors([None])
"""Without what no reading of an answer lets through."""

"""The picture of a chart: what lies where, in plain shapes that each back end draws alike. Pure.

Lengths are in points of a picture's own size; colours are named by what they mean.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from operator import itemgetter

from alertd.chart.axes import time_marks, value_marks, value_range, zone_name
from alertd.chart.chart import Chart
from alertd.chart.course import Course, Place, courses
from alertd.chart.words import clock, measured, text_width
from alertd.model import State

WIDTH, HEIGHT = 500, 190
"""The usual size."""
_TITLE, _SMALL = 13.0, 10.5
_TOP, _BOTTOM, _RIGHT, _MARGIN = 40.0, 24.0, 16.0, 14.0
_ASTRAY = 90.0
"""How far from its line a text may stand; its colour says which it belongs to."""
_MARKS_EVERY = 52.0
"""Points between two times at the least."""


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    left: float
    top: float
    width: float
    height: float
    colour: str
    radius: float = 0.0
    edge: str = ""
    """The colour of its border."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through places."""

    places: Sequence[Place]
    colour: str
    width: float
    dash: float = 0.0
    """The length of dashes and of the spaces between; 0 is unbroken."""


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon."""

    places: Sequence[Place]
    colour: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle with a ring."""

    place: Place
    radius: float
    colour: str
    ring: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; its place is at its base line."""

    place: Place
    text: str
    colour: str
    size: float
    anchor: str = "start"
    """start, middle or end."""
    bold: bool = False
    halo: bool = False
    """Whether a rim of the background keeps it readable over lines."""


Shape = Box | Line | Area | Dot | Text


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes, the hindmost first."""

    width: float
    height: float
    shapes: list[Shape]


def draw(chart: Chart, width: float = WIDTH, height: float = HEIGHT) -> Picture:
    """The whole picture of a chart."""
    return Picture(width, height, list(_Drawing(chart, width, height).shapes()))


class _Drawing:
    """Where things are in one picture."""

    def __init__(self, chart: Chart, width: float, height: float) -> None:
        self._chart = chart
        self._width, self._height = width, height
        self._shown = value_range(chart)
        self._marks = value_marks(self._shown, max(2, int((height - _TOP - _BOTTOM) / 22)))
        longest = max((text_width(mark.text, _SMALL) for mark in self._marks), default=20.0)
        self._left = _MARGIN + max(longest, text_width(zone_name(chart), _SMALL)) + 6
        self._right, self._top, self._foot = width - _RIGHT, _TOP, height - _BOTTOM
        self._seconds = (chart.end - chart.start).total_seconds()

    def shapes(self) -> Iterator[Shape]:
        """Everything, the hindmost first."""
        yield Box(0.5, 0.5, self._width - 1, self._height - 1, "card", 10, "edge")
        yield from self._bands()
        yield from self._axes()
        parts = courses(self._chart, self._x, self._y, int(self._right - self._left) * 2)
        yield from self._areas(parts)
        yield from self._limit_line()
        yield from self._further_limits()
        yield from self._notes()
        yield from self._turns()
        yield from self._lines(parts)
        yield from self._limit_text()
        yield from self._cut_off()
        yield from self._head()

    def _x(self, second: float) -> float:
        return self._left + (self._right - self._left) * second / self._seconds

    def _y(self, value: float) -> float:
        inside = min(max(value, self._shown.low), self._shown.high)
        share = (inside - self._shown.low) / (self._shown.high - self._shown.low)
        return self._foot - (self._foot - self._top) * share

    def _at(self, at: datetime) -> float:
        within = min(max(at, self._chart.start), self._chart.end)
        return self._x((within - self._chart.start).total_seconds())

    def _bands(self) -> Iterator[Shape]:
        for span in self._chart.spans:
            left, right = self._at(span.start), self._at(span.end or self._chart.end)
            if right > left:
                colour = "firing-band" if span.state is State.FIRING else "pending-band"
                yield Box(left, self._top, right - left, self._foot - self._top, colour)

    def _axes(self) -> Iterator[Shape]:
        for mark in self._marks:
            height = self._y(mark.at)
            yield Line([(self._left, height), (self._right, height)], "grid", 1)
            yield Text((self._left - 6, height + _SMALL * 0.35), mark.text, "muted", _SMALL, "end")
        most = max(2, int((self._right - self._left) / _MARKS_EVERY))
        base = self._height - 8
        for mark in time_marks(self._chart.start, self._chart.end, self._chart.zone, most):
            place = self._x(mark.at)
            yield Line([(place, self._foot), (place, self._foot + 3)], "muted", 1)
            half = text_width(mark.text, _SMALL) / 2
            if self._left - 4 <= place - half and place + half <= self._width - 4:
                yield Text((place, base), mark.text, "text" if mark.strong else "muted", _SMALL, "middle")
        yield Line([(self._left, self._foot), (self._right, self._foot)], "axis", 1)
        yield Text((_MARGIN, base), zone_name(self._chart), "muted", _SMALL - 1)

    def _areas(self, parts: Sequence[Course]) -> Iterator[Shape]:
        yield from (Area(run.band, "spread") for run in parts if run.band)
        if self._chart.limit is None:
            return
        limit = self._y(self._chart.limit)
        for part in (part for run in parts for part in run.worst if part.beyond and len(part.places) > 1):
            first, last = part.places[0][0], part.places[-1][0]
            yield Area([(first, limit), *part.places, (last, limit)], "breach")

    def _lines(self, parts: Sequence[Course]) -> Iterator[Shape]:
        for run in parts:
            for part in run.line:
                colour = "bad" if part.beyond else "line"
                if len(part.places) > 1:
                    yield Line(part.places, colour, 1.8)
                elif len(run.line) == 1:
                    yield Dot(part.places[0], 1.6, colour)
        at, value = self._chart.points[-1]
        yield Dot((self._at(at), self._y(value)), 3.2, "bad" if self._chart.is_beyond(value) else "line", "card")

    def _limit_line(self) -> Iterator[Shape]:
        if self._chart.limit is not None:
            height = self._y(self._chart.limit)
            yield Line([(self._left, height), (self._right, height)], "bad", 1.2, 4)

    def _limit_text(self) -> Iterator[Shape]:
        """On the good side of its line, where nothing is shaded; at the left, for what is bad comes at the right."""
        if self._chart.limit is None:
            return
        height = self._y(self._chart.limit)
        text = f"limit {measured(self._chart.limit, self._chart.series.unit)}"
        above = not self._chart.limit_above
        if above and height - _SMALL - 3 < self._top:
            above = False
        elif not above and height + _SMALL + 3 > self._foot:
            above = True
        base = height - 4 if above else height + _SMALL + 1
        yield Text((self._left + 4, base), text, "bad", _SMALL, halo=True)

    def _further_limits(self) -> Iterator[Shape]:
        """Each as a line, with its figure where no other is written."""
        written = [] if self._chart.limit is None else [self._y(self._chart.limit)]
        for limit in self._chart.limits:
            height, colour = self._y(limit.value), "bad" if limit.severe else "pending"
            yield Line([(self._left, height), (self._right, height)], colour, 1.2, 4)
            if all(abs(height - other) > 2 * _SMALL for other in written):
                written.append(height)
                base = height - 4 if height - _SMALL - 3 > self._top else height + _SMALL + 1
                words = f"{limit.name} {measured(limit.value, self._chart.series.unit)}".strip()
                yield Text((self._left + 4, base), words, colour, _SMALL, halo=True)

    def _notes(self) -> Iterator[Shape]:
        """A line for each, and its sign at the foot where there is room."""
        free_from = self._left
        for note in sorted(self._chart.notes, key=lambda each: each.at):
            if self._chart.start <= note.at <= self._chart.end:
                place = self._at(note.at)
                yield Line([(place, self._top), (place, self._foot)], "note", 1, 2)
                half = text_width(note.sign, _SMALL - 1) / 2 + 1
                if note.sign and place - half >= free_from and place + half <= self._right:
                    free_from = place + half
                    yield Text((place, self._foot - 3), note.sign, "note", _SMALL - 1, "middle", bold=True, halo=True)

    def _cut_off(self) -> Iterator[Shape]:
        """What a value that is drawn at the edge truly is: the greatest, and the least."""
        for worst, base in ((max, self._top + 2 * _SMALL), (min, self._foot - _SMALL)):
            at, value = worst(self._chart.points, key=itemgetter(1))
            if not self._shown.low <= value <= self._shown.high:
                place = self._at(at)
                left = place > (self._left + self._right) / 2
                at_side = (place - 5, base) if left else (place + 5, base)
                text = f"{measured(value, self._chart.series.unit)}, not to scale"
                yield Text(at_side, text, "muted", _SMALL, "end" if left else "start", halo=True)

    def _turns(self) -> Iterator[Shape]:
        """When it became pending and when it fired; a text that would be far from its line is left out."""
        taken_from = self._right + 8
        for span in sorted(self._chart.spans, key=lambda each: each.start, reverse=True):
            if not self._chart.start <= span.start <= self._chart.end:
                continue
            place, firing = self._at(span.start), span.state is State.FIRING
            colour = "firing" if firing else "pending"
            yield Line([(place, self._top), (place, self._foot)], colour, 1.2)
            text = f"{span.state.value} {clock(span.start, self._chart)}"
            wide = text_width(text, _SMALL)
            after = place + 4 + wide <= taken_from
            start = place + 4 if after else min(place, taken_from) - 4 - wide
            if start >= self._left and place - start - wide < _ASTRAY:
                yield Text((start, self._top + _SMALL), text, colour, _SMALL, halo=True)
                taken_from = start - _SMALL  # a letter's room: fonts are wider than they are reckoned

    def _head(self) -> Iterator[Shape]:
        value = self._chart.points[-1][1]
        newest = measured(value, self._chart.series.unit)
        colour = "bad" if self._chart.is_beyond(value) else "text"
        yield Text((self._right, 25), newest, colour, _TITLE + 4, "end", bold=True)
        room = self._right - _MARGIN - text_width(newest, _TITLE + 4) - 14
        yield Text((_MARGIN, 24), _cut(self._chart.title, _TITLE, room), "text", _TITLE, bold=True)


def _cut(text: str, size: float, room: float) -> str:
    """As much of a text as has room."""
    if text_width(text, size) <= room:
        return text
    ends = accumulate(text_width(letter, size) for letter in text)
    return text[: sum(end <= room - size for end in ends)].rstrip() + "…"

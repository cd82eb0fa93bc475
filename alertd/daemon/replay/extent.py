"""The ranges of what one instrument recorded within a stretch of time. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alertd.daemon.replay.course import Course, Micros
from alertd.daemon.replay.pace import LATE, Pace, pace_of
from alertd.model import Source, Value
from alertd.rules.bounds import NONE, Range, Trend, Words
from alertd.rules.closures import ask_of, finite
from alertd.rules.functions import hour_in, zone_of
from alertd.rules.series import Series
from alertd.rules.tree import Windowed
from alertd.rules.trend import POINTS
from alertd.rules.view import Past
from alertd.rules.window_functions import SHARE
from alertd.rules.windows import STEADY, Ask, reach
from alertd.store.columns import from_micros

WHOLE_DAY = Range(0.0, 24.0)


@dataclass(slots=True)
class Ranges:
    """The ranges of one instrument's columns; each is reckoned once, for several rules ask for the same."""

    course: Course
    facts: Mapping[str, str]
    past: Past
    _asks: dict[int, Ask] = field(default_factory=dict)
    _clean: dict[tuple[Source, str], Sequence[float]] = field(default_factory=dict)
    _numbers: dict[tuple[Source, str, int, int], Range] = field(default_factory=dict)
    _words: dict[tuple[Source, str, int, int], Words] = field(default_factory=dict)
    _lacking: dict[tuple[Source, str], Sequence[int]] = field(default_factory=dict)
    """Rows without a value."""
    _paces: dict[str | Source, Pace] = field(default_factory=dict)

    def within(self, start: Micros, end: Micros) -> "Stretch":
        """The stretch [start, end)."""
        return Stretch(self, start, end)

    def ask(self, call: Windowed) -> Ask:
        """What a call asks. The rules with their calls outlive this, so that a call's place in memory is its name."""
        found = self._asks.get(id(call))
        if found is None:
            found = self._asks[id(call)] = ask_of(call)
        return found

    def numbers(self, source: Source, name: str, first: int, last: int) -> Range:
        """The lowest and highest number of these rows, and perhaps of some before and after them."""
        key = (source, name, first, last)
        found = self._numbers.get(key)
        if found is None:
            values = self._cleaned(source, name)[first:last]
            found = self._numbers[key] = Range(min(values), max(values)) if values else NONE
        return found

    def pace(self, key: str | Source) -> Pace:
        """At what pace a window's series came, in seconds, or the records of a source, in microseconds."""
        if key not in self._paces:
            times = self.course.times(key) if isinstance(key, Source) else self.past[key].times
            self._paces[key] = pace_of(times)
        return self._paces[key]

    def has_all(self, source: Source, name: str, first: int, last: int) -> bool:
        """Whether each of these rows has a value."""
        key = (source, name)
        if key not in self._lacking:
            track = self.course.tracks.get(source)
            column = [] if track is None else track.columns.get(name, [])
            self._lacking[key] = [row for row, value in enumerate(column) if value is None]
        rows = self._lacking[key]
        return bisect_left(rows, first) == bisect_left(rows, last)

    def words(self, source: Source, name: str, first: int, last: int) -> Words:
        """The different texts or flags of these rows."""
        key = (source, name, first, last)
        if key not in self._words:
            track = self.course.tracks.get(source)
            column = [] if track is None else track.columns.get(name, [])
            self._words[key] = frozenset(value for value in column[first:last] if value is not None)
        return self._words[key]

    def _cleaned(self, source: Source, name: str) -> Sequence[float]:
        key = (source, name)
        if key not in self._clean:
            track = self.course.tracks.get(source)
            self._clean[key] = _clean([] if track is None else track.columns.get(name, []))
        return self._clean[key]


@dataclass(slots=True)
class Stretch:
    """What the instrument's rules may read within a stretch: its records, and the ones in force at its beginning."""

    ranges: Ranges
    start: Micros
    end: Micros

    def ask(self, call: Windowed) -> Ask:
        """See rules.bounds.Extent."""
        return self.ranges.ask(call)

    def numbers(self, source: Source, name: str) -> Range:
        """See rules.bounds.Extent."""
        return self.ranges.numbers(source, name, *self._rows(source))

    def words(self, source: Source, name: str) -> Words:
        """See rules.bounds.Extent."""
        return self.ranges.words(source, name, *self._rows(source))

    def past(self, ask: Ask) -> Range:
        """See rules.bounds.Extent."""
        series = self.ranges.past.get(ask.key)
        if series is None:
            return NONE
        begin, end = self._hull(ask)
        # What was before the newest may be as old as it likes.
        first = bisect_left(series.times, begin) if ask.span else 0
        last = bisect_right(series.times, end)
        if first >= last:
            return NONE
        low, high = series.lowest(first, last), series.highest(first, last)
        # A mean of many may be a little beyond them by rounding.
        return Range(low - abs(low) * 1e-9, high + abs(high) * 1e-9)

    def always(self, ask: Ask) -> Range:
        """See rules.bounds.Extent."""
        series = self.ranges.past.get(ask.key)
        if series is None or not ask.span:
            return NONE
        first, last = self._shared(series, ask)
        return Range(series.lowest(first, last), series.highest(first, last)) if first < last else NONE

    def count(self, ask: Ask) -> Range:
        """See rules.bounds.Extent."""
        series = self.ranges.past.get(ask.key)
        if series is None:
            return NONE
        begin, end = self._hull(ask)
        most = bisect_right(series.times, end) - bisect_left(series.times, begin)
        first, last = self._shared(series, ask)
        fewest = float(last - first)
        if ask.span:
            fewest = max(fewest, ask.span / self.ranges.pace(ask.key).longest_gap(begin, end) - 1)
        return Range(max(0.0, fewest), float(most))

    def trend(self, ask: Ask) -> Trend | None:
        """See rules.bounds.Extent.

        Where no gap is as long as one a window's steps each hold some. Of all pairs of these more than half are seven
        steps apart or more, their medians six, which is a quarter of the window: the median of their slopes cannot be
        steeper than all that the values differ, in that time.
        """
        step = ask.span / POINTS
        if ask.key not in self.ranges.past or self.ranges.pace(ask.key).longest_gap(*self._hull(ask)) >= step:
            return None
        if self.count(ask).low <= POINTS:
            return None
        held = self.past(ask)
        steepest = (held.high - held.low) / (6 * step)
        # A line's height is a median of what remains of the values, seen from its end.
        aside = 2 * ask.span * steepest
        return Trend(Range(held.low - aside, held.high + aside), steepest)

    def _shared(self, series: Series, ask: Ask) -> tuple[int, int]:
        """What is in a window whenever within the stretch it ends: from the last beginning to the first end."""
        return (
            bisect_right(series.times, self.end / 1e6 - reach(ask)),
            bisect_right(series.times, self.start / 1e6 - ask.offset),
        )

    def _hull(self, ask: Ask) -> tuple[float, float]:
        """From the beginning of the first window to the end of the last one, in seconds."""
        return self.start / 1e6 - reach(ask) - ask.track.step, self.end / 1e6 - ask.offset

    def has_all(self, source: Source, name: str) -> bool:
        """Whether there is a record all through the stretch, and none lacks a field's value."""
        return self.is_begun(source) and self.ranges.has_all(source, name, *self._rows(source))

    def is_begun(self, source: Source) -> bool:
        """Whether there is a record from before the stretch."""
        return bisect_left(self.ranges.course.times(source), self.start) > 0

    def is_online(self) -> bool:
        """Whether nobody who is asked says at any time of the stretch that the instrument is offline, or nothing."""
        if Source.STATUS not in self.ranges.course.every:
            return True
        words = self.words(Source.STATUS, "online")
        return self.has_all(Source.STATUS, "online") and words is not None and False not in words

    def fills(self, ask: Ask, fewest: int) -> bool:
        """Whether a window certainly holds enough to be judged, whenever within the stretch it ends."""
        series = self.ranges.past.get(ask.key)
        if series is None:
            return False
        if ask.source not in STEADY or not ask.span:
            return self.count(ask).low >= fewest
        pace, (begin, end) = self.ranges.pace(ask.key), self._hull(ask)
        if not series.times or series.times[0] > begin:
            return False
        enough = max(float(fewest), LATE * SHARE * ask.span / pace.usual)
        return self.count(ask).low >= enough or (
            pace.longest_gap(begin, end) <= LATE * pace.usual and ask.span / pace.widest > fewest + 1
        )

    def age(self, source: Source) -> Range:
        """See rules.bounds.Extent."""
        first, last = self._rows(source)
        if first == last:
            return NONE
        times, pace = self.ranges.course.times(source), self.ranges.pace(source)
        in_force = times[first]
        youngest = self.start - in_force if last - first == 1 else 0  # none comes within the stretch
        oldest = min(self.end - in_force, max(pace.longest_gap(in_force, times[last - 1]), self.end - times[last - 1]))
        return Range(max(0.0, youngest / 1e6), max(0.0, oldest / 1e6))

    def hours(self) -> Range:
        """See rules.bounds.Extent."""
        zone = zone_of(self.ranges.facts)
        if zone is None:
            return NONE
        first, last = (from_micros(at).astimezone(zone) for at in (self.start, self.end))
        if first.date() != last.date() or first.utcoffset() != last.utcoffset():
            return WHOLE_DAY
        return Range(hour_in(first), hour_in(last))

    def description(self, name: str) -> str | None:
        """See rules.bounds.Extent."""
        text = self.ranges.facts.get(name, "")
        return None if name == "subscription" and not text else text

    def _rows(self, source: Source) -> tuple[int, int]:
        times = self.ranges.course.times(source)
        return max(0, bisect_left(times, self.start) - 1), bisect_left(times, self.end)


def _clean(column: Sequence[Value | None]) -> Sequence[float]:
    """The numbers, with the one before in the place of each missing one; empty where there is none."""
    try:
        if math.isfinite(sum(column)):  # type: ignore[arg-type]  # a word or a None among them is what is asked for
            return column  # type: ignore[return-value]
    except (TypeError, OverflowError):
        pass
    numbers = [finite(value) for value in column]
    last = next((number for number in numbers if number is not None), None)
    if last is None:
        return ()
    filled = []
    for number in numbers:
        last = last if number is None else number
        filled.append(last)
    return filled

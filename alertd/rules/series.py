"""A growing run of one field's values of one instrument, and what can be asked of a stretch of it.

Values stand in the order of their times; most come at the end, a late one is put in its place. Blocks of values are
summed up once, so that the lowest of a day is found among some twenty blocks and not among 1 440 values.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, MutableSequence, Sequence
from itertools import islice, pairwise
from math import fsum, inf
from operator import lt, ne
from statistics import median
from typing import Any

from alertd.model import Value

BLOCK = 64
"""Values that are summed up together."""

GAPS_LOOKED_AT = 30
"""Spans between successive values of which the median is the usual one."""

STEPS_KEPT = 400

Point = tuple[float, float]
"""Seconds since 1970, and a number."""

SLACK = 4
"""One part in so many may be older than anybody needs before it is cut off: cutting moves the rest."""


class Series:
    """One field's values; numbers where `numeric`, else words or flags. Times are seconds since 1970.

    16 bytes a number, and half a byte for the blocks.
    """

    __slots__ = ("_blocks", "_over", "_spacing", "_steps", "begun", "times", "values")

    def __init__(self, points: Iterable[tuple[float, Value]] = (), *, numeric: bool = True) -> None:
        self.times = array("d")
        self.begun = inf
        """The earliest time that it ever held."""
        self.values: MutableSequence[Any] = array("d") if numeric else []
        self._steps: dict[tuple[float, int], Point] = {}
        """Of steps that are over, by length and number."""
        self._over = Over((0.0, 0, 0), ())
        """What `steps` found last between its first and its last one."""
        self._blocks: list[tuple[float, float, float, int]] = []
        """Of each full block: lowest, highest, sum, and how many differ from the one before."""
        self._spacing: tuple[int, int, float | None] = (-1, -1, None)
        for at, value in points:
            self.add(at, value)

    def __len__(self) -> int:
        return len(self.times)

    def add(self, at: float, value: Value) -> None:
        """Take in one value; where there is one of that very time, it takes its place."""
        times = self.times
        if times and at <= times[-1]:
            self._insert(at, value)
            return
        if not times:
            self.begun = min(self.begun, at)
        times.append(at)
        self.values.append(value)
        if len(times) % BLOCK == 0:
            self._close_block(len(times) - BLOCK)

    def load(self, times: Sequence[float], values: Sequence[Value]) -> None:
        """Take in many values at once, in the order of their times; an empty series does it quickly."""
        if self.times or not all(map(lt, times, islice(times, 1, None))):
            for at, value in zip(times, values, strict=True):
                self.add(at, value)
            return
        self.begun = min([self.begun, *times[:1]])
        self.times.extend(times)
        self.values.extend(values)
        self._moved(0)

    def trim(self, before: float) -> None:
        """Cut off what is older, once that is worth it."""
        old = bisect_left(self.times, before)
        if old * SLACK > len(self.times):
            del self.times[:old], self.values[:old]
            self._moved(0)

    def stretch(self, after: float, until: float) -> "Stretch":
        """The values later than `after` and not later than `until`."""
        first = bisect_right(self.times, after)
        return Stretch(self, first, max(first, bisect_right(self.times, until)))

    def before(self, at: float) -> tuple[Value | None, float]:
        """The last value earlier than that time, and when it was; None where there is none."""
        place = bisect_left(self.times, at)
        return (self.values[place - 1], self.times[place - 1]) if place else (None, 0.0)

    def first_between(self, start: float, end: float) -> tuple[float, Value] | None:
        """The first value from `start` on and before `end`, with its time."""
        place = bisect_left(self.times, start)
        if place < len(self.times) and self.times[place] < end:
            return self.times[place], self.values[place]
        return None

    def neighbours(self, at: float) -> tuple[float | None, float | None]:
        """The times of the last value before and the first not before that time."""
        place = bisect_left(self.times, at)
        return (
            self.times[place - 1] if place else None,
            self.times[place] if place < len(self.times) else None,
        )

    def spacing(self, until: int, since: float) -> float | None:
        """The usual seconds between two values, of the last ones before that place and since that time.

        None of fewer than two.
        """
        first = max(0, until - GAPS_LOOKED_AT - 1, bisect_left(self.times, since))
        place, begin, known = self._spacing
        if (place, begin) == (until, first):
            return known
        last = self.times[first:until]
        gaps = [later - earlier for earlier, later in pairwise(last)]
        found = median(gaps) if gaps else None
        self._spacing = until, first, found
        return found

    # -- of the values from one place to another -----------------------------------------------------------------------

    def lowest(self, first: int, last: int) -> float:
        """The lowest number of a stretch that is not empty."""
        blocks, edges = self._parts(first, last)
        found: float = min([block[0] for block in self._blocks[blocks]] + [min(self.values[edge]) for edge in edges])
        return found

    def highest(self, first: int, last: int) -> float:
        """The highest number of a stretch that is not empty."""
        blocks, edges = self._parts(first, last)
        found: float = max([block[1] for block in self._blocks[blocks]] + [max(self.values[edge]) for edge in edges])
        return found

    def total(self, first: int, last: int) -> float:
        """The sum of a stretch of numbers."""
        blocks, edges = self._parts(first, last)
        return fsum([block[2] for block in self._blocks[blocks]] + [fsum(self.values[edge]) for edge in edges])

    def changes(self, first: int, last: int) -> int:
        """How often a value differs from the one before it, both within the stretch."""
        if not isinstance(self.values, array):
            return self._differing(first + 1, last)
        blocks, edges = self._parts(first + 1, last)
        return sum(block[3] for block in self._blocks[blocks]) + sum(
            self._differing(edge.start, edge.stop) for edge in edges
        )

    def steps(self, first: int, last: int, length: float) -> tuple[list[Point], "Over"]:
        """The median time and value of each step of so many seconds that holds any of a stretch of numbers.

        First the one or two at the edges: the first may be cut by the stretch's beginning, the last is not over. Those
        between are the same object as at the last call while they are the same steps.
        """
        times = self.times
        begin, end = _step_number(times[first], length), _step_number(times[last - 1], length)
        if begin == end:
            return [self._step(first, last)], Over((length, begin, end), ())
        until = bisect_left(times, (begin + 1) * length, first + 1, last)
        since = bisect_left(times, end * length, until, last)
        which = (length, begin, end)
        if self._over.which != which:
            self._over = Over(which, self._steps_between(until, since, length))
        return [self._step(first, until), self._step(since, last)], self._over

    # -- inside --------------------------------------------------------------------------------------------------------

    def _parts(self, first: int, last: int) -> tuple[slice, list[slice]]:
        """The full blocks of a stretch, and the values before and after them."""
        whole, end = -(-first // BLOCK), last // BLOCK
        if whole >= end:
            return slice(0, 0), [slice(first, last)] if first < last else []
        edges = [slice(first, whole * BLOCK), slice(end * BLOCK, last)]
        return slice(whole, end), [edge for edge in edges if edge.start < edge.stop]

    def _steps_between(self, first: int, last: int, length: float) -> list[Point]:
        """The steps of a stretch that are whole."""
        found: list[Point] = []
        times, place = self.times, first
        while place < last:
            number = _step_number(times[place], length)
            end = bisect_left(times, (number + 1) * length, place + 1, last)
            point = self._steps.get((length, number))
            if point is None:
                point = self._steps[length, number] = self._step(place, end)
            found.append(point)
            place = end
        if len(self._steps) > STEPS_KEPT:
            self._steps.clear()
        return found

    def _differing(self, first: int, last: int) -> int:
        values = self.values
        return sum(values[place] != values[place - 1] for place in range(max(1, first), last))

    def _step(self, first: int, last: int) -> Point:
        return median(self.times[first:last]), median(self.values[first:last])

    def _insert(self, at: float, value: Value) -> None:
        self.begun = min(self.begun, at)
        place = bisect_left(self.times, at)
        if self.times[place] == at:
            self.values[place] = value
        else:
            self.times.insert(place, at)
            self.values.insert(place, value)
        self._moved(place)

    def _moved(self, place: int) -> None:
        """Sum up anew from the block of that place on."""
        self._spacing = (-1, -1, None)
        self._steps.clear()
        self._over = Over((0.0, 0, 0), ())
        del self._blocks[place // BLOCK :]
        for start in range(len(self._blocks) * BLOCK, len(self.times) - BLOCK + 1, BLOCK):
            self._close_block(start)

    def _close_block(self, start: int) -> None:
        if isinstance(self.values, array):
            values = self.values[start : start + BLOCK]
            before = self.values[start - 1 : start + BLOCK - 1] if start else values[:1] + values[:-1]
            differing = sum(map(ne, before, values))
            self._blocks.append((min(values), max(values), fsum(values), differing))


def _step_number(at: float, length: float) -> int:
    """In which step a time lies, by its bounds as they are reckoned: division rounds a little otherwise."""
    number = int(at // length)
    if at >= (number + 1) * length:
        return number + 1
    return number - 1 if at < number * length else number


class Over:
    """Steps that are over, which stay as they are while a window moves on; what is reckoned of them is kept here."""

    __slots__ = ("points", "slopes", "which")

    def __init__(self, which: tuple[float, int, int], points: Sequence[Point]) -> None:
        self.which = which
        """Their length, and the numbers of the steps before and after them."""
        self.points = points
        self.slopes: Sequence[float] | None = None
        """Of all pairs of them, ascending; see trend."""


class Stretch:
    """The values of a series from one place to another."""

    __slots__ = ("first", "last", "series")

    def __init__(self, series: Series, first: int, last: int) -> None:
        self.series = series
        self.first = first
        self.last = last

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def times(self) -> "array[float]":
        """Seconds since 1970."""
        return self.series.times[self.first : self.last]

    @property
    def values(self) -> MutableSequence[Any]:
        """In the order of their times."""
        return self.series.values[self.first : self.last]

"""Whether a condition may hold at all within a stretch of time, told from the ranges of what it reads. Pure.

A replay asks it before it looks at each record: where the lowest voltage of a day is above the limit, no record of that
day is below it. The answer errs on one side only: "no" is certain, "perhaps" is not.

Every record may also be missing, too old or null; that makes a condition UNKNOWN, which never holds, so it needs no
place in the ranges.
"""

import math
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from alertd.fields import Kind
from alertd.model import Source, Value
from alertd.rules.tree import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Constant,
    Description,
    Junction,
    Negation,
    Node,
    Reading,
    Windowed,
)
from alertd.rules.windows import HOUR, Ask


@dataclass(frozen=True, slots=True)
class Range:
    """Every number that a node may be; empty where `low` is above `high`."""

    low: float
    high: float

    @property
    def is_empty(self) -> bool:
        """Whether it is nothing but UNKNOWN."""
        return self.low > self.high


ANY = Range(-math.inf, math.inf)
NONE = Range(math.inf, -math.inf)


@dataclass(frozen=True, slots=True)
class Trend:
    """Every line through the values that a window may hold."""

    height: Range
    """Where it is at any time from a whole window before its own beginning up to now."""
    steepest: float
    """What it rises or falls in a second at the most."""


Words = Collection[Value] | None
"""Every text or flag that a node may be; None where nobody knows."""


class Extent(Protocol):
    """What is known of a stretch of time of one instrument, the records in force at its beginning included."""

    def ask(self, call: Windowed) -> Ask:
        """What a call over a window asks."""

    def numbers(self, source: Source, name: str) -> Range:
        """The lowest and the highest of a field's numbers."""

    def words(self, source: Source, name: str) -> Words:
        """The different texts or flags of a field."""

    def past(self, ask: Ask) -> Range:
        """The lowest and the highest of the numbers that a window holds."""

    def always(self, ask: Ask) -> Range:
        """The lowest and the highest of the numbers that a window holds at each moment of the stretch."""

    def trend(self, ask: Ask) -> Trend | None:
        """What the line through a window's values may be; None where it may be any."""

    def count(self, ask: Ask) -> Range:
        """The fewest and the most values that a window holds."""

    def age(self, source: Source) -> Range:
        """How old the newest record may be, in seconds."""

    def hours(self) -> Range:
        """The earliest and the latest hour of the day where the instrument stands."""

    def description(self, name: str) -> str | None:
        """`instrument.NAME`; None where it is not known."""


@dataclass(frozen=True, slots=True)
class May:
    """What a condition may be beside UNKNOWN."""

    hold: bool
    fail: bool


PERHAPS = May(hold=True, fail=True)
NEVER = May(hold=False, fail=False)


def may_hold(node: Node, extent: Extent) -> bool:
    """Whether a bound condition may hold at any moment of the stretch; looks no further than it has to."""
    match node:
        case Junction(every, parts):
            holds = (may_hold(part, extent) for part in parts)
            return all(holds) if every else any(holds)
    return may_be(node, extent).hold


def may_be(node: Node, extent: Extent) -> May:
    """Whether a bound condition may hold at any moment of the stretch, and whether it may fail."""
    match node:
        case Junction(every, parts):
            found = [may_be(part, extent) for part in parts]
            all_, any_ = [part.hold for part in found], [part.fail for part in found]
            return May(all(all_), any(any_)) if every else May(any(all_), all(any_))
        case Negation(operand):
            below = may_be(operand, extent)
            return May(below.fail, below.hold)
        case Comparison(symbol, left, right):
            return _compared(symbol, left, right, extent)
        case Choice(item, choices, negated):
            return _chosen(item, choices, extent, negated=negated)
    return _among(_words(node, extent))


def _among(words: Words) -> May:
    return PERHAPS if words is None else May(hold=True in words, fail=False in words)


def _compared(symbol: str, left: Node, right: Node, extent: Extent) -> May:
    if left.kind in _NUMERIC and right.kind in _NUMERIC:
        a, b = _range(left, extent), _range(right, extent)
        return NEVER if a.is_empty or b.is_empty else _ORDER[symbol](a, b)
    some, others = _words(left, extent), _words(right, extent)
    if some is None or others is None:
        return PERHAPS
    alike = May(
        hold=any(each in others for each in some),
        fail=any(each != other for each in some for other in others),
    )
    return alike if symbol == "==" else May(alike.fail, alike.hold)


def _chosen(item: Node, choices: Collection[Node], extent: Extent, *, negated: bool) -> May:
    values = [choice.value for choice in choices if isinstance(choice, Constant)]
    if item.kind in _NUMERIC:
        found = _range(item, extent)
        inside = May(
            hold=any(isinstance(value, float) and found.low <= value <= found.high for value in values),
            fail=not found.is_empty,
        )
    else:
        words = _words(item, extent)
        if words is None:
            return PERHAPS
        inside = May(hold=any(word in values for word in words), fail=any(word not in values for word in words))
    return May(inside.fail, inside.hold) if negated else inside


def _words(node: Node, extent: Extent) -> Words:
    match node:
        case Constant(value):
            return (value,)
        case Reading(source, field):
            return extent.words(source, field.name)
        case Description(name):
            text = extent.description(name)
            return () if text is None else (text,)
        case Junction() | Negation() | Comparison() | Choice():
            may = may_be(node, extent)
            return tuple(value for value, there in ((True, may.hold), (False, may.fail)) if there)
    return None


def _range(node: Node, extent: Extent) -> Range:
    match node:
        case Constant(float(value)):
            return Range(value, value)
        case Reading(source, field):
            return extent.numbers(source, field.name)
        case Arithmetic(symbol, left, right):
            return _reckoned(symbol, _range(left, extent), _range(right, extent))
        case Call(function, (source,)) if function.name == "age":
            return extent.age(source)
        case Call(function) if function.name == "hour_of_day":
            return extent.hours()
        case Windowed(function, reading):
            if function.name in _FOLLOWING:
                return _followed(node, extent)
            return _looked_back(function.name, reading.kind, extent, extent.ask(node))
    return ANY


def _looked_back(function: str, kind: Kind, extent: Extent, ask: Ask) -> Range:
    """What a function over a window may be."""
    if function == "count":
        return extent.count(ask)
    if function == "changes":
        return Range(0.0, extent.count(ask).high)
    if kind is not Kind.NUMBER or (function not in _WITHIN and function != "delta"):
        return ANY
    held = extent.past(ask)
    if held.is_empty:
        return held
    if function in {"min", "max"}:
        always = extent.always(ask)
        if not always.is_empty:
            least, most = (held.low, always.low) if function == "min" else (always.high, held.high)
            return Range(least, most)
    if function in _WITHIN:
        return held
    span = held.high - held.low
    return Range(-span, span)


def _followed(node: Windowed, extent: Extent) -> Range:
    """What a function that follows the line through a window may be."""
    ask = extent.ask(node)
    trend = extent.trend(ask)
    if trend is None:
        return ANY
    if node.function.name == "slope":
        return Range(-trend.steepest * HOUR, trend.steepest * HOUR)
    if node.function.name == "forecast":
        aside = trend.steepest * ask.ahead
        return Range(trend.height.low - aside, trend.height.high + aside)
    level = ANY if node.level is None else _range(node.level, extent)
    away = max(level.low - trend.height.high, trend.height.low - level.high)
    if away <= 0:
        return Range(0.0, math.inf)
    return Range(away / trend.steepest if trend.steepest else math.inf, math.inf)


_FOLLOWING = frozenset({"slope", "forecast", "time_to"})

_WITHIN = frozenset({"avg", "min", "max", "median", "previous", "same_hour_yesterday"})
"""Functions whose answer lies among the values that they look at."""


def _reckoned(symbol: str, left: Range, right: Range) -> Range:
    if left.is_empty or right.is_empty:
        return NONE
    if symbol == "%" or (symbol == "/" and right.low <= 0 <= right.high):
        return ANY
    step = _STEPS[symbol]
    try:
        corners = [step(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    except OverflowError:
        return ANY
    if any(math.isnan(corner) for corner in corners):  # infinity less itself
        return ANY
    # Rounding may put what is reckoned of values in between a little outside.
    return Range(math.nextafter(min(corners), -math.inf), math.nextafter(max(corners), math.inf))


_NUMERIC = (Kind.NUMBER, Kind.DURATION)

_STEPS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _less(a: Range, b: Range) -> May:
    return May(hold=a.low < b.high, fail=a.high >= b.low)


def _at_most(a: Range, b: Range) -> May:
    return May(hold=a.low <= b.high, fail=a.high > b.low)


def _equal(a: Range, b: Range) -> May:
    return May(hold=a.low <= b.high and b.low <= a.high, fail=not a.low == a.high == b.low == b.high)


def _turned(may: May) -> May:
    return May(may.fail, may.hold)


_ORDER: Mapping[str, Callable[[Range, Range], May]] = {
    "<": _less,
    "<=": _at_most,
    ">": lambda a, b: _less(b, a),
    ">=": lambda a, b: _at_most(b, a),
    "==": _equal,
    "!=": lambda a, b: _turned(_equal(a, b)),
}

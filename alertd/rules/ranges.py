"""For which values a condition holds: sets of values of the terms that it compares with constants. Pure.

A term is any part that is not reckoned out: a field, a function's answer, a sum of fields. Terms are taken to be free
of each other, so more is held for possible than there is: what is impossible here is impossible.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from alertd.fields import Kind
from alertd.model import Value
from alertd.rules.closures import COMPARE
from alertd.rules.tree import Call, Choice, Comparison, Constant, Junction, Negation, Node, Windowed

Cut = tuple[float, int]
"""A place on the axis: just below a number (0) or just above it (1)."""

BOTTOM: Cut = (-math.inf, 0)
TOP: Cut = (math.inf, 1)

MOST_BOXES = 256
"""More alternatives than that, and nothing is said of a condition."""

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NEVER_NEGATIVE = frozenset({"age", "until_day", "count", "changes", "time_to"})
_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """Intervals between cuts, from the lowest, none touching another."""

    parts: tuple[tuple[Cut, Cut], ...]

    def __and__(self, other: "Numbers") -> "Numbers":
        both = (
            (max(low, other_low), min(high, other_high))
            for (low, high), (other_low, other_high) in product(self.parts, other.parts)
        )
        return Numbers(tuple(sorted((low, high) for low, high in both if low < high)))

    def __bool__(self) -> bool:
        return bool(self.parts)

    def others(self) -> "Numbers":
        """All numbers that are not among these."""
        ends = [BOTTOM, *(cut for part in self.parts for cut in part), TOP]
        return Numbers(tuple((low, high) for low, high in zip(ends[::2], ends[1::2], strict=True) if low < high))


@dataclass(frozen=True, slots=True)
class Words:
    """These texts, or all but these."""

    words: frozenset[Value]
    excluded: bool = False

    def __and__(self, other: "Words") -> "Words":
        if self.excluded and other.excluded:
            return Words(self.words | other.words, excluded=True)
        if self.excluded:
            return Words(other.words - self.words)
        return Words(self.words - other.words if other.excluded else self.words & other.words)

    def __bool__(self) -> bool:
        return self.excluded or bool(self.words)

    def others(self) -> "Words":
        """All texts that are not among these."""
        return Words(self.words, excluded=not self.excluded)


ALL_NUMBERS = Numbers(((BOTTOM, TOP),))

Allowed = Numbers | Words
Box = Mapping[Node, Allowed]
"""Each of these terms is known and has one of these values; whatever else is as it may."""

Region = tuple[Box, ...]
"""Any of these boxes. None in it: nowhere."""

EVERYWHERE: Region = ({},)
NOWHERE: Region = ()


class TooManyError(Exception):
    """A condition with more alternatives than anybody looks through."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a condition holds, and where it is known not to; anywhere else it is unknown."""

    holds: Region
    fails: Region


def reach_of(root: Node) -> Reach | None:
    """Where a bound condition holds and fails; None for one with too many alternatives."""
    try:
        return Reach(_where(root, answer=True), _where(root, answer=False))
    except TooManyError:
        return None


def common(one: Region, other: Region) -> Region:
    """Where both may hold at once."""
    return tuple(box for a, b in product(one, other) if (box := _overlap(a, b)) is not None)


def follows(region: Region, condition: Reach) -> bool:
    """Whether the condition surely holds everywhere in a region: it can neither fail nor be unknown there."""
    if any(common((box,), condition.fails) for box in region):
        return False
    read = {term for box in (*condition.holds, *condition.fails) for term in box}
    return all(read <= box.keys() or any(_within(box, wanted) for wanted in condition.holds) for box in region)


def _within(box: Box, wanted: Box) -> bool:
    return all(term in box and not _and(box[term], allowed.others()) for term, allowed in wanted.items())


def _where(node: Node, *, answer: bool) -> Region:
    match node:
        case Constant(value):
            return EVERYWHERE if value is answer else NOWHERE
        case Negation(operand):
            return _where(operand, answer=not answer)
        case Junction(every, parts):
            regions = [_where(part, answer=answer) for part in parts]
            return _all_of(regions) if every is answer else _checked(box for region in regions for box in region)
        case Comparison(symbol, left, right):
            return _compared(node, symbol, left, right, answer=answer)
        case Choice(item, choices, negated):
            return _chosen(item, choices, answer=answer is not negated)
    return ({node: Words(frozenset({answer}))},)


def _compared(node: Node, symbol: str, left: Node, right: Node, *, answer: bool) -> Region:
    match left, right:
        case Constant(one), Constant(other):
            return EVERYWHERE if COMPARE[symbol](one, other) is answer else NOWHERE
        case term, Constant(value):
            return _limited(term, symbol, value, answer=answer)
        case Constant(value), term:
            return _limited(term, _FLIPPED[symbol], value, answer=answer)
    return ({node: Words(frozenset({answer}))},)


def _limited(term: Node, symbol: str, value: Value, *, answer: bool) -> Region:
    if term.kind is Kind.FLAG:
        return _where(term, answer=(value is (symbol == "==")) is answer)
    if isinstance(value, bool | str):
        words = Words(frozenset({value}), excluded=symbol == "!=")
        return _of(term, words if answer else words.others())
    numbers = _numbers(symbol, float(value))
    return _of(term, (numbers if answer else numbers.others()) & _natural(term))


def _chosen(item: Node, choices: Iterable[Node], *, answer: bool) -> Region:
    values = [choice.value for choice in choices if isinstance(choice, Constant)]
    if item.kind in (Kind.NUMBER, Kind.DURATION):
        others = ALL_NUMBERS
        for value in values:
            others &= _numbers("!=", float(value))
        return _of(item, (others.others() if answer else others) & _natural(item))
    if item.kind is Kind.FLAG:
        flags = frozenset(values) if answer else frozenset({True, False}) - frozenset(values)
        return _checked(box for flag in flags for box in _where(item, answer=bool(flag)))
    return _of(item, Words(frozenset(values), excluded=not answer))


def _numbers(symbol: str, value: float) -> Numbers:
    below, above = (value, 0), (value, 1)
    parts = {
        "<": ((BOTTOM, below),),
        "<=": ((BOTTOM, above),),
        ">": ((above, TOP),),
        ">=": ((below, TOP),),
        "==": ((below, above),),
        "!=": ((BOTTOM, below), (above, TOP)),
    }
    return Numbers(parts[symbol])


def _natural(term: Node) -> Numbers:
    """The numbers that a term can be at all."""
    match term:
        case Call(function) if function.name == "hour_of_day":
            return Numbers((((0.0, 0), (_HOURS, 0)),))
        case Call(function) | Windowed(function) if function.name in _NEVER_NEGATIVE:
            return Numbers((((0.0, 0), TOP),))
    return ALL_NUMBERS


def _of(term: Node, allowed: Allowed) -> Region:
    if isinstance(term, Constant):
        raise TooManyError  # nothing that a rule file can hold: two constants are compared above
    return ({term: allowed},) if allowed else NOWHERE


def _all_of(regions: Iterable[Region]) -> Region:
    found = EVERYWHERE
    for region in regions:
        found = _checked(common(found, region))
    return found


def _checked(boxes: Iterable[Box]) -> Region:
    found = tuple(boxes)
    if len(found) > MOST_BOXES:
        raise TooManyError
    return found


def _overlap(one: Box, other: Box) -> Box | None:
    """Where both hold; None where nothing does."""
    box = dict(one)
    for term, allowed in other.items():
        box[term] = both = _and(box[term], allowed) if term in box else allowed
        if not both:
            return None
    return box


def _and(one: Allowed, other: Allowed) -> Allowed:
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return one & other
    if isinstance(one, Words) and isinstance(other, Words):
        return one & other
    return ALL_NUMBERS  # one term has one kind, so that this does not come; and it would claim nothing

"""A condition taken apart: what each comparison in it says by itself, and why one says nothing. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from alertd.model import Severity, Value, Verdict
from alertd.rules.closures import answer_of, ask_of
from alertd.rules.evaluate import verdict_on
from alertd.rules.explain import explain
from alertd.rules.expression import BoundExpression, Expression, walk
from alertd.rules.rule import BoundRule
from alertd.rules.spelling import spell
from alertd.rules.tree import Junction, Negation, Node, Windowed
from alertd.rules.view import View
from alertd.rules.windows import stretch_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPart:
    """One function over the past in a comparison, and what it came to."""

    text: str
    """As the rule has it: `avg(current.voltage, params.span)`."""
    field: str
    """`current.voltage`."""
    span: timedelta | None
    """How long the window is; None of a function that looks for one value before."""
    offset: timedelta
    """How long before then it ended."""
    samples: int
    """Values in it; of a long window one for each step that had any."""
    value: Value | None
    """What it came to, of a duration its seconds; None where it is UNKNOWN."""
    explanation: str
    """`mean voltage of 6 h 11.9 V`; where it is UNKNOWN, what it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a condition, down to a comparison."""

    text: str
    """As the rule has it: `current.voltage < params.low`."""
    verdict: Verdict
    """BREACHED where it holds."""
    explanation: str
    """The facts: `voltage 11.2 V < 11.3 V`; where it is UNKNOWN, what is missing and why."""
    parts: tuple["Part", ...] = ()
    """What it joins or turns round."""
    windows: tuple[WindowPart, ...] = ()
    """Of a part that joins nothing: the functions over the past in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelParts:
    """The conditions of one level."""

    severity: Severity
    when: Part
    until: Part | None = None


def take_apart(bound: BoundRule, view: View) -> tuple[LevelParts, ...]:
    """Every condition of a rule on one view, worst level first."""
    return tuple(
        LevelParts(
            severity=written.severity,
            when=parts_of(written.when, level.when, view),
            until=parts_of(written.until, level.until, view) if written.until and level.until else None,
        )
        for written, level in zip(bound.rule.levels, bound.levels, strict=True)
    )


def parts_of(written: Expression, bound: BoundExpression, view: View) -> Part:
    """A condition with all that it is made of; `bound` is the same with its params in place."""
    return _part(written.root, bound.root, view)


def _part(written: Node, bound: Node, view: View) -> Part:
    below = _below(written, bound)
    return Part(
        text=spell(written),
        verdict=verdict_on(answer_of(bound), view),
        explanation=explain(bound, view),
        parts=tuple(_part(one, other, view) for one, other in below),
        windows=() if below else tuple(_windows(written, bound, view)),
    )


def _windows(written: Node, bound: Node, view: View) -> Iterator[WindowPart]:
    pairs = zip(_windowed(written), _windowed(bound), strict=True)
    for one, other in pairs:
        ask = ask_of(other)
        window = stretch_of(ask, view)
        value = answer_of(other)(view)
        yield WindowPart(
            text=spell(one),
            field=f"{ask.prefix}.{ask.name}",
            span=timedelta(seconds=ask.span) if ask.span else None,
            offset=timedelta(seconds=ask.offset),
            samples=0 if window is None else len(window),
            value=value,
            explanation=explain(other, view),
        )


def _windowed(node: Node) -> list[Windowed]:
    return [each for each in walk(node) if isinstance(each, Windowed)]


def _below(written: Node, bound: Node) -> list[tuple[Node, Node]]:
    """The conditions inside a condition. Binding reckons values out, so only conditions stand alike in both trees."""
    match written, bound:
        case Junction(_, parts), Junction(_, same):
            return list(zip(parts, same, strict=True))
        case Negation(operand), Negation(same):
            return [(operand, same)]
    return []

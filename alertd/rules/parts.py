"""A condition taken apart: what each comparison in it says by itself, and why one says nothing. Pure."""

from dataclasses import dataclass

from alertd.model import Severity, Verdict
from alertd.rules.closures import answer_of
from alertd.rules.evaluate import verdict_on
from alertd.rules.explain import explain
from alertd.rules.expression import BoundExpression, Expression
from alertd.rules.rule import BoundRule
from alertd.rules.spelling import spell
from alertd.rules.tree import Junction, Negation, Node
from alertd.rules.view import View


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
    return Part(
        text=spell(written),
        verdict=verdict_on(answer_of(bound), view),
        explanation=explain(bound, view),
        parts=tuple(_part(one, other, view) for one, other in _below(written, bound)),
    )


def _below(written: Node, bound: Node) -> list[tuple[Node, Node]]:
    """The conditions inside a condition. Binding reckons values out, so only conditions stand alike in both trees."""
    match written, bound:
        case Junction(_, parts), Junction(_, same):
            return list(zip(parts, same, strict=True))
        case Negation(operand), Negation(same):
            return [(operand, same)]
    return []

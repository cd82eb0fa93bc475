"""Limits, clear levels and `for` that fit what one instrument measured. Pure: values in, a proposal out.

The limit lies beyond all but a thousandth of the values, by three times their noise. The noise is the standard
deviation by the median absolute deviation (1.4826 × MAD, Rousseeuw and Croux, J. Am. Stat. Assoc. 88, 1993) of the
differences of successive values, which have √2 times the noise of one: so neither a slow course nor a few outliers
count as noise.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from alertd.fields import Kind
from alertd.model import Severity, Source, Value
from alertd.rules.closures import answer_of
from alertd.rules.expression import BoundExpression, walk
from alertd.rules.lint import ONE_WAY
from alertd.rules.rule import BoundRule, Rule, bind_with
from alertd.rules.tree import Comparison, Constant, Junction, Negation, Node, Param, Reading
from alertd.rules.windows import STEADY

FEWEST = 1000
"""Values of which a thousandth can be told."""
SHORTEST = timedelta(days=3)
"""A battery's days and nights, a modem's habits: less says little."""
TAIL = 0.001
SIGMA = 1.4826
MARGIN = 3.0
"""Times the noise, from the last thousandth to the limit."""
BAND = 6.0
"""Times the noise, from a limit to its clear level: three to either side."""
LONGEST_DIP = timedelta(hours=1)
"""What lasts longer is no dip."""
FEWEST_DIPS = 5
STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90))

Points = Sequence[tuple[datetime, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A number that a field is compared with."""

    severity: Severity
    key: str
    """when or until."""
    source: Source
    field: str
    low: bool
    """Whether what is under it is bad."""
    value: float
    param: str | None
    """The param that holds it; None where it is written in the condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an instrument's values are like."""

    count: int
    span: timedelta
    edge: float
    """Beyond it, on the bad side, is a thousandth of the values."""
    noise: float
    """Standard deviation of one value, without its slow course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What fits one instrument."""

    measured: Measured
    limits: tuple[tuple[Limit, float], ...]
    """Each limit of the rule with the number proposed for it."""
    for_: timedelta | None
    """For the mildest level, longer than nearly all dips beyond its clear level; None where there were too few."""
    dips: int

    def params(self) -> dict[str, float]:
        """The params among the limits, with their new values."""
        return {limit.param: value for limit, value in self.limits if limit.param is not None}


def limits_of(rule: Rule, params: Mapping[str, Value]) -> list[Limit]:
    """The limits on the first number that the rule compares with one; empty where it has none that hovers."""
    found: list[Limit] = []
    for level in reversed(rule.levels):
        when = next(_limits(level.when.root, "when", level.severity, params), None)
        if when is not None:
            until = () if level.until is None else _limits(level.until.root, "until", level.severity, params)
            found += [when, *itertools.islice(until, 1)]
    return [limit for limit in found if (limit.source, limit.field, limit.low) == _about(found[0])]


def measure(points: Points, *, low: bool) -> Measured | str:
    """What the values of a time are like; why that cannot be told, where it cannot."""
    values = [float(value) for _, value in points]
    span = points[-1][0] - points[0][0] if points else timedelta(0)
    if len(values) < FEWEST or span < SHORTEST:
        days = span.total_seconds() / 86400
        return f"{len(values)} values over {days:.1f} days are too few: {FEWEST} over {SHORTEST.days} days are wanted"
    steps = [later - earlier for earlier, later in itertools.pairwise(values)]
    middle = median(steps)
    noise = SIGMA * median(abs(step - middle) for step in steps) / math.sqrt(2)
    ordered = sorted(values)
    place = math.floor(TAIL * (len(ordered) - 1))
    return Measured(count=len(values), span=span, edge=ordered[place if low else -1 - place], noise=noise)


def propose(limits: Sequence[Limit], points: Points, measured: Measured) -> Proposal:
    """Limits that the instrument is beyond in none but the worst thousandth of its time, and then by some distance."""
    sign = -1.0 if limits[0].low else 1.0
    step = _step(measured)
    mildest = limits[0].value
    first = _away(measured.edge + sign * MARGIN * measured.noise, sign, step)
    whens: dict[Severity, float] = {}
    found: list[tuple[Limit, float]] = []
    for limit in limits:
        if limit.key == "when":
            new = _rounded(first + (limit.value - mildest), step)  # worse levels keep their distance
            whens[limit.severity] = new
        else:
            new = _away(whens[limit.severity] - sign * max(BAND * measured.noise, step), -sign, step)
        found.append((limit, new))
    clear = next((value for limit, value in found if limit.key == "until"), first)
    dips = list(_dips(points, clear, low=limits[0].low))
    return Proposal(measured=measured, limits=tuple(found), for_=_patience(dips), dips=len(dips))


def bind_proposed(rule: Rule, params: Mapping[str, Value], proposal: Proposal) -> BoundRule:
    """The rule as it would be with what is proposed, but for its `for`."""
    bound = bind_with(rule, {**params, **proposal.params()})
    changes = {(limit.severity, limit.key): (limit, value) for limit, value in proposal.limits if limit.param is None}
    levels = tuple(
        replace(
            level,
            when=_changed(level.when, changes.get((level.severity, "when"))),
            until=level.until and _changed(level.until, changes.get((level.severity, "until"))),
        )
        for level in bound.levels
    )
    return replace(bound, levels=levels, whens=tuple(level.when.answer for level in levels))


# -- limits ------------------------------------------------------------------------------------------------------------


def _about(limit: Limit) -> tuple[Source, str, bool]:
    return limit.source, limit.field, limit.low


def _limits(root: Node, key: str, severity: Severity, params: Mapping[str, Value]) -> Iterator[Limit]:
    for node in walk(root):
        match node:
            case Comparison("<" | "<=" | ">" | ">=" as sign, Reading() as reading, Constant() | Param() as limit):
                under = sign in ("<", "<=")
            case Comparison("<" | "<=" | ">" | ">=" as sign, Constant() | Param() as limit, Reading() as reading):
                under = sign in (">", ">=")
            case _:
                continue
        hovers = reading.source in STEADY and (reading.source, reading.field.name) not in ONE_WAY
        if reading.kind is Kind.NUMBER and hovers:
            yield Limit(
                severity=severity,
                key=key,
                source=reading.source,
                field=reading.field.name,
                low=under if key == "when" else not under,
                value=float(params[limit.name] if isinstance(limit, Param) else limit.value),
                param=limit.name if isinstance(limit, Param) else None,
            )


def _changed(expression: BoundExpression, change: tuple[Limit, float] | None) -> BoundExpression:
    if change is None:
        return expression
    root = _with_limit(expression.root, *change)
    return replace(expression, root=root, answer=answer_of(root))


def _with_limit(node: Node, limit: Limit, value: float) -> Node:
    match node:
        case Comparison(sign, Reading(limit.source, field), Constant(limit.value)) if field.name == limit.field:
            return Comparison(sign, node.left, Constant(value, Kind.NUMBER))
        case Comparison(sign, Constant(limit.value), Reading(limit.source, field)) if field.name == limit.field:
            return Comparison(sign, Constant(value, Kind.NUMBER), node.right)
        case Negation(operand):
            return Negation(_with_limit(operand, limit, value))
        case Junction(every, parts):
            return Junction(every, tuple(_with_limit(part, limit, value) for part in parts))
    return node


# -- numbers -----------------------------------------------------------------------------------------------------------


def _step(measured: Measured) -> float:
    """What limits are rounded to: one digit of the noise, a thousandth of the value where there is none."""
    scale = measured.noise or abs(measured.edge) / 1000 or 1.0
    return 10.0 ** math.floor(math.log10(scale))


def _away(value: float, sign: float, step: float) -> float:
    """Rounded in the direction of the sign."""
    count = value / step
    return _rounded(step * (math.ceil(count - 1e-9) if sign > 0 else math.floor(count + 1e-9)), step)


def _rounded(value: float, step: float) -> float:
    return round(value, max(0, -round(math.log10(step))))


# -- dips --------------------------------------------------------------------------------------------------------------


def _dips(points: Points, limit: float, *, low: bool) -> Iterator[timedelta]:
    """How long each stretch beyond the limit lasted that came back by itself within an hour."""
    begun: datetime | None = None
    for at, value in points:
        beyond = float(value) < limit if low else float(value) > limit
        if beyond:
            begun = begun or at
        elif begun is not None:
            if at - begun <= LONGEST_DIP:
                yield at - begun
            begun = None


def _patience(dips: Sequence[timedelta]) -> timedelta | None:
    """The first usual duration that is longer than 95 in a hundred dips."""
    if len(dips) < FEWEST_DIPS:
        return None
    long = sorted(dips)[math.ceil(0.95 * len(dips)) - 1]
    return next((step for step in STEPS if step > long), STEPS[-1])

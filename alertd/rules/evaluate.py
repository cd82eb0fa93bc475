"""What a rule says of one instrument now. Pure: a bound rule and a view in, an Evaluation out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alertd.fields import FIELDS, PREFIX_OF, Kind
from alertd.model import Severity, Source, Value, Verdict
from alertd.rules.closures import finite
from alertd.rules.functions import Answer
from alertd.rules.rule import BoundLevel, BoundRule, Rule
from alertd.rules.view import View

_VERDICTS = {True: Verdict.BREACHED, False: Verdict.CLEAR}
_TYPES = {Kind.TEXT: str, Kind.FLAG: bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelVerdict:
    """What one level says: BREACHED where its condition holds."""

    when: Verdict
    until: Verdict | None = None
    """BREACHED where `until` holds; None where the level has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a rule says of one instrument, with what it was judged on."""

    rule: str
    subject: str
    """The serial."""
    at: datetime
    """Sample time (see `moment`)."""
    levels: Mapping[Severity, LevelVerdict]
    """Worst first."""
    values: Mapping[str, Value | None]
    """The measured fields of the conditions, `current.voltage`, in order of appearance; None where missing."""
    explanation: str
    """Of the worst level breached, else of the worst that is unknown, else of the mildest."""
    endings: Mapping[Severity, str] = field(default_factory=dict)
    """How each level whose `when` is clear stands to its end, if it fires: by its `until`, else by its `when`."""


class Conditions(Protocol):
    """One bound rule, or several that are judged together."""

    @property
    def whens(self) -> tuple[Answer, ...]:
        """Every level's bare condition."""


def quiet(conditions: Conditions, view: View) -> bool:
    """Whether no level is breached. Neither clear nor UNKNOWN begins an alert: where none lives there is nothing to do.

    This is the hot path: once for each instrument and round.
    """
    for when in conditions.whens:  # noqa: SIM110  # a generator would double it
        if when(view):
            return False
    return True


def unknowns(conditions: Conditions, view: View) -> list[Answer] | None:
    """Which conditions are UNKNOWN, where none is breached; None where one is. As `quiet`, on the hot path."""
    found: list[Answer] = []
    for when in conditions.whens:
        answer = when(view)
        if answer:
            return None
        if answer is None:
            found.append(when)
    return found


def overall(evaluation: Evaluation) -> Verdict:
    """A rule's verdict over its levels: the first that some level has of breached, unknown, clear."""
    said = {level.when for level in evaluation.levels.values()}
    return next(verdict for verdict in (Verdict.BREACHED, Verdict.UNKNOWN, Verdict.CLEAR) if verdict in said)


def evaluate(bound: BoundRule, view: View, at: datetime) -> Evaluation:
    """The verdict of each level, the values it rests on, and why."""
    verdicts = {level.severity: _judge(level, view) for level in bound.levels}
    return Evaluation(
        rule=bound.rule.name,
        subject=view.instrument.get("serial", ""),
        at=at,
        levels=verdicts,
        values={f"{PREFIX_OF[source]}.{name}": measured(view, source, name) for source, name in bound.fields},
        explanation=_telling(bound.levels, verdicts).when.explain(view),
        endings={
            level.severity: (level.until or level.when).explain(view)
            for level in bound.levels
            if verdicts[level.severity].when is Verdict.CLEAR
        },
    )


def moment(rule: Rule, view: View) -> datetime:
    """The sample time of an evaluation: of the newest record that the rule reads; now where it judges time itself."""
    if rule.uses_clock:
        return view.now
    times = [view.times[prefix] for prefix in rule.prefixes if prefix in view.times]
    return max(times, default=view.now)


def verdict_on(condition: Answer, view: View) -> Verdict:
    """What one condition says: BREACHED where it holds."""
    answer = condition(view)
    return Verdict.UNKNOWN if answer is None else _VERDICTS[bool(answer)]


def measured(view: View, source: Source, name: str) -> Value | None:
    """A field as expressions read it: of its own kind and finite, else None."""
    values = view.values.get(PREFIX_OF[source])
    value = None if values is None else values.get(name)
    kind = FIELDS[source][name].kind
    if kind is Kind.NUMBER:
        return finite(value)
    return value if type(value) is _TYPES[kind] else None


def _judge(level: BoundLevel, view: View) -> LevelVerdict:
    until = None if level.until is None else verdict_on(level.until.answer, view)
    return LevelVerdict(when=verdict_on(level.when.answer, view), until=until)


def _telling(levels: tuple[BoundLevel, ...], verdicts: Mapping[Severity, LevelVerdict]) -> BoundLevel:
    """The level whose explanation says most."""
    for wanted in (Verdict.BREACHED, Verdict.UNKNOWN):
        for level in levels:
            if verdicts[level.severity].when is wanted:
                return level
    return levels[-1]

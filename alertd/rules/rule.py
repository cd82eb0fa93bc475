"""A rule: which instruments, what condition, at which levels; and the same with its params in place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from alertd.config.notifications import Flapping
from alertd.fields import PREFIX_OF
from alertd.matchers import Matcher, all_match
from alertd.model import Instrument, Severity, Source, Value
from alertd.rules.expression import BoundExpression, Expression
from alertd.rules.functions import Answer
from alertd.rules.windows import Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One severity of a rule, with the condition and the patience of its own."""

    severity: Severity
    when: Expression
    until: Expression | None = None
    """Where there is one, the level clears only when `when` is false and this is true."""
    for_: timedelta = timedelta(0)
    keep_firing_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other params for the instruments that it matches."""

    match: tuple[Matcher, ...]
    params: Mapping[str, Value]
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where in the rule's file each param stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundLevel:
    """A level whose expressions have their params."""

    severity: Severity
    when: BoundExpression
    until: BoundExpression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRule:
    """A rule with one set of params; instruments with the same params share it."""

    rule: "Rule"
    params: Mapping[str, Value]
    levels: tuple[BoundLevel, ...]
    """Worst first."""
    whens: tuple[Answer, ...]
    """The bare closures of the levels' `when`, for the hot loop."""
    fields: tuple[tuple[Source, str], ...]
    """What the levels' `when` measure, in order of appearance, the worst level's first."""
    windows: tuple[Ask, ...]
    """What the levels ask of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a rule file, checked and compiled."""

    name: str
    was: tuple[str, ...] = ()
    """Earlier names: alerts of these are this rule's."""
    levels: tuple[Level, ...]
    """Worst first."""
    match: tuple[Matcher, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)
    param_lines: Mapping[str, int] = field(default_factory=dict)
    """Where in the file each param stands."""
    overrides: tuple[Override, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    description: str = ""
    runbook: str = ""
    flapping: Flapping | Literal["off"] | None = None
    """What counts as flapping; None: what does by the config."""
    cause: Literal["none", "instrument"] | None = None
    """Whether its firing alert explains others of its instrument; None: where it looks at status.online."""
    shadow: bool = False
    """Judged and recorded, and nobody is told."""
    file: Path
    index: int = 0
    """Which one of its file, from 0."""
    line: int
    column: int = 1
    sources: frozenset[Source] = field(init=False, repr=False, compare=False)
    """What has to be polled for this rule to be judged."""
    prefixes: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The sources' names in expressions."""
    uses_clock: bool = field(init=False, repr=False, compare=False)
    """Its verdict can change with time alone."""
    _bound: dict[tuple[Value, ...], BoundRule] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expressions = self.expressions
        sources = frozenset[Source]().union(*(expression.sources for expression in expressions))
        object.__setattr__(self, "sources", sources)
        object.__setattr__(self, "prefixes", tuple(PREFIX_OF[source] for source in Source if source in sources))
        object.__setattr__(self, "uses_clock", any(expression.uses_clock for expression in expressions))

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Every `when` and `until`, worst level first."""
        both = (expression for level in self.levels for expression in (level.when, level.until))
        return tuple(expression for expression in both if expression is not None)

    @property
    def explains_instrument(self) -> bool:
        """Whether its firing alert is the cause of whatever else is wrong with the instrument."""
        if self.cause is not None:
            return self.cause == "instrument"
        return any((Source.STATUS, "online") in level.when.fields for level in self.levels)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the rule is about the instrument with these labels (see `labels_of`)."""
        return all_match(self.match, labels)

    def params_for(self, labels: Mapping[str, str]) -> Mapping[str, Value]:
        """The params for these labels: every override that matches counts, a later one over an earlier one."""
        params = dict(self.params)
        for override in self.overrides:
            if all_match(override.match, labels):
                params.update(override.params)
        return params


def labels_of(instrument: Instrument) -> dict[str, str]:
    """What `match:` and overrides see of an instrument; a label never hides what the API says."""
    return {
        **instrument.labels,
        "instrument": instrument.serial,
        "name": instrument.name,
        "model": instrument.model,
    }


def bind(rule: Rule, labels: Mapping[str, str]) -> BoundRule:
    """The rule for an instrument with these labels; do it once for each instrument, not once a poll."""
    params = rule.params_for(labels)
    key = tuple(params.values())
    bound = rule._bound.get(key)  # noqa: SLF001  # a cache of this module's own making
    if bound is None:
        bound = rule._bound[key] = bind_with(rule, params)  # noqa: SLF001
    return bound


def bind_with(rule: Rule, params: Mapping[str, Value]) -> BoundRule:
    """The rule with just these params, which have to be all of them."""
    levels = tuple(
        BoundLevel(
            severity=level.severity,
            when=level.when.bind(params),
            until=level.until.bind(params) if level.until else None,
        )
        for level in rule.levels
    )
    fields = dict.fromkeys(measured for level in levels for measured in level.when.fields)
    return BoundRule(
        rule=rule,
        params=params,
        levels=levels,
        whens=tuple(level.when.answer for level in levels),
        fields=tuple(fields),
        windows=tuple(
            ask
            for level in levels
            for expression in (level.when, level.until)
            if expression is not None
            for ask in expression.windows
        ),
    )

"""What is allowed in a rule and yet cannot be meant: conditions that never hold, limits the wrong way round. Pure.

Only what is certain is said. What a rule means for the monitors that there are is in lint_fleet.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from alertd.config.durations import format_duration
from alertd.config.yaml import Loc
from alertd.fields import PREFIX_OF, Field, Kind
from alertd.matchers import all_match
from alertd.model import Source, Value
from alertd.rules.expression import BoundExpression, walk
from alertd.rules.healthy import LABELS, healthy_view
from alertd.rules.ranges import Reach, common, follows, reach_of
from alertd.rules.rule import BoundLevel, BoundRule, Level, Rule, bind_with
from alertd.rules.tree import Comparison, Constant, Node, Reading
from alertd.rules.windows import STEADY

ONE_WAY = frozenset((Source.CURRENT, name) for name in ("uptime", "simUsage", "simQuota"))
"""Fields that stay, or only grow until they begin anew: they do not hover about a limit."""
ASKED = frozenset({Source.STATUS, Source.CURRENT})
"""Sources that have one value a poll."""
GAP_POLLS = 3
"""Polls without a record after which `for` stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about a rule that cannot be meant."""

    rule: Rule
    loc: Loc
    """Where in the rule; of a rule without `levels` the steps `levels` and the severity are not there."""
    text: str
    offset: int = 0
    """Characters into the text that stands there."""
    key: bool = False


def lint_rule(
    rule: Rule, used: frozenset[tuple[Value, ...]] | None, every: Mapping[Source, timedelta]
) -> list[Finding]:
    """What cannot be meant in one rule; `every` are the polled sources with their intervals.

    `used` are the params that the fleet's monitors have (see `Rule.params_for`); None where the fleet is not known.
    """
    found = [*_steady_limits(rule), *_patience(rule, every), *_not_polled(rule, every)]
    base = [] if used is not None and tuple(rule.params.values()) not in used else list(_conditions(rule, rule.params))
    found += base
    if all_match(rule.match, LABELS):
        found += _on_a_healthy_one(rule)
    said = {(finding.loc, finding.text) for finding in base}
    for at, override in enumerate(rule.overrides):
        params = {**rule.params, **override.params}
        if used is not None and tuple(params.values()) not in used:
            continue
        new = [each for each in _conditions(rule, params) if (each.loc, each.text) not in said]
        found += (_finding(rule, ("overrides", at), f"with these params, {each.text}") for each in new)
    return found


def lint_names(rules: Iterable[Rule]) -> Iterator[Finding]:
    """Names that differ in their capitals only; equal ones are refused when they are read."""
    first: dict[str, Rule] = {}
    for rule in rules:
        other = first.setdefault(rule.name.lower(), rule)
        if other is not rule:
            text = f"{rule.name} is hardly to be told from {other.name}, {other.file.name}:{other.line}: choose another"
            yield _finding(rule, ("alert",), text)


def _finding(rule: Rule, loc: Loc, text: str, *, offset: int = 0, key: bool = False) -> Finding:
    return Finding(rule=rule, loc=loc, text=text, offset=offset, key=key)


def level_loc(level: Level | BoundLevel, key: str) -> Loc:
    """Where a level's key stands in its rule."""
    return ("levels", level.severity.word, key)


# -- where conditions hold ---------------------------------------------------------------------------------------------


def _conditions(rule: Rule, params: Mapping[str, Value]) -> Iterator[Finding]:
    bound = bind_with(rule, params)
    reaches = [(level, reach_of(level.when.root)) for level in bound.levels]
    for level, reach in reaches:
        if reach is not None:
            yield from _when(rule, level, reach)
            yield from _until(rule, level, reach)
    yield from _order(bound, reaches)


def _when(rule: Rule, level: BoundLevel, reach: Reach) -> Iterator[Finding]:
    if not reach.holds:
        text = "when can never hold, so this never fires: look at its limits"
        yield _finding(rule, level_loc(level, "when"), text)
    elif not reach.fails:
        text = "when holds whatever the value is, so this always fires: look at its limits"
        yield _finding(rule, level_loc(level, "when"), text)


def _until(rule: Rule, level: BoundLevel, when: Reach) -> Iterator[Finding]:
    until = None if level.until is None else reach_of(level.until.root)
    if until is None or not when.holds or not when.fails:
        return
    if not until.holds:
        text = "until can never hold, so what fires never ends: look at its limits"
    elif not common(when.fails, until.holds):
        text = "until never holds where when is over, so what fires never ends: take a limit that both allow"
    elif _of_one_term(when, until) and follows(when.holds, until):
        text = "until holds already where when does: take a limit on the healthy side of when's"
    elif follows(when.fails, until):
        text = (
            "until adds nothing, it holds as soon as when does not: take a limit further on the healthy side, or none"
        )
    else:
        return
    yield _finding(rule, level_loc(level, "until"), text)


def _of_one_term(*reaches: Reach) -> bool:
    return len({term for reach in reaches for box in (*reach.holds, *reach.fails) for term in box}) == 1


def _order(bound: BoundRule, reaches: list[tuple[BoundLevel, Reach | None]]) -> Iterator[Finding]:
    """Milder levels that hold only where a worse one does, and not sooner."""
    patience = {level.severity: level.for_ for level in bound.rule.levels}
    for at, (mild, reach) in enumerate(reaches):
        if reach is None or not reach.holds:
            continue
        for worse, other in reaches[:at]:
            soon = patience[worse.severity] <= patience[mild.severity]
            if other is not None and soon and follows(reach.holds, other):
                name, over = mild.severity.word, worse.severity.word
                text = f"{name} can only hold where {over} does: are the limits of the two the wrong way round?"
                yield _finding(bound.rule, level_loc(mild, "when"), text)
                break


# -- a healthy monitor -------------------------------------------------------------------------------------------------


def _on_a_healthy_one(rule: Rule) -> Iterator[Finding]:
    """Limits that MyCirrus's own example of a healthy monitor is beyond."""
    view = healthy_view()
    for level in bind_with(rule, rule.params).levels:
        if _limits(level.when.root) and level.when.answer(view) is True:
            text = (
                f"it holds on MyCirrus's own example of a healthy monitor ({level.when.explain(view)}): move the limit"
            )
            yield _finding(rule, level_loc(level, "when"), text)


def _limits(root: Node) -> list[Node]:
    """The numbers that a condition compares with a limit: fields, and what is reckoned from them."""
    found = []
    for node in walk(root):
        match node:
            case Comparison("<" | "<=" | ">" | ">=", term, Constant()) | Comparison(
                "<" | "<=" | ">" | ">=", Constant(), term
            ) if term.kind is Kind.NUMBER:
                found.append(term)
    return found


# -- what steadies an alert --------------------------------------------------------------------------------------------


def _steady_limits(rule: Rule) -> Iterator[Finding]:
    """Limits on a value that hovers, with nothing to keep the alert from beginning and ending at each turn."""
    for level in rule.levels:
        if level.until is None and not level.keep_firing_for:
            hovering = next((term for term in map(_hovers, _limits(_bound(rule, level).root)) if term), None)
            if hovering:
                text = (
                    f"without until, this begins and ends whenever {hovering} crosses the limit:"
                    " give it an until with some distance, or a keep_firing_for"
                )
                yield _finding(rule, level_loc(level, "when"), text)


def _bound(rule: Rule, level: Level) -> BoundExpression:
    return level.when.bind(rule.params)


def _hovers(term: Node) -> str:
    """The field that makes a number go up and down at each poll; empty where none does."""
    for node in walk(term):
        match node:
            case Reading(source, Field(name)) if source in STEADY and (source, name) not in ONE_WAY:
                return f"{PREFIX_OF[source]}.{name}"
    return ""


def _patience(rule: Rule, every: Mapping[Source, timedelta]) -> Iterator[Finding]:
    """`for` that is over before there is a second value, or that stands still between any two."""
    spans = [every[source] for source in rule.sources if source in every]
    if rule.uses_clock or not spans:
        return
    poll = min(spans)
    for level in rule.levels:
        text = ""
        if rule.sources <= ASKED and timedelta(0) < level.for_ < poll:
            text = f"for is shorter than the {format_duration(poll)} between two polls: it counts as that"
        elif not rule.sources & STEADY and level.for_:
            held = format_duration(GAP_POLLS * poll)
            text = f"for counts only between records less than {held} apart, and these come one by one: leave it out"
        if text:
            yield _finding(rule, level_loc(level, "for"), text, key=True)


def _not_polled(rule: Rule, every: Mapping[Source, timedelta]) -> Iterator[Finding]:
    for level in rule.levels:
        for key, expression in (("when", level.when), ("until", level.until)):
            missing = sorted(() if expression is None else expression.sources - every.keys())
            if expression is not None and missing:
                source = missing[0]
                text = f"{PREFIX_OF[source]} is never read: give poll.{source.value} an interval in the config"
                offset = max(0, expression.text.find(PREFIX_OF[source]))
                yield _finding(rule, level_loc(level, key), text, offset=offset)

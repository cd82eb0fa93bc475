"""What a rule comes to for one monitor: each param and who gave it, and where it does not apply, why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from alertd.matchers import Matcher, all_match
from alertd.model import Severity, Value
from alertd.rules.rule import Rule, bind
from alertd.rules.spelling import spell


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One param with the value that is in force, and where that was written."""

    name: str
    value: Value
    line: int
    """In the rule's file."""
    match: tuple[Matcher, ...] = ()
    """Of the override that gave it; empty: the rule itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlace:
    """One level's conditions with the params in place."""

    severity: Severity
    when: str
    until: str | None


def given_params(rule: Rule, labels: Mapping[str, str]) -> tuple[Given, ...]:
    """Each param for these labels (see rule.labels_of), from the last override that matches and names it."""
    found = {
        name: Given(name=name, value=value, line=rule.param_lines.get(name, rule.line))
        for name, value in rule.params.items()
    }
    for override in rule.overrides:
        if all_match(override.match, labels):
            for name, value in override.params.items():
                line = override.lines.get(name, rule.line)
                found[name] = Given(name=name, value=value, line=line, match=override.match)
    return tuple(found.values())


def in_place(rule: Rule, labels: Mapping[str, str]) -> tuple[InPlace, ...]:
    """The conditions as they are judged for these labels, worst level first."""
    return tuple(
        InPlace(
            severity=level.severity,
            when=spell(level.when.root),
            until=None if level.until is None else spell(level.until.root),
        )
        for level in bind(rule, labels).levels
    )


def missed(rule: Rule, labels: Mapping[str, str]) -> str:
    """Why the rule is not about these labels: the first matcher that fails, and what it met; empty where it is."""
    for matcher in rule.match:
        if not matcher.matches(labels):
            return f'{matcher} is asked for, and {matcher.label} is "{labels.get(matcher.label, "")}"'
    return ""

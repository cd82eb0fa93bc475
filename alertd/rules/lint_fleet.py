"""What a rule cannot mean for the monitors that there are: none that it matches, fields that none of them has. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alertd.fields import FIELDS, PREFIX_OF
from alertd.matchers import Matcher, all_match
from alertd.model import Instrument, Source
from alertd.rules.lint import Finding, level_loc
from alertd.rules.rule import Rule, labels_of

Fields = frozenset[tuple[Source, str]]

MODEM: Fields = frozenset(
    {(Source.CURRENT, "simQuota"), (Source.CURRENT, "simUsage")}
    | {(Source.STATS, name) for name in FIELDS[Source.STATS] if name.startswith("lte")}
)
"""What only a monitor with a modem has."""

DESCRIBED = frozenset({"name", "model"})
"""Labels that MyCirrus tells; unknown of a monitor that is only listed in the config."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The monitors, and what was seen of them so far."""

    instruments: tuple[Instrument, ...]
    described: bool
    """Whether MyCirrus told their names, models and features; else they are serials of the config."""
    answered: Mapping[str, frozenset[Source]] = field(default_factory=dict)
    """Serial → sources that it has records of."""
    seen: Mapping[str, Fields] = field(default_factory=dict)
    """Serial → fields that one of its records had a value of."""


def lint_against(rule: Rule, fleet: Fleet) -> Iterator[Finding]:
    """What one rule cannot mean for this fleet; nothing for a fleet without monitors."""
    if not fleet.instruments:
        return
    about = [each for each in fleet.instruments if _may_match(rule.match, each, fleet)]
    if not about:
        count = _monitors(len(fleet.instruments))
        text = (
            f"{rule.name} matches none of the {count}: mend match, or their labels in the config (instruments.labels)"
        )
        yield Finding(rule=rule, loc=("match",), text=text)
        return
    for at, override in enumerate(rule.overrides):
        if not any(_may_match(override.match, each, fleet) for each in about):
            text = (
                f"this override matches none of the {_monitors(len(about))} that {rule.name} is about:"
                " mend match, label them in the config (instruments.labels), or leave it out"
            )
            yield Finding(rule=rule, loc=("overrides", at, "match"), text=text)
    yield from _never_seen(rule, about, fleet)


def _may_match(matchers: Iterable[Matcher], instrument: Instrument, fleet: Fleet) -> bool:
    known = matchers if fleet.described else (each for each in matchers if each.label not in DESCRIBED)
    return all_match(known, labels_of(instrument))


def _never_seen(rule: Rule, about: Collection[Instrument], fleet: Fleet) -> Iterator[Finding]:
    for level in rule.levels:
        for key, expression in (("when", level.when), ("until", level.until)):
            for source, name in () if expression is None else expression.fields:
                reason = _missing(source, name, about, fleet)
                if expression is not None and reason:
                    written = f"{PREFIX_OF[source]}.{name}"
                    text = f"{written} {reason}, so it is unknown: narrow match to monitors that have it"
                    offset = max(0, expression.text.find(written))
                    yield Finding(rule=rule, loc=level_loc(level, key), text=text, offset=offset)


def _missing(source: Source, name: str, about: Collection[Instrument], fleet: Fleet) -> str:
    """Why a field has no value on any of these monitors; empty where one has it or may have it."""
    if any((source, name) in fleet.seen.get(each.serial, ()) for each in about):
        return ""
    if (source, name) in MODEM and all(each.features and "Modem" not in each.features for each in about):
        return f"needs a modem, and none of the {_monitors(len(about))} that it is about has one"
    answered = [each for each in about if source in fleet.answered.get(each.serial, ())]
    if answered and len(answered) == len(about):
        return f"was never seen on any of the {_monitors(len(about))} that it is about"
    return ""


def _monitors(count: int) -> str:
    return "1 monitor" if count == 1 else f"{count} monitors"

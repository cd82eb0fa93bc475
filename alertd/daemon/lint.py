"""What `alertd check` says beyond mistakes: what rules cannot mean, alone and for the monitors that there are."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from alertd.config.files import TEST_SUFFIXES
from alertd.config.load import Config
from alertd.config.names import items
from alertd.config.settings import Instruments, Settings
from alertd.config.yaml import Document, Loc, load_document
from alertd.daemon.fleet import fleet_of
from alertd.errors import ConfigError, Mistake
from alertd.model import Sample, Source, Value
from alertd.rules.lint import Finding, lint_names, lint_rule
from alertd.rules.lint_fleet import MODEM, Fleet, lint_against
from alertd.rules.rule import Rule, labels_of
from alertd.store.store import Store

LOOKED_BACK = timedelta(days=31)
"""How far the history is looked through for a field that no newest record has."""

_WORDS = re.compile(r"[^\s·/()]+")


def lint(rules: Sequence[Rule], settings: Settings, fleet: Fleet | None) -> list[Mistake]:
    """A warning for each thing that cannot be meant; each file must be without mistakes."""
    findings = list(lint_names(rules))
    for rule in rules:
        findings += lint_rule(rule, _params_used(rule, fleet), settings.poll.every)
        findings += [] if fleet is None else lint_against(rule, fleet)
    files = {rule.file for rule in rules}
    documents = {path: load_document(path) for path in files}
    untested, unreadable = _without_test(rules)
    found = [_placed(each, documents[each.rule.file]) for each in [*findings, *untested]]
    return sorted({*found, *unreadable})


def lint_tokens(config: Config, today: date) -> list[Mistake]:
    """A warning for each token whose last day, by UTC, is over."""
    return [
        config.document.mistake(
            ("http", "tokens", index, "until"),
            f"the token {token.name} ended with {token.until}: it lets nobody in; `alertd token` makes another",
            warning=True,
        )
        for index, token in enumerate(config.settings.http.tokens)
        if token.until < today
    ]


def fleet_on_record(store: Store, settings: Instruments, rules: Iterable[Rule], now: datetime) -> Fleet:
    """The fleet as the store knows it, with what was seen of it as far as these rules ask for it.

    Raises:
        StoreError: the store cannot be read.
    """
    fleet = fleet_of(store.instruments(), settings)
    serials = {each.serial for each in fleet}
    answered: dict[str, set[Source]] = {}
    seen: dict[str, set[tuple[Source, str]]] = {}
    for sample in store.newest():
        if sample.instrument in serials:
            answered.setdefault(sample.instrument, set()).add(sample.source)
            seen.setdefault(sample.instrument, set()).update(_values_in(sample))
    everything = set[tuple[Source, str]]().union(*seen.values())
    for source, names in _asked(rules, everything).items():
        past = store.histories(sorted(answered), source, names, now - LOOKED_BACK, now)
        for serial, columns in past.items():
            seen[serial].update(
                (source, name) for name, points in columns.items() if any(_is_one(source, name, v) for _, v in points)
            )
    return Fleet(
        instruments=tuple(fleet),
        described=bool(store.instruments()),
        answered={serial: frozenset(sources) for serial, sources in answered.items()},
        seen={serial: frozenset(fields) for serial, fields in seen.items()},
    )


def fleet_listed(settings: Instruments) -> Fleet | None:
    """The fleet as the config lists it; None where MyCirrus is asked for it."""
    if settings.discover:
        return None
    return Fleet(instruments=tuple(fleet_of([], settings)), described=False)


def _values_in(sample: Sample) -> Iterator[tuple[Source, str]]:
    return ((sample.source, name) for name, value in sample.values.items() if _is_one(sample.source, name, value))


def _is_one(source: Source, name: str, value: Value | None) -> bool:
    """Whether a value says something: an allowance of 0 is none, and so is a use of 0 without one."""
    return value is not None and ((source, name) not in MODEM or value != 0)


def _asked(rules: Iterable[Rule], known: set[tuple[Source, str]]) -> dict[Source, list[str]]:
    """By source: fields that rules read and that no newest record has."""
    wanted: dict[Source, list[str]] = {}
    fields = dict.fromkeys(each for rule in rules for expression in rule.expressions for each in expression.fields)
    for source, name in fields:
        if (source, name) not in known:
            wanted.setdefault(source, []).append(name)
    return wanted


def _params_used(rule: Rule, fleet: Fleet | None) -> frozenset[tuple[Value, ...]] | None:
    """The params that the monitors of the fleet have; None where that cannot be told."""
    if fleet is None or not fleet.instruments or not fleet.described:
        return None
    labels = (labels_of(each) for each in fleet.instruments)
    return frozenset(tuple(rule.params_for(each).values()) for each in labels if rule.matches(each))


def _placed(finding: Finding, document: Document) -> Mistake:
    loc: Loc = ("rules", finding.rule.index, *finding.loc)
    if not document.has(loc) and finding.loc[:1] == ("levels",):
        loc = ("rules", finding.rule.index, finding.loc[-1])
    if not document.has(loc):
        loc = ("rules", finding.rule.index, "alert")
    return document.mistake(loc, finding.text, offset=finding.offset, key=finding.key, warning=True)


# -- tests -------------------------------------------------------------------------------------------------------------


def _without_test(rules: Iterable[Rule]) -> tuple[list[Finding], list[Mistake]]:
    """Rules that no test beside their file expects anything of; and test files that cannot be read."""
    tested: dict[Path, frozenset[str] | None] = {}
    unreadable: list[Mistake] = []
    findings = []
    for rule in rules:
        folder = rule.file.parent
        if folder not in tested:
            tested[folder] = _tested_in(folder, unreadable)
        names = tested[folder]
        if names is not None and rule.name not in names and not names.issuperset(_WORDS.findall(rule.name)):
            text = f"{rule.name} has no test: no *.test.yaml beside this file expects anything of it (docs/rules.md)"
            findings.append(Finding(rule=rule, loc=("alert",), text=text))
    return findings, unreadable


def _tested_in(folder: Path, unreadable: list[Mistake]) -> frozenset[str] | None:
    """What the tests in a folder expect, name by name; None where one cannot be read, so that it may be in there."""
    names: set[str] = set()
    broken = []
    for path in sorted(each for each in folder.iterdir() if each.name.endswith(TEST_SUFFIXES)):
        try:
            names.update(_expected(load_document(path)))
        except ConfigError as error:
            broken += [Mistake(each.file, each.line, each.column, each.text, warning=True) for each in error.mistakes]
    unreadable += broken
    return None if broken else frozenset(names)


def _expected(document: Document) -> Iterator[str]:
    for test in items(document, ("tests",)):
        yield from expected_in(document, test)


def expected_in(document: Document, test: Loc) -> Iterator[str]:
    """The alerts of which a test expects a state, and each word of the messages that it expects."""
    for message in items(document, (*test, "messages")):
        contains = document.get((*message, "contains"))
        for text in contains if isinstance(contains, list) else [contains]:
            yield from _WORDS.findall(text) if isinstance(text, str) else ()
    for expected in items(document, (*test, "expect")):
        if isinstance(name := document.get((*expected, "alert")), str):
            yield name

"""What is known of the rules in force beside their own words: where they stand, their tests, what lint says of them."""

import textwrap
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from alertd.clock import Clock
from alertd.config.files import TEST_SUFFIXES
from alertd.config.names import items
from alertd.config.settings import Settings
from alertd.config.yaml import Document, load_document
from alertd.daemon.lint import expected_in, fleet_listed, fleet_on_record, lint
from alertd.errors import ConfigError, Mistake, StoreError
from alertd.logs import logger
from alertd.rules.rule import Rule
from alertd.store.store import Store
from alertd.web.rooms import NamedTest, Written

log = logger(__name__)

STALE_AFTER = timedelta(hours=1)
"""What lint says of a fleet is looked at again after so long: monitors come, and their records."""
SOON = 1.0
"""Seconds that somebody who asks for advice waits for it; after that he may ask again."""

Advice = Mapping[str, Sequence[Mistake]]


class Around(Protocol):
    """What the rulebook needs of the daemon."""

    @property
    def store(self) -> Store:
        """What is on record."""

    @property
    def settings(self) -> Settings:
        """The config in force."""

    @property
    def rules(self) -> Sequence[Rule]:
        """The rules in force."""


@dataclass(slots=True)
class _Edition:
    """What was found out of one load of the rules."""

    rules: Sequence[Rule]
    written: dict[Path, dict[int, tuple[str, Written]]] = field(default_factory=dict)
    """File → index of the rule in it → its name there, and its text."""
    tests: dict[Path, Mapping[str, Sequence[NamedTest]]] = field(default_factory=dict)
    """Folder → name of a rule → its tests."""


class Rulebook:
    """Keeps what is slow to find out until the rules are loaded again; safe to use from any thread."""

    def __init__(self, around: Around, clock: Clock) -> None:
        self._around = around
        self._clock = clock
        self._lock = threading.Lock()
        self._edition = _Edition(())
        self._linter: _Linter | None = None

    def written(self, rule: Rule) -> Written:
        """See the protocol."""
        with self._lock:
            files = self._now().written
            if rule.file not in files:
                files[rule.file] = dict(_rules_in(rule.file))
            name, text = files[rule.file].get(rule.index, ("", Written(text="", line=rule.line)))
        return text if name == rule.name else Written(text="", line=rule.line)

    def tests(self, rule: Rule) -> Sequence[NamedTest]:
        """See the protocol."""
        folder = rule.file.parent
        with self._lock:
            folders = self._now().tests
            if folder not in folders:
                folders[folder] = _tests_in(folder)
            return folders[folder].get(rule.name, ())

    def advice(self) -> Advice | None:
        """See the protocol."""
        rules, now = self._around.rules, self._clock()
        with self._lock:
            linter = self._linter
            if linter is None or linter.rules is not rules or now - linter.began_at > STALE_AFTER:
                before = linter.found if linter is not None and linter.rules is rules else None
                linter = self._linter = _Linter(self._around, rules, self._clock, before)
                linter.start()
        linter.join(SOON)
        return linter.found

    def _now(self) -> _Edition:
        """What is known of the rules in force; nothing yet where they were loaded just now."""
        rules = self._around.rules
        if self._edition.rules is not rules:
            self._edition = _Edition(rules)
        return self._edition


class _Linter(threading.Thread):
    """Looks for what rules cannot mean, which may take seconds for a large fleet."""

    def __init__(self, around: Around, rules: Sequence[Rule], clock: Clock, before: Advice | None) -> None:
        super().__init__(name="lint", daemon=True)
        self._around = around
        self._clock = clock
        self.rules = rules
        self.began_at = clock()
        self.found = before
        """None until it was found out."""

    def run(self) -> None:
        """Look once."""
        settings, rules = self._around.settings, self.rules
        try:
            fleet = fleet_listed(settings.instruments)
            fleet = fleet or fleet_on_record(self._around.store, settings.instruments, rules, self._clock())
            self.found = _by_rule(lint(rules, settings, fleet), rules)
        except (ConfigError, StoreError) as error:
            log.warning("lint.failed", error=str(error))
            self.found = self.found or {}


def _by_rule(advice: Sequence[Mistake], rules: Sequence[Rule]) -> Advice:
    """Each piece of advice under the rule that it is about; what is about a whole file is under its first rule."""
    found: dict[str, list[Mistake]] = {}
    for each in advice:
        beside = sorted((rule for rule in rules if rule.file == each.file), key=lambda rule: rule.line)
        above = [rule for rule in beside if rule.line <= each.line] or beside[:1]
        if above:
            found.setdefault(above[-1].name, []).append(each)
    return found


def _rules_in(file: Path) -> Iterator[tuple[int, tuple[str, Written]]]:
    """Each rule's index, its name and its text; nothing of a file that has mistakes by now."""
    try:
        document = load_document(file)
    except ConfigError:
        return
    lines = document.text.splitlines()
    places = [document.place(loc)[0] for loc in items(document, ("rules",))]
    for index, first in enumerate(places):
        begin = _with_comments(lines, first)
        end = _with_comments(lines, places[index + 1]) if index + 1 < len(places) else len(lines) + 1
        text = textwrap.dedent("\n".join(lines[begin - 1 : end - 1])).strip("\n")
        name = document.get(("rules", index, "alert"))
        yield index, (str(name), Written(text=text, line=begin))


def _with_comments(lines: Sequence[str], line: int) -> int:
    """The first line of the comments right above this one, or this one."""
    while line > 1 and lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return line


def _tests_in(folder: Path) -> Mapping[str, Sequence[NamedTest]]:
    """By the name of a rule the tests in a folder that expect something of it; a file with mistakes is left out."""
    found: dict[str, list[NamedTest]] = {}
    try:
        paths = sorted(each for each in folder.iterdir() if each.name.endswith(TEST_SUFFIXES))
    except OSError:
        return found
    for path in paths:
        try:
            document = load_document(path)
        except ConfigError:
            continue
        for name, test in _expecting(document):
            found.setdefault(name, []).append(test)
    return found


def _expecting(document: Document) -> Iterator[tuple[str, NamedTest]]:
    for test in items(document, ("tests",)):
        name = document.get((*test, "name"))
        named = NamedTest(name=str(name), file=document.path, line=document.place(test)[0])
        for rule in dict.fromkeys(expected_in(document, test)):
            yield rule, named

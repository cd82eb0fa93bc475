"""`*.test.yaml` → what is to be tested, or every mistake in it, each with its place."""

from collections.abc import Iterator
from pathlib import Path

from alertd.config.files import expand_patterns
from alertd.config.load import Config, load_config
from alertd.config.names import taken_names
from alertd.config.validate import validate
from alertd.config.yaml import Document, Loc, load_document
from alertd.errors import ConfigError, Mistake
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule
from alertd.rules.testing.case import DEFAULT_TARGET, TestFile
from alertd.rules.testing.forms import TestsOutline
from alertd.rules.testing.reader import About, CaseReader


def load_tests(path: Path) -> TestFile:
    """Read a file of tests, with its rules and its config. Secrets are not read.

    Raises:
        ConfigError: with every mistake in it, in its rules and in its config.
    """
    document = load_document(path)
    mistakes: list[Mistake] = []
    form = validate(TestsOutline, document)
    config = _config(document, form, mistakes)
    rules = _rules(document, form, config, mistakes)
    about = About(rules, _targets(config))
    read = [CaseReader(document, index, about, mistakes).read() for index in range(len(form.tests))]
    mistakes += _namesakes(document, len(form.tests))
    if mistakes:
        raise ConfigError(mistakes)
    cases = tuple(case for case in read if case is not None)
    return TestFile(path=path, rules=tuple(rules or ()), config=config, cases=cases)


def _config(document: Document, form: TestsOutline, mistakes: list[Mistake]) -> Config | None:
    if form.config is None:
        return None
    path = document.path.parent / form.config
    if not path.is_file():
        mistakes.append(document.mistake(("config",), f"config: there is no file {path}"))
        return None
    try:
        return load_config(path)
    except ConfigError as error:
        mistakes += error.mistakes
        return None


def _rules(document: Document, form: TestsOutline, config: Config | None, mistakes: list[Mistake]) -> list[Rule] | None:
    """The rules that are tested; None where they have mistakes, which are noted."""
    before = len(mistakes)
    paths = _rule_files(document, form, config, mistakes)
    if len(mistakes) > before or not paths:
        return None
    try:
        return load_rules(paths, taken_names(config.document) if config else None)
    except ConfigError as error:
        mistakes += error.mistakes
        return None


def _rule_files(document: Document, form: TestsOutline, config: Config | None, mistakes: list[Mistake]) -> list[Path]:
    if form.rules:
        paths, without = expand_patterns(form.rules, document.path.parent)
        mistakes += [
            document.mistake(("rules", index), f'no rule file matches "{form.rules[index]}"') for index in without
        ]
        return paths
    if config is not None and form.rules is None:
        return expand_patterns(config.settings.rules, config.base)[0]
    if form.config is None or form.rules is not None:
        mistakes.append(document.mistake(("rules",), "rules: name the rule files, relative to this one", key=True))
    return []


def _targets(config: Config | None) -> tuple[str, ...]:
    if config is None:
        return (DEFAULT_TARGET,)
    return tuple(target.name for receiver in config.settings.receivers for target in receiver.targets)


def _namesakes(document: Document, count: int) -> Iterator[Mistake]:
    """Two tests of one name could not be told apart."""
    lines: dict[str, int] = {}
    for index in range(count):
        loc: Loc = ("tests", index, "name")
        name = document.get(loc)
        if isinstance(name, str):
            if name in lines:
                yield document.mistake(loc, f'two tests are called "{name}"; the first is in line {lines[name]}')
            lines.setdefault(name, document.place(loc)[0])

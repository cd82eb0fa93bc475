"""Rule files → Rules, or every mistake in all of them, each with its place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from alertd.config.durations import parse_duration
from alertd.config.forms import OFF, check_zone
from alertd.config.validate import validate
from alertd.config.yaml import Document, Loc, load_document
from alertd.errors import ConfigError, Mistake
from alertd.fields import Kind
from alertd.matchers import Matcher, parse_matcher
from alertd.model import OWN_RULES, Severity, Value
from alertd.rules.expression import Expression, compile_expression
from alertd.rules.forms import BUILT_IN_LABELS, LABEL, NAME, FileForm, LevelForm, RuleForm
from alertd.rules.rule import Level, Override, Rule
from alertd.rules.suggest import did_you_mean
from alertd.rules.tree import ExpressionError
from alertd.rules.windows import span_mistake

_KIND_WORDS = {Kind.NUMBER: "a number", Kind.TEXT: "a text", Kind.FLAG: "true or false", Kind.DURATION: "a duration"}


def load_rules(paths: Iterable[Path], taken: Mapping[str, str] | None = None) -> list[Rule]:
    """Every rule of these files, in their order; `taken` are names that something else has, and where.

    Raises:
        ConfigError: with every mistake in every file.
    """
    mistakes: list[Mistake] = []
    rules: list[Rule] = []
    names = _Names(taken or {})
    for path in paths:
        try:
            rules += _load_file(path, names, mistakes)
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(mistakes)
    return rules


class _Names:
    """Which names are taken, over all files, and where."""

    def __init__(self, taken: Mapping[str, str]) -> None:
        self._places = dict(taken)

    def take(self, name: str, document: Document, loc: Loc) -> Mistake | None:
        """Note a rule's name or former name; a mistake where it is another's."""
        if name in OWN_RULES:
            return document.mistake(loc, f"{name} is an alert of alertd about itself: choose another name")
        if name in self._places:
            return document.mistake(loc, f"the name {name} is taken: first in {self._places[name]}")
        self._places[name] = f"{document.path}:{document.place(loc)[0]}"
        return None


def _load_file(path: Path, names: _Names, mistakes: list[Mistake]) -> list[Rule]:
    if _is_blank(path):
        return []
    document = load_document(path)
    rules = validate(FileForm, document).rules or []
    loaded = (_RuleReader(document, index, names, mistakes).read() for index in range(len(rules)))
    return [rule for rule in loaded if rule is not None]


def _is_blank(path: Path) -> bool:
    """Whether every line is empty or a comment: a file of rules that are all switched off is fine."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


class _RuleReader:
    """Reads one rule and collects its mistakes; a class because each step needs the document and the place in it."""

    def __init__(self, document: Document, index: int, names: _Names, mistakes: list[Mistake]) -> None:
        self._document = document
        self._index = index
        self._loc: Loc = ("rules", index)
        self._names = names
        self._mistakes = mistakes
        self._kinds: dict[str, Kind] = {}

    def read(self) -> Rule | None:
        """The rule; None where it has mistakes, which are noted."""
        before = len(self._mistakes)
        try:
            form = validate(RuleForm, self._document, self._loc)
        except ConfigError as error:
            self._mistakes += error.mistakes
            self._check_rest()
            return None
        self._check_names(form.alert, form.was)
        self._check_labels(form)
        self._kinds = {name: _kind_of(value) for name, value in form.params.items()}
        match = self._matchers(form.match, "match")
        overrides = tuple(self._overrides(form))
        levels = self._levels(form)
        self._check_spans(form, levels)
        if len(self._mistakes) > before:
            return None
        line, column = self._document.place((*self._loc, "alert"))
        return Rule(
            name=form.alert,
            was=tuple(form.was),
            levels=levels,
            match=match,
            params=form.params,
            param_lines=self._lines(form.params, "params"),
            overrides=overrides,
            labels=form.labels,
            summary=form.summary,
            description=form.description,
            runbook=form.runbook,
            flapping=OFF if form.flapping is None and "flapping" in form.model_fields_set else form.flapping,
            cause=form.cause,
            shadow=form.mode == "shadow",
            file=self._document.path,
            index=self._index,
            line=line,
            column=column,
        )

    def _note(self, loc: Loc, text: str, *, key: bool = False, offset: int | None = None) -> None:
        self._mistakes.append(self._document.mistake((*self._loc, *loc), text, key=key, offset=offset))

    def _check_rest(self) -> None:
        """Names and conditions of a rule whose keys or types are wrong: a person mends all in one go."""
        written = self._document.get(self._loc)
        if not isinstance(written, dict):
            return
        if isinstance(name := written.get("alert"), str):
            was = written.get("was")
            former = was if isinstance(was, list) and all(isinstance(each, str) for each in was) else []
            self._check_names(name, former)
        if isinstance(match := written.get("match"), list) and all(isinstance(text, str) for text in match):
            self._matchers(match, "match")
        if isinstance(params := written.get("params"), dict):
            self._kinds = {name: _kind_guessed(value) for name, value in params.items()}
        homes: list[tuple[Loc, object]] = [((), written)]
        if isinstance(levels := written.get("levels"), dict):
            homes += [(("levels", name), level) for name, level in levels.items()]
        for loc, home in homes:
            for key in ("when", "until"):
                if isinstance(home, dict) and isinstance(text := home.get(key), str):
                    self._condition(text, (*loc, key))

    def _check_names(self, name: str, was: Sequence[str]) -> None:
        for loc, each in ((("alert",), name), *((("was", at), former) for at, former in enumerate(was))):
            if not NAME.fullmatch(each):
                self._note(loc, "a name is one line of at most 100 characters without a /")
            elif taken := self._names.take(each, self._document, (*self._loc, *loc)):
                self._mistakes.append(taken)

    def _check_labels(self, form: RuleForm) -> None:
        for label, value in form.labels.items():
            if label == "timezone":
                self._check_zone(("labels", label), value)
            elif not LABEL.fullmatch(label):
                self._note(("labels", label), f'"{label}" is no label: letters, digits and _ only', key=True)
            elif label in BUILT_IN_LABELS:
                self._note(("labels", label), f"the label {label} is set by alertd: choose another", key=True)
        for param in form.params:
            if not LABEL.fullmatch(param):
                self._note(("params", param), f'"{param}" is no name of a param: letters, digits and _ only', key=True)

    def _check_zone(self, loc: Loc, zone: str) -> None:
        try:
            check_zone(zone)
        except ValueError as error:
            self._note(loc, str(error))

    def _matchers(self, texts: Sequence[str], *loc: str | int) -> tuple[Matcher, ...]:
        matchers = []
        for at, text in enumerate(texts):
            try:
                matchers.append(parse_matcher(text))
            except ValueError as error:
                self._note((*loc, at), str(error))
        return tuple(matchers)

    def _overrides(self, form: RuleForm) -> Iterator[Override]:
        for at, override in enumerate(form.overrides):
            for name, value in override.params.items():
                self._check_override(("overrides", at, "params", name), name, value)
            yield Override(
                match=self._matchers(override.match, "overrides", at, "match"),
                params=override.params,
                lines=self._lines(override.params, "overrides", at, "params"),
            )

    def _lines(self, names: Iterable[str], *loc: str | int) -> dict[str, int]:
        return {name: self._document.place((*self._loc, *loc, name))[0] for name in names}

    def _check_override(self, loc: Loc, name: str, value: Value) -> None:
        wanted = self._kinds.get(name)
        if wanted is None:
            remedy = did_you_mean(name, self._kinds) or ": give it a value in the rule's params first"
            self._note(loc, f"unknown param {name}{remedy}", key=True)
        elif _kind_of(value) is not wanted:
            self._note(loc, f"{name}: {_KIND_WORDS[wanted]} is wanted, as in the rule's params")

    def _check_spans(self, form: RuleForm, levels: tuple[Level, ...]) -> None:
        """Params that are windows' durations: a window has a length, and a longest one."""
        given = [
            (("params",), form.params),
            *((("overrides", at, "params"), o.params) for at, o in enumerate(form.overrides)),
        ]
        spans = {use for level in levels for each in (level.when, level.until) if each for use in each.span_params}
        for name, source in sorted(spans):
            for loc, params in given:
                if name in params and _kind_of(params[name]) is Kind.DURATION:
                    remedy = span_mistake(parse_duration(str(params[name])).total_seconds(), source)
                    if remedy:
                        self._note((*loc, name), remedy)

    def _levels(self, form: RuleForm) -> tuple[Level, ...]:
        """The levels, worst first; a rule without `levels` has one."""
        if form.levels is None:
            return self._only_level(form)
        for name in ("when", "until", "severity"):
            if getattr(form, name) is not None:
                self._note((name,), f"{name} and levels cannot stand together: write it in each level", key=True)
        written = [(severity, getattr(form.levels, severity.word)) for severity in sorted(Severity, reverse=True)]
        levels = [self._level(severity, level, form, ("levels", severity.word)) for severity, level in written if level]
        if not levels:
            self._note(("levels",), "levels is empty: give it warning, critical or both", key=True)
        return tuple(level for level in levels if level is not None)

    def _only_level(self, form: RuleForm) -> tuple[Level, ...]:
        if form.when is None:
            self._note((), '"when" is missing: write a condition, or levels', key=True)
            return ()
        severity = Severity[(form.severity or "warning").upper()]
        level = LevelForm.model_construct(
            when=form.when, until=form.until, for_=form.for_, keep_firing_for=form.keep_firing_for
        )
        read = self._level(severity, level, form, ())
        return (read,) if read else ()

    def _level(self, severity: Severity, level: LevelForm, form: RuleForm, loc: Loc) -> Level | None:
        when = self._condition(level.when, (*loc, "when"))
        until = None if level.until is None else self._condition(level.until, (*loc, "until"))
        if when is None:
            return None
        return Level(
            severity=severity,
            when=when,
            until=until,
            for_=_first_given(level.for_, form.for_),
            keep_firing_for=_first_given(level.keep_firing_for, form.keep_firing_for),
        )

    def _condition(self, text: str, loc: Loc) -> Expression | None:
        try:
            expression = compile_expression(text, params=self._kinds)
        except ExpressionError as error:
            self._note(loc, error.text, offset=error.offset)
            return None
        if expression.kind is not Kind.FLAG:
            self._note(loc, f"{loc[-1]} must be a yes/no, and this is {_KIND_WORDS[expression.kind]}: compare it")
        elif expression.constant:
            self._note(loc, f"{loc[-1]} reads nothing of the instrument, so it never changes: name a field")
        else:
            return expression
        return None


def _first_given(own: timedelta | None, default: timedelta | None) -> timedelta:
    return own if own is not None else default or timedelta(0)


def _kind_guessed(value: object) -> Kind:
    """What a param was meant to be, where its value is a mistake already noted."""
    if isinstance(value, bool | str):
        return _kind_of(value)
    return Kind.NUMBER


def _kind_of(value: Value) -> Kind:
    """A text that reads as a duration may be used as one."""
    if isinstance(value, bool):
        return Kind.FLAG
    if not isinstance(value, str):
        return Kind.NUMBER
    try:
        parse_duration(value)
    except ValueError:
        return Kind.TEXT
    return Kind.DURATION

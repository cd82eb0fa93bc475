"""What is wrong with a user's templates and rules' texts, found by reading them and by rendering sample alerts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jinja2 import meta

from alertd.errors import Mistake, RenderError
from alertd.fields import FIELDS, PREFIX_OF, Field, Kind
from alertd.model import Alert, EndReason, NotifyReason, Severity, Source, State, Value
from alertd.notify import render_environment as environment
from alertd.notify.letter import Letter
from alertd.notify.render import Draft, Renderer, template_names
from alertd.notify.render_context import TEXT_NAMES, alert_entry, text_context
from alertd.notify.render_texts import TextRenderer
from alertd.rules.rule import Rule

_AT = datetime(2026, 1, 10, 2, 10, tzinfo=UTC)
"""Any time will do for a sample."""
_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_NO_ATTRIBUTE = re.compile(r"has no attribute '([^']*)'")
_UNDEFINED = re.compile(r"'([^']*)' is undefined")
_NO_FILTER = re.compile(r"No (filter|test) named '([^']*)'")
_SAMPLES: Mapping[Kind, Value] = {Kind.NUMBER: 11.21, Kind.TEXT: "Error", Kind.FLAG: False}


def check_templates(folder: Path | None) -> list[Mistake]:
    """Every mistake in a folder that overrides shipped templates: names, syntax, and what fails on sample alerts."""
    if folder is None:
        return []
    if not folder.is_dir():
        return [Mistake(folder, 1, 1, "no such folder of templates")]
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path.relative_to(folder)))
    names = {path.relative_to(folder).as_posix(): path for path in files}
    mistakes = [_misnamed(path, name) for name, path in names.items() if name not in template_names()]
    for name, path in names.items():
        if name in template_names():
            mistakes.extend(_template_mistakes(folder, name, path))
    return mistakes


def check_texts(rules: Iterable[Rule]) -> list[Mistake]:
    """Every mistake in rules' summaries and descriptions, at the key's place where the rule knows it."""
    return [mistake for rule in rules for mistake in _rule_mistakes(rule)]


def _misnamed(path: Path, name: str) -> Mistake:
    close = get_close_matches(name, template_names(), 1)
    hint = f"did you mean {close[0]}?" if close else f"it is one of {', '.join(template_names())}"
    return Mistake(path, 1, 1, f"{name} is no template: {hint}")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _template_mistakes(folder: Path, name: str, path: Path) -> Iterator[Mistake]:
    channel = name.partition("/")[0]
    letters = [_letter(firing=1, resolved=0), _letter(firing=2, resolved=1), _letter(firing=0, resolved=1)]
    try:
        environment.load_template(name, path)
        unknown = _unknown_names(path.read_text(encoding="utf-8"), environment.environment_of(name), _letter_names())
        if unknown:
            yield Mistake(path, 1, 1, unknown)
            return
    except RenderError as error:
        yield _mistake(path, error)
        return
    found = set()
    for letter in letters:
        for failure in Renderer(folder).render(letter, channel).failures:
            if failure.template == name and str(failure) not in found:
                found.add(str(failure))
                yield _mistake(path, failure)


def _mistake(path: Path, error: RenderError) -> Mistake:
    text = str(error).removeprefix(f"{error.template}: ")
    placed = _LINE.match(text)
    line, words = (int(placed[1]), placed[2]) if placed else (1, text)
    return Mistake(path, line, 1, _in_plain_words(words, _letter_names()))


def _rule_mistakes(rule: Rule) -> Iterator[Mistake]:
    places: Mapping[str, tuple[int, int]] = getattr(rule, "text_places", {})
    for key, source in (("summary", rule.summary), ("description", rule.description)):
        text = _text_mistake(rule, source) if source else None
        if text:
            line, column = places.get(key, (rule.line, 1))
            yield Mistake(rule.file, line, column, f"{key} of {rule.name}: {text}")


def _text_mistake(rule: Rule, source: str) -> str | None:
    try:
        environment.compile_template("text", source, environment.text_environment())
        unknown = _unknown_names(source, environment.text_environment(), TEXT_NAMES)
        if unknown:
            return unknown
        entry = alert_entry(_sample_of(rule), "UTC")
        TextRenderer().render(source, text_context(entry, _AT))
    except RenderError as error:
        words = str(error).removeprefix("text: ")
        known = [*TEXT_NAMES, "serial", "name", "model", "labels", *rule.params, *rule.labels]
        return _in_plain_words(words.removeprefix("line 1: "), known)
    return None


def _unknown_names(source: str, sandbox: environment.Sandbox, known: Iterable[str]) -> str | None:
    """Names that no sample needs to reach: those in a branch that is not taken are found as well."""
    names = meta.find_undeclared_variables(sandbox.parse(source)) - set(known) - set(sandbox.globals)
    return "; ".join(f"unknown name {name}{_hint(name, known)}" for name in sorted(names)) or None


def _in_plain_words(text: str, known: Iterable[str]) -> str:
    for pattern in (_NO_ATTRIBUTE, _UNDEFINED):
        if found := pattern.search(text):
            return f"unknown name {found[1]}{_hint(found[1], known)}"
    if found := _NO_FILTER.search(text):
        return f"unknown {found[1]} {found[2]}{_hint(found[2], environment.text_environment().filters)}"
    return text


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), 1)
    return f": did you mean {close[0]}?" if close else ""


def _letter_names() -> list[str]:
    return list(Draft(_letter(firing=1, resolved=0), TextRenderer()).context(1, 0))


def _letter(*, firing: int, resolved: int) -> Letter:
    alerts = [_sample(index) for index in range(firing)]
    ended = [_sample(firing + index, ended=True) for index in range(resolved)]
    return Letter(
        target="field-mail",
        receiver="field-team",
        reason=NotifyReason.FIRST,
        group_labels={"alertname": "LowVoltage", "site": "Quarry A"},
        firing=tuple(alerts),
        resolved=tuple(ended),
        now=_AT + timedelta(hours=3),
        external_url="https://alertd.example.com",
    )


def _sample_of(rule: Rule) -> Alert:
    """An alert of this rule such as might be, with every field its conditions measure."""
    fields = {
        f"{PREFIX_OF[source]}.{name}": _sample_value(FIELDS[source].get(name))
        for level in rule.levels
        for source, name in level.when.fields
    }
    return _sample(0, rule=rule.name, values=fields, params=rule.params, labels=rule.labels)


def _sample_value(field: Field | None) -> Value:
    return _SAMPLES.get(field.kind, 1.0) if field is not None else 1.0


def _sample(index: int, *, ended: bool = False, rule: str = "LowVoltage", **given: Any) -> Alert:
    serial = f"QT{index:06}"
    labels = {"alertname": rule, "instrument": serial, "name": f"Monitor {index}", "model": "CR:900"}
    return Alert(
        id=f"sample-{index}",
        rule=rule,
        subject=serial,
        state=State.RESOLVED if ended else State.FIRING,
        severity=Severity.WARNING,
        labels={**labels, "severity": "warning", "site": "Quarry A", **given.get("labels", {})},
        values=given.get("values", {f"{PREFIX_OF[Source.CURRENT]}.voltage": 11.21}),
        explanation="voltage 11.21 V < 11.3 V",
        name=f"Monitor {index}",
        model="CR:900",
        params=given.get("params", {"low": 11.3}),
        active_at=_AT,
        fired_at=_AT + timedelta(minutes=10),
        resolved_at=_AT + timedelta(hours=2) if ended else None,
        resolved_reason=EndReason.RECOVERED if ended else None,
    )

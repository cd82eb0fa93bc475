"""What is wrong with a user's templates and rules' texts, found by reading them and by rendering sample alerts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from alertd.config.yaml import load_document
from alertd.errors import ConfigError, Mistake, RenderError, TextError
from alertd.fields import FIELDS, PREFIX_OF, Field, Kind
from alertd.model import Alert, EndReason, NotifyReason, Severity, Source, State, Value
from alertd.notify import render_environment as environment
from alertd.notify.letter import Digest, Letter, Line, Section
from alertd.notify.render import Renderer, template_names
from alertd.notify.render_context import TEXT_NAMES, alert_entry, text_context
from alertd.notify.render_draft import Draft
from alertd.notify.render_flaws import Flaw, flaw_of, flaws, hint
from alertd.notify.render_texts import TextRenderer
from alertd.rules.rule import Rule

_AT = datetime(2026, 1, 10, 2, 10, tzinfo=UTC)
"""Any time will do for a sample."""
_DIGEST = Digest(due_at=_AT, firing=1, ended=0, zone="UTC", sections=(Section("Firing", (Line("LowVoltage"),)),))
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
    renderer = Renderer(folder)
    for name, path in names.items():
        if name in template_names():
            mistakes.extend(_template_mistakes(renderer, name, path))
    return mistakes


def check_texts(rules: Iterable[Rule]) -> list[Mistake]:
    """Every mistake in rules' summaries and descriptions, at the key's place where the rule knows it."""
    return [mistake for rule in rules for mistake in _rule_mistakes(rule)]


def _misnamed(path: Path, name: str) -> Mistake:
    close = hint(name, template_names()) or f": it is one of {', '.join(template_names())}"
    return Mistake(path, 1, 1, f"{name} is no template{close}")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _template_mistakes(renderer: Renderer, name: str, path: Path) -> Iterator[Mistake]:
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        yield Mistake(path, 1, 1, f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}")
        return
    for flaw in flaws(source, environment.environment_of(name), _letter_names(), (), lambda: _failures(renderer, name)):
        before = source[: flaw.offset]
        yield Mistake(path, before.count("\n") + 1, flaw.offset - before.rfind("\n"), flaw.text)


def _failures(renderer: Renderer, name: str) -> Iterator[RenderError]:
    """What goes wrong with a template on one alert, on three, on an ending and, where it knows of them, on a digest."""
    alerts = (_letter(firing=1, resolved=0), _letter(firing=2, resolved=1), _letter(firing=0, resolved=1))
    for letter in (*alerts, replace(alerts[0], reason=NotifyReason.DIGEST, digest=_DIGEST)):
        rendered = renderer.render(letter, name.partition("/")[0])
        yield from (failure for failure in rendered.failures if failure.template == name)


def _rule_mistakes(rule: Rule) -> Iterator[Mistake]:
    for key, source in (("summary", rule.summary), ("description", rule.description)):
        if source:
            trial = partial(_text_failures, rule, source)
            for flaw in flaws(source, environment.text_environment(), TEXT_NAMES, _parts(rule), trial):
                yield _text_mistake(rule, key, flaw)


def text_mistake(rule: Rule, error: TextError) -> Mistake:
    """The failure of a rule's `summary` or `description` as a mistake at its place in the rule's file."""
    source = rule.summary if error.key == "summary" else rule.description
    return _text_mistake(rule, error.key, flaw_of(error.text, source, [*TEXT_NAMES, *_parts(rule)]))


def template_mistake(folder: Path, error: RenderError) -> Mistake:
    """The failure of a template of this folder as a mistake at its place in the file."""
    path = folder / error.template
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return Mistake(path, 1, 1, str(error))
    flaw = flaw_of(str(error).removeprefix(f"{error.template}: "), source, _letter_names())
    before = source[: flaw.offset]
    return Mistake(path, before.count("\n") + 1, flaw.offset - before.rfind("\n"), flaw.text)


def _text_mistake(rule: Rule, key: str, flaw: Flaw) -> Mistake:
    text = f"{key} of {rule.name}: {flaw.text}"
    try:
        document = load_document(rule.file)
    except ConfigError:
        return Mistake(rule.file, rule.line, 1, text)
    return document.mistake(("rules", rule.index, key), text, offset=flaw.offset)


def _parts(rule: Rule) -> list[str]:
    return ["serial", "name", "model", *rule.params, *rule.labels]


def _text_failures(rule: Rule, source: str) -> Iterator[RenderError]:
    entry = alert_entry(_sample_of(rule), "UTC")
    try:
        TextRenderer().render(source, text_context(entry, _AT))
    except RenderError as error:
        yield error


def _letter_names() -> list[str]:
    return list(Draft(_letter(firing=1, resolved=0), TextRenderer()).context(0, 1, 0))


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

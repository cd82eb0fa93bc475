"""How the reasons of an alert and the rules of one monitor look as JSON: one form for every command and interface."""

from collections.abc import Iterable
from datetime import timedelta
from math import isfinite
from pathlib import Path

from alertd.config.durations import format_duration
from alertd.config.load import Config
from alertd.config.settings import Settings
from alertd.daemon.fleet import asked_of
from alertd.daemon.reasons import Reasons, Seen, Timer
from alertd.model import Alert, Delivery, Instrument, Source
from alertd.present import Json, ack_json, time_text
from alertd.rules.effective import Given, given_params, in_place, missed
from alertd.rules.parts import Part, WindowPart
from alertd.rules.rule import Rule, labels_of
from alertd.rules.spelling import spell_value


def place_text(file: Path, line: int, base: Path) -> str:
    """`rules/power.yaml:12`, from the config's folder where it is in there."""
    shown = file.relative_to(base) if file.is_relative_to(base) else file
    return f"{shown}:{line}"


def rule_place(rule: Rule, config: Config) -> str:
    """Where the rule stands."""
    return place_text(rule.file, rule.line, config.base)


def reasons_json(reasons: Reasons, config: Config) -> Json:
    """Why an alert stands as it does."""
    alert, rule, stand = reasons.alert, reasons.rule, reasons.stand
    return {
        "instrument": reasons.subject if rule is not None else "",
        "subject": reasons.subject,
        "alertname": reasons.name,
        "at": time_text(reasons.at),
        "verdict": reasons.verdict.value,
        "explanation": reasons.explanation,
        "values": {name: seen_json(seen) for name, seen in reasons.values.items()},
        "state": reasons.state,
        "timers": {severity.word: timer_json(timer) for severity, timer in reasons.timers.items()},
        "muted_by": list(stand.muted_by),
        "told": {
            target: [{"at": time_text(each.at), "reason": each.reason.value, "title": each.title} for each in messages]
            for target, messages in reasons.told.items()
        },
        "source": "alertd itself" if rule is None else rule_place(rule, config),
        "applies": not reasons.not_watched,
        "why_not": reasons.not_watched or None,
        "asks": reasons.asks or None,
        "alert": None if alert is None else _alert_json(alert),
        "acknowledged": None if stand.ack is None else ack_json(stand.ack),
        "flapping": stand.flapping,
        "changes": stand.changes,
        "mode": "shadow" if stand.shadow else "live",
        "parts": [
            {"severity": level.severity.word, "of": name, **_part_json(part)}
            for level in reasons.levels
            for name, part in (("when", level.when), ("until", level.until))
            if part is not None
        ],
        "params": {} if rule is None else given_json(reasons.params, rule, config),
        "undelivered": [_untold_json(each) for each in reasons.untold],
        "route": [
            {
                "source": place_text(config.path, config.document.place(look.loc)[0], config.base),
                "receiver": look.route.receiver,
                "matchers": [str(matcher) for matcher in look.route.matchers],
                "taken": look.taken,
                "ends": look.ends,
                "why": look.why or None,
            }
            for look in reasons.ways.looks
        ],
        "receivers": list(reasons.ways.receivers),
        "targets": list(reasons.ways.targets),
        "notes": list(reasons.notes),
    }


def given_json(params: Iterable[Given], rule: Rule, config: Config) -> Json:
    """Each param in force, with who gave it."""
    return {
        given.name: {
            "value": given.value,
            "source": place_text(rule.file, given.line, config.base),
            "override": [str(matcher) for matcher in given.match] or None,
        }
        for given in params
    }


def given_words(given: Given, rule: Rule, config: Config) -> str:
    """The same in words: `low = 22.6, from rules/power.yaml:17, the override for supply="24v"`."""
    place = place_text(rule.file, given.line, config.base)
    override = f", the override for {', '.join(map(str, given.match))}" if given.match else ""
    return f"{given.name} = {spell_value(given.value)}, from {place}{override}"


def effective_json(rule: Rule, instrument: Instrument, config: Config) -> Json:
    """What a rule comes to on one monitor, or why it is not about it."""
    labels = labels_of(instrument)
    terms = {level.severity: level for level in rule.levels}
    why_not = missed(rule, labels)
    return {
        "alertname": rule.name,
        "instrument": instrument.serial,
        "applies": not why_not,
        "why_not": why_not or None,
        "mode": "shadow" if rule.shadow else "live",
        "source": rule_place(rule, config),
        "levels": {
            level.severity.word: {
                "when": level.when,
                "until": level.until,
                "for": format_duration(terms[level.severity].for_),
                "keep_firing_for": format_duration(terms[level.severity].keep_firing_for),
            }
            for level in in_place(rule, labels)
        },
        "params": given_json(given_params(rule, labels), rule, config),
        "labels": dict(rule.labels),
        "not_polled": never_polled(rule, instrument, config.settings),
    }


def never_polled(rule: Rule, instrument: Instrument, settings: Settings) -> list[str]:
    """The sources that the rule reads and nobody asks this monitor for: without them it stays unknown."""
    every = settings.poll.every
    return [s.value for s in Source if s in rule.sources and (s not in every or not asked_of(s, [instrument]))]


def seen_json(seen: Seen) -> Json:
    """One value; where it does not count, the one on record and why."""
    found: Json = {"value": seen.value, "measured_at": time_text(seen.measured_at), "age": _seconds(seen.age)}
    return found if seen.value is not None else {**found, "last": seen.last, "why": seen.why}


def timer_json(timer: Timer) -> Json:
    """One level's timers, in seconds."""
    return {
        "state": "inactive" if timer.state is None else timer.state.value,
        "active_at": time_text(timer.active_at),
        "for": _seconds(timer.for_),
        "breached_for": _seconds(timer.breached_for),
        "missing": _seconds(timer.missing),
        "keep_firing_for": _seconds(timer.keep_firing_for),
        "clear_for": _seconds(timer.clear_for),
        "clear_missing": _seconds(timer.clear_missing),
        "observed_at": time_text(timer.observed_at),
    }


def _part_json(part: Part) -> Json:
    return {
        "text": part.text,
        "verdict": part.verdict.value,
        "explanation": part.explanation,
        "parts": [_part_json(each) for each in part.parts],
        "windows": [_window_json(each) for each in part.windows],
    }


def _window_json(window: WindowPart) -> Json:
    known = isinstance(window.value, float) and isfinite(window.value)
    return {
        "text": window.text,
        "field": window.field,
        "window": _seconds(window.span),
        "offset": _seconds(window.offset),
        "samples": window.samples,
        "value": window.value if known or not isinstance(window.value, float) else "never",
        "explanation": window.explanation,
    }


def _alert_json(alert: Alert) -> Json:
    return {
        "id": alert.id,
        "severity": alert.severity.word,
        "active_at": time_text(alert.active_at),
        "fired_at": time_text(alert.fired_at),
        "resolved_at": time_text(alert.resolved_at),
        "resolved_reason": alert.resolved_reason.value if alert.resolved_reason else None,
        "stale_since": time_text(alert.stale_since),
    }


def _untold_json(delivery: Delivery) -> Json:
    return {
        "target": delivery.target,
        "reason": delivery.reason.value,
        "title": delivery.message.title,
        "state": delivery.state.value,
        "decided_at": time_text(delivery.decided_at),
        "error": delivery.error,
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def span_words(span: timedelta) -> str:
    """`10m`, without parts of a second where it is longer than one."""
    return format_duration(span if span < timedelta(seconds=1) else timedelta(seconds=int(span.total_seconds())))

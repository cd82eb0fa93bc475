"""How the reasons of an alert and the rules of one monitor look as JSON: one form for every command and interface."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from alertd.config.durations import format_duration
from alertd.config.load import Config
from alertd.daemon.reasons import Reasons, Seen, Timer
from alertd.model import Alert, Delivery
from alertd.present import Json, ack_json, time_text
from alertd.rules.effective import Given
from alertd.rules.parts import Part
from alertd.rules.rule import Rule


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

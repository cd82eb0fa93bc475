"""Alerts and letters to render."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from alertd.model import Alert, EndReason, NotifyReason, Severity, State
from alertd.notify.letter import Letter, RuleTexts

AT = datetime(2026, 11, 24, 2, 10, tzinfo=UTC)

TEXTS: Mapping[str, RuleTexts] = {
    "LowVoltage": RuleTexts(
        summary="{{ instrument.name }} is at {{ value | round(2) }} V",
        description="Below {{ params.low }} V since {{ active_at | local }}.",
        runbook="https://wiki.example.com/low-voltage",
    )
}


def alert(index: int = 0, **given: Any) -> Alert:
    """A LowVoltage that fires; `given` replaces what is told of it."""
    serial = f"QT{123456 + index}"
    rule = given.get("rule", "LowVoltage")
    labels = {"alertname": rule, "instrument": serial, "site": "Quarry A", "timezone": "Europe/London"}
    usual: dict[str, Any] = {
        "id": f"alert-{index}",
        "rule": rule,
        "subject": serial,
        "state": State.FIRING,
        "severity": Severity.CRITICAL,
        "labels": labels,
        "values": {"current.voltage": 11.21},
        "explanation": "voltage 11.21 V < 11.3 V",
        "name": "Quarry A north",
        "model": "CR:900",
        "params": {"low": 11.3},
        "active_at": AT,
        "fired_at": AT + timedelta(minutes=10),
    }
    return Alert(**{**usual, **given})


def ended(index: int = 0, **given: Any) -> Alert:
    """A LowVoltage that is over."""
    usual: dict[str, Any] = {
        "state": State.RESOLVED,
        "values": {"current.voltage": 12.6},
        "explanation": "voltage 12.6 V ≥ 11.6 V",
        "resolved_at": AT + timedelta(hours=2, minutes=5),
        "resolved_reason": EndReason.RECOVERED,
    }
    return alert(index, **{**usual, **given})


def own(**given: Any) -> Alert:
    """An alert of alertd about itself."""
    usual: dict[str, Any] = {
        "rule": "TargetFailing",
        "subject": "field-mail",
        "severity": Severity.WARNING,
        "labels": {"alertname": "TargetFailing", "instrument": "", "source": "alertd", "target": "field-mail"},
        "values": {},
        "explanation": "5 attempts failed; the last: HTTP 500",
        "name": "",
        "params": {},
        "own": True,
    }
    return alert(**{**usual, **given})


def letter(firing: Iterable[Alert] = (), resolved: Iterable[Alert] = (), **given: Any) -> Letter:
    """A letter about these alerts."""
    usual: dict[str, Any] = {
        "target": "field-mail",
        "receiver": "field-team",
        "reason": NotifyReason.FIRST,
        "group_labels": {},
        "now": AT + timedelta(hours=3),
        "external_url": "https://alertd.example.com",
        "texts": TEXTS,
    }
    return Letter(firing=tuple(firing), resolved=tuple(resolved), **{**usual, **given})

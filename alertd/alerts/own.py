"""alertd's alerts about itself: they stand as long as their condition does, without timers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertd.alerts.life import Step, alert_id
from alertd.alerts.life import end as end_alert
from alertd.model import OWN_RULES, Alert, EndReason, State, Transition, TransitionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something about alertd that a person should know while it is so. Identity: (rule, about)."""

    rule: str
    about: str
    explanation: str
    labels: Mapping[str, str] = field(default_factory=dict)


def advance_own(
    active: Iterable[Alert], standing: Iterable[Condition], judged: Iterable[str], now: datetime
) -> list[Step]:
    """Begin and end own alerts so that those of the `judged` rules are just the standing conditions.

    `active` are the firing own alerts; those of rules that were not judged are left alone.
    """
    by_identity = {(alert.rule, alert.subject): alert for alert in active if alert.own}
    wanted = {(condition.rule, condition.about): condition for condition in standing}
    judged_rules = set(judged)
    steps = [_begun(condition, now) for key, condition in wanted.items() if key not in by_identity]
    for key, alert in by_identity.items():
        if key in wanted:
            explanation = wanted[key].explanation
            if explanation != alert.explanation:
                steps.append(Step(replace(alert, explanation=explanation)))
        elif alert.rule in judged_rules:
            steps.append(end_alert(alert, EndReason.RECOVERED, now))
    return steps


def _begun(condition: Condition, now: datetime) -> Step:
    severity = OWN_RULES[condition.rule]
    alert = Alert(
        id=alert_id(condition.rule, condition.about, now, now),
        rule=condition.rule,
        subject=condition.about,
        state=State.FIRING,
        severity=severity,
        labels={
            "alertname": condition.rule,
            "instrument": "",
            "name": "",
            "model": "",
            "severity": severity.word,
            "source": "alertd",
            **condition.labels,
        },
        values={},
        explanation=condition.explanation,
        active_at=now,
        fired_at=now,
        recorded_at=now,
        own=True,
    )
    fired = Transition(
        alert_id=alert.id,
        kind=TransitionKind.FIRED,
        at=now,
        severity=severity,
        reason="breached",
        explanation=alert.explanation,
    )
    return Step(alert, (fired,))

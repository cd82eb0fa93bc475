"""alertd's alerts about itself: they stand as long as their condition does, without timers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertd.alerts.life import Step, alert_id
from alertd.alerts.life import end as end_alert
from alertd.model import OWN_RULES, Alert, EndReason, State, Transition, TransitionKind

Identity = tuple[str, str]
"""Its name and what it is about: a target, a rule, a template, an endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something about alertd that a person should know while it is so."""

    rule: str
    about: str
    explanation: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> Identity:
        """By which it is one alert."""
        return self.rule, self.about


def advance_own(
    active: Iterable[Alert], standing: Iterable[Condition], over: Collection[Identity], now: datetime
) -> list[Step]:
    """Begin what stands and does not fire yet, end what is over; every other own alert goes on.

    What stands is not over, even where it is in both. `active` may hold other alerts too.
    """
    firing = {(alert.rule, alert.subject): alert for alert in active if alert.own}
    wanted = {condition.identity: condition for condition in standing}
    steps = [_begun(condition, now) for identity, condition in wanted.items() if identity not in firing]
    for identity, alert in firing.items():
        if identity in wanted:
            explanation = wanted[identity].explanation
            if explanation != alert.explanation:
                steps.append(Step(replace(alert, explanation=explanation)))
        elif identity in over:
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

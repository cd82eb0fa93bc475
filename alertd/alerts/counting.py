"""How often a rule would have fired: its verdicts one after another, through the alert's own life. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alertd.alerts.life import Subject, advance
from alertd.model import Alert, State, TransitionKind
from alertd.rules.evaluate import evaluate, quiet
from alertd.rules.rule import BoundRule
from alertd.rules.view import View


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert that fired, and its end; None where it goes on."""

    fired_at: datetime
    ended_at: datetime | None


def firings(bound: BoundRule, about: Subject, views: Iterable[tuple[View, datetime]]) -> list[Firing]:
    """What a rule makes of views in the order of their times, each with its sample time (rules.evaluate.moment)."""
    found: list[Firing] = []
    alert: Alert | None = None
    for view, at in views:
        if alert is None and quiet(bound, view):
            continue
        step = advance(alert, evaluate(bound, view, at), about, view.now)
        for transition in step.transitions:
            if transition.kind is TransitionKind.RESOLVED:
                found[-1] = Firing(found[-1].fired_at, transition.at)
            elif transition.kind is TransitionKind.FIRED:
                found.append(Firing(transition.at, None))
        alert = None if step.alert is None or step.alert.state is State.RESOLVED else step.alert
    return found

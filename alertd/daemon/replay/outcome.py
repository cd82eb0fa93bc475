"""What a replay came to: which rules fired how often and how long, who would have been told, what another set says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertd.daemon.muting import Stand
from alertd.daemon.replay.lives import Life
from alertd.model import Alert, Delivery, Instrument, State, Told, Transition
from alertd.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSum:
    """How one rule did."""

    rule: str
    alerts: tuple[Alert, ...]
    """Those that fired, in the order they began to."""
    firing_for: timedelta

    @property
    def fired(self) -> int:
        """How often it fired."""
        return len(self.alerts)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The whole of a replay."""

    start: datetime
    end: datetime
    source: str
    """store or api."""
    rules: Sequence[Rule]
    fleet: Sequence[Instrument]
    records: int
    alerts: Sequence[Alert]
    """Every one that fired or is pending at the end, alertd's own too, newest first."""
    stands: Mapping[str, Stand]
    """How each stands at the end, by alert id."""
    told: Sequence[Told]
    timelines: Mapping[str, Sequence[Transition]]
    """By alert id."""
    messages: Sequence[Delivery]
    only_before: Sequence[Alert] | None = None
    """What only the other rules would have told; None where there are no others."""
    only_after: Sequence[Alert] | None = None
    notes: list[str] = field(default_factory=list)
    """What to know when reading it."""
    failures: list[str] = field(default_factory=list)
    """Sources that could not be read, wholly or in part."""
    warnings: list[str] = field(default_factory=list)

    def sums(self) -> list[RuleSum]:
        """Every rule, in the order of the files, then what alertd would have said of itself."""
        by_rule: dict[str, list[Alert]] = {rule.name: [] for rule in self.rules}
        for alert in self.alerts:
            if alert.fired_at is not None:
                by_rule.setdefault(alert.rule, []).append(alert)
        return [
            RuleSum(
                rule=name,
                alerts=tuple(sorted(alerts, key=_fired)),
                firing_for=sum((self.firing_for(alert) for alert in alerts), timedelta(0)),
            )
            for name, alerts in by_rule.items()
        ]

    def firing_for(self, alert: Alert) -> timedelta:
        """How long an alert fired within the replay."""
        begin, end = spans_of(alert, self.end)
        return max(timedelta(0), end - max(begin, self.start))


def fired_alerts(lives: Iterable[Life]) -> list[Alert]:
    """Every alert that fired, as it was at its end."""
    newest = {change.alert.id: change.alert for life in lives for change in life.changes if change.alert is not None}
    return sorted((alert for alert in newest.values() if alert.fired_at is not None), key=_fired)


def timelines_of(lives: Iterable[Life]) -> dict[str, list[Transition]]:
    """What happened to each alert, by its id."""
    found: dict[str, list[Transition]] = {}
    for life in lives:
        for change in life.changes:
            for transition in change.transitions:
                found.setdefault(transition.alert_id, []).append(transition)
    return found


def unmatched(some: Iterable[Alert], others: Iterable[Alert], end: datetime) -> list[Alert]:
    """Those of which no other of the same rule and instrument fires at any time while they do."""
    by_key: dict[tuple[str, str], list[Alert]] = {}
    for other in others:
        by_key.setdefault((other.rule, other.subject), []).append(other)
    return [
        alert
        for alert in some
        if not any(_overlap(alert, other, end) for other in by_key.get((alert.rule, alert.subject), ()))
    ]


def spans_of(alert: Alert, end: datetime) -> tuple[datetime, datetime]:
    """From when to when it fired."""
    return alert.fired_at or alert.active_at, alert.resolved_at or end


def shown(alerts: Iterable[Alert]) -> list[Alert]:
    """Those that anybody would want to see, newest first: what fired, and what is pending."""
    seen = [alert for alert in alerts if alert.state is not State.RESOLVED or alert.fired_at is not None]
    return sorted(seen, key=lambda alert: alert.active_at, reverse=True)


def _overlap(a: Alert, b: Alert, end: datetime) -> bool:
    (a_start, a_end), (b_start, b_end) = spans_of(a, end), spans_of(b, end)
    return a_start <= b_end and b_start <= a_end


def _fired(alert: Alert) -> tuple[datetime, str, str]:
    return alert.fired_at or alert.active_at, alert.rule, alert.subject

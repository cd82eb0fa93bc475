"""What was so at an earlier time: the records that were newest then, how alerts stood, what held messages back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.model import Alert, LevelState, Sample, Severity, Source, State, Transition, TransitionKind
from alertd.notify.known import Known
from alertd.rules.freshness import LONGEST_PERIOD, STATS_PATIENCE
from alertd.store.store import Store

_STEPS = {
    TransitionKind.PENDING: State.PENDING,
    TransitionKind.FIRED: State.FIRING,
    TransitionKind.RESOLVED: State.RESOLVED,
    TransitionKind.CANCELLED: State.RESOLVED,
}
_A_WHILE = timedelta(days=1)
"""How far back a record of `status` and `current` is looked for: longer than it counts, so that it can be shown."""


def records_then(
    store: Store, serial: str, every: Mapping[Source, timedelta], retention: timedelta, at: datetime
) -> dict[Source, Sample]:
    """The newest record of each polled source at a time, as far as it is on record and could count then."""
    newest = {sample.source: sample for sample in store.newest_of(serial)}
    found: dict[Source, Sample] = {}
    for source, interval in every.items():
        sample = newest.get(source)
        if sample is None or sample.at > at:
            back = _looked_back(source, interval, retention)
            sample = store.newest_record(serial, source, at - back, at) if sample is not None else None
        if sample is not None:
            found[source] = sample
    return found


def _looked_back(source: Source, interval: timedelta, retention: timedelta) -> timedelta:
    if source in (Source.STATUS, Source.CURRENT):
        return min(retention, max(_A_WHILE, STATS_PATIENCE * interval))
    if source is Source.STATS:
        return min(retention, STATS_PATIENCE * max(interval, timedelta(seconds=LONGEST_PERIOD)))
    return retention


def alert_then(alert: Alert, transitions: Iterable[Transition], severities: Iterable[Severity], at: datetime) -> Alert:
    """An alert as it stood at a time after its beginning; timers by the times of its steps, unknown times left out.

    `severities` are those of its rule's levels.
    """
    story = _Story(state=State.PENDING, severity=alert.severity, explanation=alert.explanation)
    for step in transitions:
        if step.at <= at:
            story = story.after(step)
    over = story.state is State.RESOLVED
    fired = alert.fired_at is not None and alert.fired_at <= at
    observed = max(timedelta(0), at - alert.active_at - story.stale_for(at))
    return replace(
        alert,
        state=story.state,
        severity=story.severity,
        labels={**alert.labels, "severity": story.severity.word},
        explanation=story.explanation,
        fired_at=alert.fired_at if fired else None,
        resolved_at=alert.resolved_at if over else None,
        resolved_reason=alert.resolved_reason if over else None,
        closed_at=alert.closed_at if over else None,
        stale_since=story.stale_since,
        levels={} if over else _levels(alert, story, severities, observed, at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """What an alert's steps so far come to."""

    state: State
    severity: Severity
    explanation: str
    stale_since: datetime | None = None
    stale: timedelta = timedelta(0)

    def after(self, step: Transition) -> "_Story":
        stale_since = step.at if step.kind is TransitionKind.STALE else None
        stale = self.stale if stale_since is not None else self.stale_for(step.at)
        return replace(
            self,
            state=_STEPS.get(step.kind, self.state),
            severity=step.severity,
            explanation=step.explanation or self.explanation,
            stale_since=stale_since,
            stale=stale,
        )

    def stale_for(self, at: datetime) -> timedelta:
        return self.stale if self.stale_since is None else self.stale + max(timedelta(0), at - self.stale_since)


def _levels(
    alert: Alert, story: _Story, severities: Iterable[Severity], observed: timedelta, at: datetime
) -> dict[Severity, LevelState]:
    """A milder level goes with a worse one; of a worse one than the alert's nothing is on record."""
    seen_at = None if story.stale_since is not None else at
    level = LevelState(phase=story.state, active_at=alert.active_at, breached_for=observed, observed_at=seen_at)
    return {severity: level for severity in severities if severity <= story.severity}


def known_then(store: Store, at: datetime, *, offline: Iterable[str], beside: Alert | None = None) -> Known:
    """What could hold an alert back at a time: what fired then, the silences and acknowledgements of then.

    `beside` is an alert as it stood then, in place of what is on record of it.
    """
    firing = [_as_firing(alert, at) for alert in store.firing_at(at) if beside is None or alert.id != beside.id]
    alerts = firing if beside is None else [*firing, beside]
    return Known(
        alerts=alerts,
        acks=store.standing.acks([alert.id for alert in alerts]),
        silences=store.standing.silences(),
        offline=frozenset(offline),
    )


def _as_firing(alert: Alert, at: datetime) -> Alert:
    """It fired then; its severity is the last that is known."""
    stale = alert.stale_since if alert.stale_since is not None and alert.stale_since <= at else None
    return replace(alert, state=State.FIRING, resolved_at=None, resolved_reason=None, closed_at=None, stale_since=stale)

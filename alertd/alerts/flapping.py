"""Flapping: an alert that begins and ends over and over becomes one episode with one message, until it has been quiet.

A change is one firing or one resolving of the same (rule, subject), at its samples' time. Pure, like the alert's life.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.model import Alert, Severity, State, Transition, TransitionKind

CHANGES = frozenset({TransitionKind.FIRED, TransitionKind.RESOLVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapTerms:
    """What counts as flapping: so many changes within so long; over after so long without one."""

    changes: int = 4
    within: timedelta = timedelta(hours=6)
    quiet: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One time of flapping of one (rule, subject); targets are told of it as of an alert, under its id."""

    id: str
    rule: str
    subject: str
    alert_id: str
    """The newest alert."""
    severity: Severity
    """The worst so far."""
    count: int
    """Changes, those that made it one included."""
    began_at: datetime
    """Sample time of the first change that counted."""
    quiet_for: timedelta = timedelta(0)
    """Observed time since the last change."""
    observed_at: datetime | None = None
    """Sample time of the last known verdict; None after an UNKNOWN one."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flapping:
    """The changes that count so far, or the episode that goes on."""

    changes: tuple[datetime, ...] = ()
    episode: Episode | None = None


def count_changes(before: Flapping, alert: Alert, transitions: Iterable[Transition], terms: FlapTerms) -> Flapping:
    """Take in what one step of the alert's life brought; a change too many begins an episode."""
    for transition in transitions:
        if transition.kind in CHANGES:
            before = _changed(before, alert, transition.at, terms)
    if before.episode is not None and alert.state is State.FIRING and alert.severity > before.episode.severity:
        return Flapping(episode=replace(before.episode, severity=alert.severity))
    return before


def observe(episode: Episode, at: datetime, terms: FlapTerms, gap: timedelta, *, known: bool) -> Episode:
    """Let the quiet time run between two known verdicts no more than `gap` apart; enough of it ends the episode."""
    if not known:
        return replace(episode, observed_at=None)
    last, quiet_for = episode.observed_at, episode.quiet_for
    if last is not None and timedelta(0) < at - last <= gap:
        quiet_for += at - last
    after = replace(episode, quiet_for=quiet_for, observed_at=max(at, last or at))
    return replace(after, ended_at=at) if quiet_for >= terms.quiet else after


def _changed(before: Flapping, alert: Alert, at: datetime, terms: FlapTerms) -> Flapping:
    if before.episode is not None:
        going_on = replace(
            before.episode,
            count=before.episode.count + 1,
            alert_id=alert.id,
            quiet_for=timedelta(0),
            observed_at=at,
        )
        return Flapping(episode=going_on)
    recent = (*(each for each in before.changes if at - each <= terms.within), at)
    if len(recent) < terms.changes:
        return Flapping(recent)
    begun = Episode(
        id=episode_id(alert, at),
        rule=alert.rule,
        subject=alert.subject,
        alert_id=alert.id,
        severity=alert.severity,
        count=len(recent),
        began_at=recent[0],
        observed_at=at,
    )
    return Flapping(episode=begun)


def episode_id(alert: Alert, at: datetime) -> str:
    """Unlike any alert's id, and alike wherever it is computed again."""
    text = f"{alert.rule}\n{alert.subject}\n{at.isoformat()}"
    return "f" + hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

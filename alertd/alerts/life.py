"""The alert's life: one pure step from what was known and what was just seen to what is so now, and why.

    inactive ─breached→ pending ─`for` observed→ firing ─clear for `keep_firing_for`→ resolved
                           └─clear→ cancelled        └─unknown→ still firing, stale

Timers count observed sample time: between two known verdicts that lie no more than `gap` apart. A longer gap, or an
UNKNOWN between them, pauses a timer; it neither counts nor starts over.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.model import Alert, EndReason, LevelState, Severity, State, Transition, TransitionKind, Value, Verdict
from alertd.rules.evaluate import Evaluation, LevelVerdict

INACTIVE = LevelState()


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTerms:
    """How long one level must be breached before it fires, and clear before it has ended."""

    for_: timedelta = timedelta(0)
    keep_firing_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an alert is about, and under which terms: everything of rule and instrument that its life needs."""

    rule: str
    subject: str
    name: str
    model: str
    labels: Mapping[str, str]
    """The instrument's and the rule's own, without the built-in ones."""
    params: Mapping[str, Value]
    terms: Mapping[Severity, LevelTerms]
    gap: timedelta
    """The longest span between two verdicts that counts as observed."""
    shadow: bool = False
    """Whether the rule is in shadow."""


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an alert; `alert` is None where there is none, before and after."""

    alert: Alert | None
    transitions: tuple[Transition, ...] = ()


def advance(alert: Alert | None, seen: Evaluation, about: Subject, now: datetime) -> Step:
    """One step of one alert's life.

    `seen.at` is sample time and drives every timer; `now` is the wall clock and only stamps the record.
    """
    before = _carried(alert.levels if alert else {}, about.terms)
    levels = {
        severity: _step_level(before.get(severity, INACTIVE), verdict, about.terms[severity], seen.at, about.gap)
        for severity, verdict in seen.levels.items()
    }
    levels = _lifted(levels)
    worst = _worst(levels, State.FIRING) or _worst(levels, State.PENDING)
    if alert is None:
        return Step(None) if worst is None else _born(seen, about, levels, worst, now)
    if worst is None:
        return _over(alert, seen, before, levels, now)
    return _gone_on(alert, seen, about, before, levels, worst, now)


def end(alert: Alert, reason: EndReason, at: datetime) -> Step:
    """End an alert from outside its rule, as of now: the rule, the instrument or the match is gone."""
    return _ended(alert, reason, at, at, explanation=alert.explanation)


def verdict_of(alert: Alert | None, seen: Evaluation) -> Verdict:
    """The one word for an evaluation, given whether the alert fires: `until` matters only while it does."""
    levels = alert.levels if alert else {}
    verdicts = [
        judge(verdict, firing=levels.get(severity, INACTIVE).phase is State.FIRING)
        for severity, verdict in seen.levels.items()
    ]
    for answer in (Verdict.BREACHED, Verdict.UNKNOWN):
        if answer in verdicts:
            return answer
    return Verdict.CLEAR


def judge(verdict: LevelVerdict, *, firing: bool) -> Verdict:
    """A firing level clears only when `when` is false and `until` is true; between the two it holds."""
    if not firing or verdict.when is not Verdict.CLEAR or verdict.until is None:
        return verdict.when
    if verdict.until is Verdict.UNKNOWN:
        return Verdict.UNKNOWN
    return Verdict.CLEAR if verdict.until is Verdict.BREACHED else Verdict.BREACHED


def _step_level(
    level: LevelState, verdict: LevelVerdict, terms: LevelTerms, at: datetime, gap: timedelta
) -> LevelState:
    answer = judge(verdict, firing=level.phase is State.FIRING)
    if answer is Verdict.UNKNOWN:
        return replace(level, observed_at=None) if level.phase else INACTIVE
    span = observed_between(level.observed_at, at, gap)
    seen_at = max(at, level.observed_at or at)
    if level.phase is State.FIRING:
        return _step_firing(level, answer, terms, span, seen_at)
    if answer is Verdict.CLEAR:
        return INACTIVE
    breached_for = level.breached_for + span if level.phase else timedelta(0)
    fires = breached_for >= terms.for_
    return LevelState(
        phase=State.FIRING if fires else State.PENDING,
        active_at=level.active_at or at,
        breached_for=breached_for,
        observed_at=seen_at,
    )


def _step_firing(
    level: LevelState, answer: Verdict, terms: LevelTerms, span: timedelta, seen_at: datetime
) -> LevelState:
    if answer is Verdict.BREACHED:
        return replace(level, clear_for=None, observed_at=seen_at)
    clear_for = timedelta(0) if level.clear_for is None else level.clear_for + span
    if clear_for >= terms.keep_firing_for:
        return INACTIVE
    return replace(level, clear_for=clear_for, observed_at=seen_at)


def observed_between(last: datetime | None, at: datetime, gap: timedelta) -> timedelta:
    """What counts of the time between two known verdicts."""
    if last is None or not timedelta(0) < at - last <= gap:
        return timedelta(0)
    return at - last


def _lifted(levels: dict[Severity, LevelState]) -> dict[Severity, LevelState]:
    """Once a worse level fires, a milder breached one fires with it: the way down is a step, not an end."""
    worst = _worst(levels, State.FIRING)
    if worst is None:
        return levels
    return {
        severity: replace(level, phase=State.FIRING) if severity < worst and level.phase is State.PENDING else level
        for severity, level in levels.items()
    }


def _carried(
    before: Mapping[Severity, LevelState], terms: Mapping[Severity, LevelTerms]
) -> Mapping[Severity, LevelState]:
    """An edited rule may lack a level that had timers: its nearest one goes on with them, and nothing is told again."""
    kept = {severity: level for severity, level in before.items() if severity in terms}
    for severity in sorted(before.keys() - terms.keys(), reverse=True):
        free = [other for other in terms if other not in kept or kept[other].phase is None]
        if free:
            kept[min(free, key=lambda other: abs(other - severity))] = before[severity]
    return kept


def _worst(levels: Mapping[Severity, LevelState], phase: State) -> Severity | None:
    return max((severity for severity, level in levels.items() if level.phase is phase), default=None)


def _state(levels: Mapping[Severity, LevelState], worst: Severity) -> State:
    return State.FIRING if levels[worst].phase is State.FIRING else State.PENDING


def _born(
    seen: Evaluation, about: Subject, levels: Mapping[Severity, LevelState], worst: Severity, now: datetime
) -> Step:
    state = _state(levels, worst)
    alert = Alert(
        id=alert_id(about.rule, about.subject, seen.at, now),
        rule=about.rule,
        subject=about.subject,
        state=state,
        severity=worst,
        labels=labels_of(about, worst),
        values=seen.values,
        explanation=seen.explanation,
        name=about.name,
        model=about.model,
        params=about.params,
        active_at=seen.at,
        fired_at=seen.at if state is State.FIRING else None,
        levels=levels,
        recorded_at=now,
        breached_at=now,
        shadow=about.shadow,
    )
    kind = TransitionKind.FIRED if state is State.FIRING else TransitionKind.PENDING
    return Step(alert, (_transition(alert, kind, seen.at, "breached"),))


def _gone_on(  # noqa: PLR0917 - one step's whole before and after
    alert: Alert,
    seen: Evaluation,
    about: Subject,
    before: Mapping[Severity, LevelState],
    levels: Mapping[Severity, LevelState],
    worst: Severity,
    now: datetime,
) -> Step:
    known = any(level.observed_at is not None for level in levels.values() if level.phase is not None)
    breached = any(level.observed_at is not None and level.clear_for is None for level in levels.values())
    fires_now = alert.state is State.PENDING and levels[worst].phase is State.FIRING
    explanation = _why_it_fires(seen, levels, worst)
    after = replace(
        alert,
        state=_state(levels, worst),
        severity=worst,
        labels=labels_of(about, worst),
        values=seen.values if known else alert.values,
        explanation=explanation if known else alert.explanation,
        name=about.name,
        model=about.model,
        params=about.params,
        fired_at=seen.at if fires_now else alert.fired_at,
        stale_since=None if known else alert.stale_since or _last_observed(before) or now,
        levels=levels,
        recorded_at=now if fires_now else alert.recorded_at,
        breached_at=now if breached else alert.breached_at,
        # Out of the shadow it is told once it is judged breached: unknown waits, and what clears first is never told.
        shadow=about.shadow or (alert.shadow and not breached),
    )
    return Step(after, _steps_between(alert, after, seen.at))


def _steps_between(before: Alert, after: Alert, at: datetime) -> tuple[Transition, ...]:
    steps = []
    if before.state is not after.state:
        steps.append(_transition(after, TransitionKind.FIRED, at, "breached for its time"))
    elif after.severity != before.severity and after.state is State.FIRING:
        rises = after.severity > before.severity
        kind = TransitionKind.ESCALATED if rises else TransitionKind.EASED
        steps.append(_transition(after, kind, at, f"from {before.severity.word} to {after.severity.word}"))
    if (before.stale_since is None) != (after.stale_since is None):
        kind = TransitionKind.FRESH if after.stale_since is None else TransitionKind.STALE
        steps.append(_transition(after, kind, at, "known again" if after.stale_since is None else "unknown"))
    return tuple(steps)


def _last_observed(levels: Mapping[Severity, LevelState]) -> datetime | None:
    return max((level.observed_at for level in levels.values() if level.observed_at), default=None)


def _why_it_fires(seen: Evaluation, levels: Mapping[Severity, LevelState], worst: Severity) -> str:
    """What is breached; where the level that fires is not, how far it is from its end."""
    if levels[worst].phase is State.FIRING and worst in seen.endings:
        return seen.endings[worst]
    return seen.explanation


def _why_it_ended(seen: Evaluation, before: Mapping[Severity, LevelState]) -> str:
    """What the mildest level that fired had to reach; none fired: that nothing is breached."""
    fired = [severity for severity, level in before.items() if level.phase is State.FIRING]
    return seen.endings.get(min(fired), seen.explanation) if fired else seen.explanation


def _over(
    alert: Alert,
    seen: Evaluation,
    before: Mapping[Severity, LevelState],
    levels: Mapping[Severity, LevelState],
    now: datetime,
) -> Step:
    step = _ended(alert, EndReason.RECOVERED, seen.at, now, explanation=_why_it_ended(seen, before))
    assert step.alert is not None  # noqa: S101 - for the type checker: an ended alert is one
    return Step(replace(step.alert, values=seen.values, levels=levels), step.transitions)


def _ended(alert: Alert, reason: EndReason, at: datetime, now: datetime, *, explanation: str) -> Step:
    told = alert.state is State.FIRING
    after = replace(
        alert,
        state=State.RESOLVED,
        explanation=explanation,
        resolved_at=max(at, alert.fired_at or alert.active_at),
        resolved_reason=reason,
        closed_at=now,
        stale_since=None,
    )
    kind = TransitionKind.RESOLVED if told else TransitionKind.CANCELLED
    return Step(after, (_transition(after, kind, at, reason.value),))


def _transition(alert: Alert, kind: TransitionKind, at: datetime, reason: str) -> Transition:
    return Transition(
        alert_id=alert.id, kind=kind, at=at, severity=alert.severity, reason=reason, explanation=alert.explanation
    )


def labels_of(about: Subject, severity: Severity) -> dict[str, str]:
    """Every alert's labels: the built-in ones, then the instrument's, then the rule's (design: a later one wins)."""
    built_in = {
        "alertname": about.rule,
        "instrument": about.subject,
        "name": about.name,
        "model": about.model,
        "severity": severity.word,
    }
    return {**built_in, **about.labels}


def alert_id(rule: str, subject: str, at: datetime, now: datetime) -> str:
    """Twelve hexadecimal digits, stable for the alert's life and alike wherever they are computed again."""
    text = f"{rule}\n{subject}\n{at.isoformat()}\n{now.isoformat()}"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

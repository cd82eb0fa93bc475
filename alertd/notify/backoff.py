"""What becomes of a message after an attempt: done, again later, or dead."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.model import TargetHealth
from alertd.notify.outcome import Delivered, Failed

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(hours=48)
JITTER = 0.1
"""A wait is up to this share shorter or longer, so that targets that failed together are not tried together."""

FAILING_AFTER = 5
FAILING_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Done:
    """Delivered."""


@dataclass(frozen=True, slots=True)
class Again:
    """To be tried again."""

    due_at: datetime
    reason: str
    maybe: bool


@dataclass(frozen=True, slots=True)
class Dead:
    """Given up; a dead letter."""

    reason: str
    maybe: bool


NextStep = Done | Again | Dead


def next_step(
    outcome: Delivered | Failed, failures: int, decided_at: datetime, now: datetime, noise: float
) -> NextStep:
    """What to do after an attempt.

    `failures` are the target's failed attempts in a row, this one included; `noise` is a random number in [0, 1).
    """
    if isinstance(outcome, Delivered):
        return Done()
    if now - decided_at >= GIVE_UP_AFTER:
        return Dead(outcome.reason, outcome.maybe)
    return Again(now + wait(failures, noise), outcome.reason, outcome.maybe)


def wait(failures: int, noise: float) -> timedelta:
    """10 s doubling to 30 min, with jitter."""
    doublings = min(max(failures, 1) - 1, 16)
    return min(FIRST_WAIT * float(2**doublings), LONGEST_WAIT) * (1 - JITTER + 2 * JITTER * noise)


def health_after(health: TargetHealth, step: NextStep, now: datetime) -> TargetHealth:
    """How a target stands after one more attempt."""
    if isinstance(step, Done):
        return TargetHealth(target=health.target, last_success_at=now)
    return TargetHealth(
        target=health.target,
        failures=health.failures + 1,
        failing_since=health.failing_since or now,
        next_try_at=step.due_at if isinstance(step, Again) else now + LONGEST_WAIT,
        last_error=step.reason,
        last_success_at=health.last_success_at,
    )


def is_failing(health: TargetHealth, now: datetime) -> bool:
    """Whether `TargetFailing` should fire: five failures in a row, or ten minutes of them."""
    if health.failing_since is None:
        return False
    return health.failures >= FAILING_AFTER or now - health.failing_since >= FAILING_FOR

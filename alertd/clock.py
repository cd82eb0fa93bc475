"""The only reader of the clock. Every job reads it once, at its top, and passes `now` down."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the wall-clock time now, aware, in UTC."""

Monotonic = Callable[[], float]
"""Returns seconds on a clock that never steps; only differences mean something."""


def wall() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def since_boot() -> float:
    """Seconds of CLOCK_BOOTTIME, which nobody can set and which a sleep of the machine does not stop."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def monotonic() -> float:
    """Seconds of CLOCK_MONOTONIC."""
    return time.monotonic()

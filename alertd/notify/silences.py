"""Silences: what a person asked not to be told of, for how long. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alertd.matchers import Matcher, all_match

SilenceState = Literal["pending", "active", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One silence; every instant is UTC."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime | None
    """The end of the silence, or of the series; None: open, for `until_resolved` or an endless series."""
    until_resolved: bool = False
    """Held until nothing that matches is pending or firing."""
    rrule: str | None = None
    length: timedelta | None = None
    """How long each occurrence lasts, in elapsed time; of a series only."""
    start_local: datetime | None = None
    """The series' first start without a zone, where none was given: the same wall-clock time in each monitor's zone."""
    timezone: str | None = None
    author: str = ""
    reason: str = ""
    created_at: datetime
    expired_at: datetime | None = None
    """When a person or the end of what it waited for ended it."""


def state_of(silence: Silence, now: datetime) -> SilenceState:
    """Where a silence is in its life; a series is pending between its occurrences, by the clocks of its zone or UTC."""
    if silence.expired_at is not None and silence.expired_at <= now:
        return "expired"
    if silence.ends_at is not None and silence.ends_at <= now:
        return "expired"
    return "active" if silence.starts_at <= now else "pending"


def holds(silence: Silence, labels: Mapping[str, str], now: datetime) -> bool:
    """Whether it holds back an alert with these labels now."""
    return state_of(silence, now) == "active" and all_match(silence.matchers, labels)

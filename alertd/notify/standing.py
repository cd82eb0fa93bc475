"""What stands between an alert and its targets beside what was told: holds, acknowledgements, clocks, explanations.

Plain values; the store keeps them, the decisions read and change them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alertd.model import Severity


class HoldKind(StrEnum):
    """What holds messages of an alert back from a target."""

    SILENCE = "silence"
    CAUSE = "cause"
    INHIBITION = "inhibition"
    INTERVAL = "interval"
    QUIET_HOURS = "quiet_hours"


TIMED = frozenset({HoldKind.INTERVAL, HoldKind.QUIET_HOURS})
"""Times of day hold endings too, until they end; the others hold firings and reminders only."""


class QuietMode(StrEnum):
    """What becomes of what quiet hours held, when they end."""

    DEFER = "defer"
    DIGEST = "digest"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One reason why a target does not hear of an alert now."""

    kind: HoldKind
    name: str
    """As people read it: `silence 4f2a`, `cause SiteDown/Quarry A`, `interval nights`."""
    ref: str = ""
    """The silence's id, the id of the alert that explains or inhibits, how a route names an interval; else empty."""
    why: str = ""
    """The silence's reason."""
    mode: QuietMode = QuietMode.DEFER
    tells: bool = True
    """Whether its end is told of; that of a silence until all has resolved is not."""

    @property
    def timed(self) -> bool:
        """Whether it holds endings too."""
        return self.kind in TIMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """That a target is, or was until just now, kept from hearing of an alert."""

    alert_id: str
    target: str
    kind: HoldKind
    """Of the hold that says how it ends: a time of day before a silence, a silence before a cause."""
    name: str
    ref: str = ""
    why: str = ""
    mode: QuietMode = QuietMode.DEFER
    tells: bool = True
    since: datetime
    released_at: datetime | None = None
    """When nothing held it any more; until what is to be said of that was delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Somebody has an alert in hand: no reminders and no escalation, until it lapses, ends or gets worse."""

    id: int = 0
    alert_id: str
    rule: str
    subject: str
    by: str
    at: datetime
    until: datetime | None = None
    note: str = ""
    severity: Severity
    """What was acknowledged; a worse severity was not."""
    ended_at: datetime | None = None
    """When it ended before its time: the alert got worse, or it was acknowledged again."""

    @property
    def over_at(self) -> datetime | None:
        """When it is or was over; None while no end is known."""
        return min((at for at in (self.until, self.ended_at) if at is not None), default=None)

    def stands(self, now: datetime) -> bool:
        """Whether it counts now."""
        over_at = self.over_at
        return self.at <= now and (over_at is None or now < over_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationClock:
    """How long an alert told to a route's first step has gone unacknowledged."""

    alert_id: str
    receiver: str
    """The route's own receiver: step 1."""
    decided_at: datetime
    """When step 1 was to be told."""
    waited: timedelta = timedelta(0)
    running_since: datetime | None = None
    """None while it stands still: held, or acknowledged."""

    def at(self, now: datetime) -> timedelta:
        """How long it has run."""
        return self.waited if self.running_since is None else self.waited + max(timedelta(0), now - self.running_since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """That an alert was held because another one explains it; that one's ending lists it."""

    alert_id: str
    cause_id: str


def acknowledged_for(acks: Iterable[Ack], since: datetime, now: datetime) -> timedelta:
    """For how much of the time since then an alert was acknowledged."""
    spans = sorted((max(ack.at, since), min(ack.over_at or now, now)) for ack in acks)
    total, reached = timedelta(0), since
    for start, end in spans:
        start = max(start, reached)  # noqa: PLW2901 - two that overlap count once
        if end > start:
            total += end - start
            reached = end
    return total

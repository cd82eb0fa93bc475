"""Why an alert stands as it does, as plain values: what was seen, what the timers say, who was told, what muted it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertd.daemon.muting import Stand
from alertd.daemon.pathfinder import Look
from alertd.model import Alert, Delivery, Instrument, NotifyReason, Severity, State, Value, Verdict
from alertd.rules.effective import Given
from alertd.rules.parts import LevelParts
from alertd.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing that the conditions read."""

    value: Value | None
    """As it counts; None where it is unknown. Of `age(source)` its seconds."""
    measured_at: datetime | None = None
    age: timedelta | None = None
    last: Value | None = None
    """The value on record, where it does not count."""
    why: str = ""
    """Why it does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """How one level's patience stands."""

    state: State | None
    """pending or firing; None is inactive."""
    active_at: datetime | None
    for_: timedelta
    breached_for: timedelta
    keep_firing_for: timedelta
    clear_for: timedelta | None
    """How long it has been clear while firing; None while it is breached."""
    observed_at: datetime | None
    """The last verdict that counted; None where the timer stands still."""

    @property
    def missing(self) -> timedelta:
        """How much of `for` is still missing; none once it fires."""
        return timedelta(0) if self.state is State.FIRING else max(timedelta(0), self.for_ - self.breached_for)

    @property
    def clear_missing(self) -> timedelta | None:
        """How much of `keep_firing_for` is still missing, while it is clear."""
        return None if self.clear_for is None else max(timedelta(0), self.keep_firing_for - self.clear_for)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One message that a target got."""

    at: datetime
    reason: NotifyReason
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where an alert of the rule goes."""

    looks: tuple[Look, ...]
    """The routes that were come to, from the root down."""
    targets: tuple[str, ...]

    @property
    def receivers(self) -> tuple[str, ...]:
        """Whose routes it ends at."""
        return tuple(dict.fromkeys(look.route.receiver for look in self.looks if look.ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """All that there is to say of one rule on one monitor, or of one own alert, at one time."""

    name: str
    """The rule's, or the own alert's."""
    subject: str
    """The serial, or what the own alert is about."""
    instrument: Instrument | None
    rule: Rule | None
    """None of an own alert."""
    at: datetime
    past: bool
    """Whether another time than now was asked for."""
    not_watched: str = ""
    """Why the rule is not about the monitor; empty where it is."""
    asks: str = ""
    """Of an own alert: when it fires."""
    verdict: Verdict
    explanation: str
    levels: tuple[LevelParts, ...] = ()
    values: Mapping[str, Seen] = field(default_factory=dict)
    alert: Alert | None = None
    """The newest one that had begun, as it stood then."""
    timers: Mapping[Severity, Timer] = field(default_factory=dict)
    params: tuple[Given, ...] = ()
    stand: Stand = field(default_factory=Stand)
    told: Mapping[str, tuple[Telling, ...]] = field(default_factory=dict)
    """By target."""
    untold: tuple[Delivery, ...] = ()
    """Messages about it that did not arrive, or not yet."""
    ways: Ways
    notes: tuple[str, ...] = ()
    """What else a reader should know."""

    @property
    def state(self) -> str:
        """As rule tests name it: inactive, pending, firing or resolved."""
        cancelled = self.alert is not None and self.alert.state is State.RESOLVED and self.alert.fired_at is None
        return "inactive" if self.alert is None or cancelled else self.alert.state.value

"""The nouns of alertd: plain frozen values that every other module speaks in.

Times are aware UTC datetimes, spans are timedeltas, serials are the instruments' serial numbers.
Nothing here does I/O or knows a library outside the standard one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, IntEnum, StrEnum
from typing import Literal, get_args

Value = float | str | bool
"""One measured value: a number in its field's unit, a word, or a yes/no. A missing one is None."""

Values = Mapping[str, Value | None]


class Source(StrEnum):
    """What MyCirrus can be asked for; also the keys of `poll` in the config, in the order of a round."""

    STATUS = "status"
    STATS = "stats"
    CURRENT = "current"
    EVENTS = "events"
    SIC = "sic"
    CALIBRATIONS = "calibrations"
    CALIBRATION_LOG = "calibration_log"


RANGE_SOURCES = frozenset(Source) - {Source.STATUS, Source.CURRENT}
"""Sources of records with a time of their own, read from a cursor."""


WebhookType = Literal["NewMeasurement", "NewEvent", "InstrumentStatus", "CalibrationFinished", "SicFinished"]
"""What MyCirrus sends webhooks about."""
WEBHOOK_TYPES: tuple[str, ...] = get_args(WebhookType)


class Verdict(Enum):
    """What a rule says of an instrument: three answers, because silence is not good news."""

    BREACHED = "breached"
    CLEAR = "clear"
    UNKNOWN = "unknown"


class Severity(IntEnum):
    """How bad; ordered, so that `max` is the worst."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """The lower-case name that files and labels use."""
        return self.name.lower()


OWN_RULES: Mapping[str, Severity] = {
    "ApiUnreachable": Severity.CRITICAL,
    "ApiKeyRefused": Severity.CRITICAL,
    "SiteDown": Severity.CRITICAL,
    "TargetFailing": Severity.WARNING,
    "RuleBroken": Severity.WARNING,
    "TemplateBroken": Severity.WARNING,
    "ClockStepped": Severity.WARNING,
}
"""alertd's alerts about itself, with their severities; no rule file may take these names."""


class State(StrEnum):
    """Where an alert is in its life. Inactive has no alert, so no member here."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class EndReason(StrEnum):
    """Why an alert ended; each is told."""

    RECOVERED = "recovered"
    RULE_REMOVED = "rule_removed"
    INSTRUMENT_REMOVED = "instrument_removed"
    RULE_NO_LONGER_MATCHES = "rule_no_longer_matches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One monitor of the fleet, as `/control/instruments` and the config's labels describe it."""

    serial: str
    name: str = ""
    model: str = ""
    type: str = "Noise"
    subscription: str | None = None
    features: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=True)
class Sample:
    """One record of one source of one instrument.

    `at` is the record's own time; for status and current, which carry none, it is when they were asked for.
    `values` holds the catalogue's fields (alertd/fields.py) under their expression names; None where the API said null.
    Not frozen for speed alone (ten thousand are made each minute); nobody changes one.
    """

    instrument: str
    source: Source
    at: datetime
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelState:
    """The timers of one level of an alert: how long it was observed breached, and clear again while firing."""

    phase: State | None = None
    """pending or firing; None is inactive."""
    active_at: datetime | None = None
    """Sample time of the first breach of this run."""
    breached_for: timedelta = timedelta(0)
    """Observed time breached, while pending."""
    clear_for: timedelta | None = None
    """Observed time clear, while firing; None while it is breached."""
    observed_at: datetime | None = None
    """Sample time of the last known verdict; None after an UNKNOWN one, so that the gap is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One run of one rule on one instrument, from pending to resolved. Identity while it lives: (rule, subject)."""

    id: str
    rule: str
    subject: str
    """The serial; for an own alert what it is about (a target's name, an endpoint, a rule)."""
    state: State
    severity: Severity
    labels: Mapping[str, str]
    values: Mapping[str, Value | None]
    explanation: str
    name: str = ""
    """The instrument's name when it was last evaluated."""
    model: str = ""
    params: Mapping[str, Value] = field(default_factory=dict)
    active_at: datetime
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_reason: EndReason | None = None
    stale_since: datetime | None = None
    """Since when the newest verdict is UNKNOWN; None while it is known."""
    levels: Mapping[Severity, LevelState] = field(default_factory=dict)
    recorded_at: datetime | None = None
    """When alertd recorded that it fires (while pending: that it is), by the wall clock; group_wait counts from it."""
    breached_at: datetime | None = None
    """When it was last judged breached, by the wall clock: a symptom is told once that is after its cause's end."""
    closed_at: datetime | None = None
    """When its end was recorded, by the wall clock."""
    own: bool = False
    """An alert of alertd about itself: no instrument, source="alertd"."""
    shadow: bool = False
    """Its rule was in shadow when it was last judged breached: nobody is told that it fires."""

    @property
    def instrument(self) -> str:
        """The serial; empty for an own alert."""
        return "" if self.own else self.subject


class TransitionKind(StrEnum):
    """What happened to an alert."""

    PENDING = "pending"
    FIRED = "fired"
    ESCALATED = "escalated"
    EASED = "eased"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"
    """Pending became clear: on record, told to nobody."""
    STALE = "stale"
    FRESH = "fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step in an alert's life, with its reason."""

    alert_id: str
    kind: TransitionKind
    at: datetime
    """Sample time of the step."""
    severity: Severity
    reason: str
    explanation: str = ""


class NotifyReason(StrEnum):
    """Why a target hears something now."""

    FIRST = "first"
    NEW_ALERTS = "new_alerts"
    ESCALATED = "escalated"
    ALL_RESOLVED = "all_resolved"
    SOME_RESOLVED = "some_resolved"
    REMINDER = "reminder"
    SILENCE_ENDED = "silence_ended"
    QUIET_ENDED = "quiet_ended"
    UNACKNOWLEDGED = "unacknowledged"
    FLAPPING = "flapping"
    FLAPPING_ENDED = "flapping_ended"
    DIGEST = "digest"
    DRILL = "drill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one target knows of one alert."""

    alert_id: str
    target: str
    severity: Severity | None = None
    """The severity it last heard; None where it never surely heard that the alert fires."""
    firing_at: datetime | None = None
    """When a message saying it fires was first delivered."""
    ended_at: datetime | None = None
    """When its end was delivered."""
    maybe: bool = False
    """A message that says it fires may have arrived (the send broke off): its ending is owed."""
    gave_up_at: datetime | None = None
    """When a message about it became a dead letter; it is tried again when a reminder would be due."""
    settled: bool = False
    """Nothing more is owed: ended and told, or ended so soon that it is told to nobody."""


class DeliveryState(StrEnum):
    """Where a message is in the outbox."""

    QUEUED = "queued"
    LEASED = "leased"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What one message says of one alert."""

    alert_id: str
    severity: Severity
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture inside a mail."""

    cid: str
    """What the HTML calls it by: `cid:…`."""
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered message, ready for its channel. Carries no secret."""

    title: str
    body: str
    html: str = ""
    """E-mail only."""
    type: str = "info"
    """apprise's notify type: info, success, warning or failure."""
    images: tuple[Image, ...] = ()
    """E-mail only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one target: a row of the outbox."""

    id: int
    target: str
    group_key: str
    thread: str = ""
    """What all mails of one incident share; empty for one that stands alone."""
    reason: NotifyReason
    message: Message
    says: tuple[Says, ...]
    state: DeliveryState
    decided_at: datetime
    due_at: datetime
    attempts: int = 0
    maybe_sent: bool = False
    """An earlier attempt broke off after the message may have arrived."""
    leased_until: datetime | None = None
    delivered_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """How sending to one target has gone lately."""

    target: str
    failures: int = 0
    """Failed attempts in a row."""
    failing_since: datetime | None = None
    next_try_at: datetime | None = None
    last_error: str = ""
    last_success_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When one target last got a message of one group, and how many reminders since its last message that was none."""

    group_key: str
    target: str
    last_message_at: datetime
    reminders: int = 0
    began_at: datetime | None = None
    """When the group began to fire, for this target."""

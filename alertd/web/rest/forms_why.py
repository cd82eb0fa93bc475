"""The form of `why`: the JSON of alertd/present_why.py, said to the description of the interface."""

from typing import Literal

from pydantic import Field

from alertd.model import DeliveryState, EndReason, NotifyReason, State
from alertd.web.rest.forms import AckForm, Form, GivenForm, Mode, SeverityWord, Time, Value

VerdictWord = Literal["breached", "clear", "unknown"]


class SeenForm(Form):
    """One value; where it does not count, the one on record and why."""

    value: Value
    measured_at: Time | None
    age: float | None
    last: Value = None
    why: str = ""


class TimerForm(Form):
    """One level's timers, in seconds."""

    state: Literal["inactive"] | State
    active_at: Time | None
    for_: float | None = Field(alias="for")
    breached_for: float | None
    missing: float | None
    keep_firing_for: float | None
    clear_for: float | None
    clear_missing: float | None
    observed_at: Time | None


class Telling(Form):
    """One message that was delivered."""

    at: Time
    reason: NotifyReason
    title: str


class Untold(Form):
    """One message that was not."""

    target: str
    reason: NotifyReason
    title: str
    state: DeliveryState
    decided_at: Time
    error: str


class Window(Form):
    """What was seen through one window."""

    text: str
    field: str
    window: float | None
    offset: float | None
    samples: int
    value: Value
    explanation: str


class PartForm(Form):
    """A condition, or a part of one."""

    text: str
    verdict: VerdictWord
    explanation: str
    parts: list["PartForm"]
    windows: list[Window]


class LevelPart(PartForm):
    """A condition of one level."""

    severity: SeverityWord
    of: Literal["when", "until"]


class Look(Form):
    """One route that was looked at."""

    source: str
    receiver: str
    matchers: list[str]
    taken: bool
    ends: bool
    why: str | None


class Brief(Form):
    """The alert, in short."""

    id: str
    severity: SeverityWord
    active_at: Time
    fired_at: Time | None
    resolved_at: Time | None
    resolved_reason: EndReason | None
    stale_since: Time | None


class ReasonsForm(Form):
    """As `alertd why --json`."""

    instrument: str
    subject: str
    alertname: str
    at: Time
    verdict: VerdictWord
    explanation: str
    values: dict[str, SeenForm]
    state: Literal["inactive"] | State
    timers: dict[SeverityWord, TimerForm]
    muted_by: list[str]
    told: dict[str, list[Telling]]
    source: str
    applies: bool
    why_not: str | None
    asks: str | None
    alert: Brief | None
    acknowledged: AckForm | None
    flapping: bool
    changes: int
    mode: Mode
    parts: list[LevelPart]
    params: dict[str, GivenForm]
    undelivered: list[Untold]
    route: list[Look]
    receivers: list[str]
    targets: list[str]
    notes: list[str]

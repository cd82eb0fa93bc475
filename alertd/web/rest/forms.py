"""The forms of what is served: the JSON of alertd/present.py, said to the description of the interface."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from alertd.model import DeliveryState, EndReason, NotifyReason, Source, State, TransitionKind

Value = float | str | bool | None
"""A measured value; null is unknown."""
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-24T04:20:07.000Z"])]
"""ISO 8601 in UTC with milliseconds."""
SeverityWord = Literal["info", "warning", "critical"]
Mode = Literal["live", "shadow"]
_Item = TypeVar("_Item")


class Form(BaseModel):
    """One of them: what is not named here does not come."""

    model_config = ConfigDict(extra="forbid", title=None)


class Page(Form, Generic[_Item]):
    """A page of a list."""

    items: list[_Item]
    next: str | None
    """The cursor for the next page; null for the last one."""


# ── alerts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class AckForm(Form):
    """Who has an alert in hand."""

    by: str
    at: Time
    until: Time | None
    note: str


class AlertForm(Form):
    """As `alertd alerts --json`."""

    id: str
    alertname: str
    instrument: str
    subject: str
    state: State
    severity: SeverityWord
    labels: dict[str, str]
    values: dict[str, Value]
    explanation: str
    active_at: Time
    fired_at: Time | None
    resolved_at: Time | None
    resolved_reason: EndReason | None
    stale_since: Time | None
    told: dict[str, Time]
    muted_by: list[str]
    acknowledged: AckForm | None
    flapping: bool
    changes: int
    mode: Mode


class TransitionForm(Form):
    """One step in an alert's life."""

    alert: str
    kind: TransitionKind
    at: Time
    severity: SeverityWord
    reason: str
    explanation: str


class DeliveryForm(Form):
    """As `alertd deliveries --json`."""

    id: int
    target: str
    reason: NotifyReason
    title: str
    state: DeliveryState
    decided_at: Time
    attempts: int
    delivered_at: Time | None
    error: str
    alerts: list[str]


class WholeDelivery(DeliveryForm):
    """A message with its text."""

    body: str
    html: str


class WholeAlert(AlertForm):
    """An alert with its history."""

    transitions: list[TransitionForm]
    messages: list[DeliveryForm]


class Acked(Form):
    """As `alertd ack --json`."""

    id: str
    alertname: str
    subject: str
    acknowledged: AckForm


class MessageForm(Form):
    """As `alertd render --json`, and what failed."""

    title: str
    body: str
    html: str
    failures: list[str]
    """Templates and rules' texts that failed; the shipped ones stood in."""


# ── instruments ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Newest(Form):
    """The newest record of a source."""

    at: Time
    values: dict[str, Value]


class InstrumentForm(Form):
    """As `alertd instruments --json`."""

    serial: str
    name: str
    model: str
    type: str
    subscription: str | None
    features: list[str]
    labels: dict[str, str]
    newest: dict[Source, Newest]


class Point(Form):
    """One value."""

    at: Time
    value: float | str | bool


class Stretch(Form):
    """What was measured in one step."""

    at: Time
    """When it begins."""
    min: float
    mean: float
    max: float
    count: int


class Samples(Form):
    """One field's values, in the order of their times."""

    instrument: str
    field: str
    unit: str
    start: Time
    end: Time
    step: str | None
    points: list[Point] | list[Stretch]
    next: str | None
    """The cursor for what is behind the last point; null where that is all."""


# ── silences, rules, drills ──────────────────────────────────────────────────────────────────────────────────────────


class SilenceForm(Form):
    """As `alertd silence list --json`."""

    id: str
    state: Literal["pending", "active", "expired"]
    matchers: list[str]
    starts_at: Time
    ends_at: Time | None
    until_resolved: bool
    rrule: str | None
    timezone: str | None
    author: str
    reason: str


class Preview(Form):
    """As `alertd silence preview --json`."""

    alerts: list[AlertForm]
    instruments: list[str]


class Level(Form):
    """One level of a rule."""

    model_config = ConfigDict(extra="forbid", title="Level")

    when: str
    until: str | None
    for_: str = Field(alias="for")
    keep_firing_for: str


class Unsent(Form):
    """What a rule in shadow would have sent."""

    firings: int
    firing: int
    since: Time | None
    last: Time | None
    receivers: dict[str, int]


class RuleForm(Form):
    """As `alertd rules --json`."""

    alertname: str
    levels: dict[SeverityWord, Level]
    match: list[str]
    params: dict[str, Value]
    overrides: int
    labels: dict[str, str]
    sources: list[Source]
    source: str
    instruments: int | None
    mode: Mode
    would_have_sent: Unsent | None


class GivenForm(Form):
    """A param in force, and who gave it."""

    value: Value
    source: str
    override: list[str] | None


class Effective(Form):
    """As `alertd rules show --json`."""

    alertname: str
    instrument: str
    applies: bool
    why_not: str | None
    mode: Mode
    source: str
    levels: dict[SeverityWord, Level]
    params: dict[str, GivenForm]
    labels: dict[str, str]
    not_polled: list[Source]


class Tried(Form):
    """What came of a drill at one target."""

    target: str
    receiver: str
    delivered: bool
    error: str
    muted_by: list[str]


class Drilled(Form):
    """As `alertd drill --json`, and its warnings."""

    items: list[Tried]
    warnings: list[str]


def described(model: type[BaseModel]) -> dict[str, Any]:
    """For a route whose answer is made elsewhere: its form."""
    return {"response_model": model}

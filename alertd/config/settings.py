"""The shape of `config.yaml`, with every default."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from alertd.config.access import HAS_A_DOOR, Proxy, Token, User
from alertd.config.durations import Duration
from alertd.config.forms import (
    Address,
    ApiUrl,
    GroupLabel,
    HookUrl,
    Interval,
    IntervalOrOff,
    LabelName,
    LabelText,
    Listen,
    MatcherText,
    Name,
    PageUrl,
    Text,
    Timeout,
)
from alertd.config.notifications import (
    Causes,
    Digest,
    Escalation,
    Flapping,
    FlappingOrOff,
    InhibitRule,
    QuietHours,
    TimeInterval,
)
from alertd.config.secrets import Origin, Secret, json_schema
from alertd.config.storage import PATTERN as STORAGE
from alertd.config.storage import check_storage
from alertd.config.times import RateText
from alertd.config.validate import Form
from alertd.model import Source, WebhookType

UNREACHABLE_AFTER_ROUNDS = 3
"""So many intervals of the quickest source without an answer, and the API counts as unreachable."""


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def _beside_the_config() -> Secret:
    return Secret(Origin.TEXT, "sqlite:///alertd.db")


_LISTS_SERIALS: dict[str, JsonValue] = {
    "if": {"properties": {"discover": {"const": False}}, "required": ["discover"]},
    "then": {"properties": {"include": {"minItems": 1, "items": {"pattern": r"^[^*?\[]*$"}}}, "required": ["include"]},
}
_HAS_ITS_DIGEST: dict[str, JsonValue] = {
    "if": {
        "properties": {"quiet_hours": {"properties": {"mode": {"const": "digest"}}, "required": ["mode"]}},
        "required": ["quiet_hours"],
    },
    "then": {"required": ["digest"]},
}
"""What lies across keys, in JSON Schema; references.py finds it when it is read."""


class MyCirrus(Form):
    """How to ask MyCirrus."""

    base_url: ApiUrl = "https://api.mycirrus.cloud/v1"
    api_key: Secret
    timeout: Timeout = timedelta(seconds=10)
    """For the whole request, not for each packet."""
    max_requests_per_minute: int = Field(default=120, ge=1)
    batch_size: int = Field(default=50, ge=1, le=1000)
    array_style: Literal["repeat", "comma"] = "repeat"
    unreachable_after: Interval | None = None
    """None: three intervals of the quickest source, see `Settings.unreachable_after`."""


class Instruments(Form):
    """Which monitors are watched, and what is known of them beyond what MyCirrus says."""

    model_config = ConfigDict(json_schema_extra=_LISTS_SERIALS)

    discover: bool = True
    include: list[Text] = Field(default=["*"])
    exclude: list[Text] = Field(default=[])
    labels: dict[Text, dict[LabelName, LabelText]] = Field(default={})


class Poll(Form):
    """How often each source is read; None is `off`."""

    status: IntervalOrOff = _minutes(1)
    current: IntervalOrOff = _minutes(1)
    stats: IntervalOrOff = _minutes(5)
    events: IntervalOrOff = _minutes(5)
    sic: IntervalOrOff = _minutes(5)
    calibrations: IntervalOrOff = _minutes(15)
    calibration_log: IntervalOrOff = None

    @property
    def every(self) -> dict[Source, timedelta]:
        """The interval of each source that is read, in the order of a round."""
        spans: dict[Source, timedelta | None] = {source: getattr(self, source.value) for source in Source}
        return {source: span for source, span in spans.items() if span is not None}


class Target(Form):
    """One apprise URL; its name is its identity."""

    name: Name
    url: Secret
    timeout: Timeout = timedelta(seconds=30)
    """For one attempt to send."""
    rate: RateText | None = None
    """None: what the channel bears."""


class Receiver(Form):
    """Who hears together. An empty list of targets is nobody, on purpose."""

    model_config = ConfigDict(json_schema_extra=_HAS_ITS_DIGEST)

    name: Name
    targets: list[Target]
    quiet_hours: QuietHours | None = None
    digest: Digest | None = None


class SubRoute(Form):
    """One branch of the routing tree; what is None is the parent's."""

    matchers: list[MatcherText] = Field(default=[])
    receiver: Name | None = None
    continue_: bool = Field(default=False, alias="continue")
    group_by: list[GroupLabel] | None = None
    group_wait: Duration | None = None
    group_interval: Interval | None = None
    repeat_interval: Interval | None = None
    repeat_max: Interval | None = None
    mute_time_intervals: list[Name] = Field(default=[])
    active_time_intervals: list[Name] = Field(default=[])
    escalate: list[Escalation] | None = None
    routes: list["SubRoute"] = Field(default=[])


class Route(Form):
    """The root of the routing tree: it takes every alert that no branch takes."""

    receiver: Name
    group_by: list[GroupLabel] = Field(default=["alertname", "site"])
    group_wait: Duration = timedelta(seconds=30)
    group_interval: Interval = _minutes(5)
    repeat_interval: Interval = timedelta(hours=4)
    repeat_max: Interval = timedelta(hours=24)
    """Reminders come ever more rarely, up to this; where it is shorter, repeat_interval counts."""
    mute_time_intervals: list[Name] = Field(default=[])
    active_time_intervals: list[Name] = Field(default=[])
    escalate: list[Escalation] = Field(default=[])
    routes: list[SubRoute] = Field(default=[])


class Storage(Form):
    """Where state lives, and for how long what is over is kept."""

    url: Annotated[Secret, AfterValidator(check_storage), WithJsonSchema(json_schema(STORAGE))] = Field(
        default_factory=_beside_the_config
    )
    retention: Interval = timedelta(days=90)


class Http(Form):
    """The web server, and who may use it; without users, tokens and proxy anybody on this machine."""

    model_config = ConfigDict(json_schema_extra=HAS_A_DOOR)

    listen: Listen = Address("127.0.0.1", 9321)
    """None: nowhere."""
    external_url: PageUrl | None = None
    users: list[User] = Field(default=[])
    tokens: list[Token] = Field(default=[])
    proxy: Proxy | None = None
    metrics_per_instrument: bool = False


class Webhooks(Form):
    """What MyCirrus sends to alertd, so that it need not wait for the next poll."""

    public_url: HookUrl
    """How MyCirrus reaches `/hooks/mycirrus`."""
    types: list[WebhookType] = Field(default=["SicFinished", "CalibrationFinished", "InstrumentStatus"], min_length=1)
    sync: Literal["manual", "auto"] = "manual"


class Heartbeat(Form):
    """A dead man's switch that is pinged while all is well."""

    url: Secret
    every: Interval = _minutes(1)


class Logging(Form):
    """What is logged, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Settings(Form):
    """The whole of `config.yaml`."""

    mycirrus: MyCirrus
    instruments: Instruments = Field(default_factory=Instruments)
    poll: Poll = Field(default_factory=Poll)
    rules: list[Text] = Field(default=["rules/*.yaml"])
    templates: Text | None = None
    watch: bool = True
    """Whether an edit of the config, a rule file or a template is read by itself; else SIGHUP does."""
    receivers: list[Receiver] = Field(min_length=1)
    route: Route
    causes: Causes = Field(default_factory=Causes)
    flapping: FlappingOrOff = Field(default_factory=Flapping)
    inhibit_rules: list[InhibitRule] = Field(default=[])
    time_intervals: list[TimeInterval] = Field(default=[])
    storage: Storage = Field(default_factory=Storage)
    http: Http = Field(default_factory=Http)
    webhooks: Webhooks | None = None
    heartbeat: Heartbeat | None = None
    logging: Logging = Field(default_factory=Logging)

    @property
    def unreachable_after(self) -> timedelta:
        """How long without any usable answer until the API counts as unreachable."""
        if self.mycirrus.unreachable_after is not None:
            return self.mycirrus.unreachable_after
        return UNREACHABLE_AFTER_ROUNDS * min(self.poll.every.values(), default=_minutes(1))

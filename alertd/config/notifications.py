"""The parts of `config.yaml` that decide when messages go: times, causes, flapping, escalations, digests."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from alertd.config.forms import OFF, Interval, LabelOfAny, MatcherText, Name
from alertd.config.times import (
    MINUTES_A_DAY,
    CronText,
    MonthDays,
    Months,
    Range,
    TimeOfDay,
    Weekdays,
    Years,
    Zone,
)
from alertd.config.validate import Form


class _OrOff:
    """Tells pydantic that `off` may stand for None, and that nothing at all may not."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_none_if_off, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        members = handler(schema)["anyOf"]
        return {"anyOf": [{"const": OFF} if each == {"type": "null"} else each for each in members]}


def _none_if_off(value: object) -> object:
    if value is None:
        raise ValueError("off or a mapping (key: value) is wanted, and nothing is there")
    return None if value == OFF else value


_SAYS_SOMETHING: dict[str, JsonValue] = {
    "anyOf": [
        {"required": [name], "properties": {name: {"minItems": 1}}}
        for name in ("times", "weekdays", "days_of_month", "months", "years")
    ]
}


class TimeRange(Form):
    """From one time of day to another; it may cross midnight."""

    model_config = ConfigDict(
        json_schema_extra={"allOf": [{"properties": {"start_time": {"not": {"const": "24:00"}}}}]}
    )

    start_time: TimeOfDay
    end_time: TimeOfDay

    @model_validator(mode="after")
    def _is_a_range(self) -> "TimeRange":
        if self.start_time == MINUTES_A_DAY:
            raise ValueError("24:00 is an end only: start at 00:00")
        if self.start_time == self.end_time:
            raise ValueError("it starts when it ends; a whole day is 00:00 to 24:00")
        return self

    @property
    def minutes(self) -> Range:
        """Start and end in minutes of the day."""
        return self.start_time, self.end_time


class Times(Form):
    """Alertmanager's description of times; what is left out limits nothing."""

    model_config = ConfigDict(json_schema_extra=_SAYS_SOMETHING)

    times: list[TimeRange] = Field(default=[])
    weekdays: list[Weekdays] = Field(default=[])
    days_of_month: list[MonthDays] = Field(default=[])
    months: list[Months] = Field(default=[])
    years: list[Years] = Field(default=[])
    location: Zone | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Times":
        if not (self.times or self.weekdays or self.days_of_month or self.months or self.years):
            raise ValueError("times, weekdays, days_of_month, months or years is wanted: else it would be always")
        return self


class TimeInterval(Form):
    """Times that routes can name."""

    name: Name
    time_intervals: list[Times] = Field(min_length=1)


class QuietHours(Times):
    """When a receiver wants to hear nothing but what matches `bypass`, and what becomes of the rest."""

    mode: Literal["defer", "digest", "drop"] = "defer"
    bypass: list[MatcherText] = Field(default=[])


class Digest(Form):
    """A summary at times given as cron does."""

    cron: CronText
    location: Zone | None = None


class Escalation(Form):
    """Who is told as well, where nobody acknowledged for so long since the route's receiver was told."""

    after: Interval
    receiver: Name


class InhibitRule(Form):
    """While a source fires, targets that have the same labels named in `equal` are not told of."""

    source_matchers: list[MatcherText] = Field(min_length=1)
    target_matchers: list[MatcherText] = Field(min_length=1)
    equal: list[LabelOfAny] = Field(default=[])


_A_PART = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}


def _part(share: float) -> float:
    if not 0 < share <= 1:
        raise ValueError("a part is wanted, more than 0 and at most 1, such as 0.8")
    return share


class SiteDown(Form):
    """How much of a site must be offline for the site to be what is told."""

    share: Annotated[FiniteFloat, AfterValidator(_part), WithJsonSchema(_A_PART)] = 0.8
    at_least: int = Field(default=3, ge=1)
    within: Interval = timedelta(minutes=10)
    """They went offline no further apart than this."""


class Causes(Form):
    """What alertd takes for the cause of other alerts."""

    site_label: LabelOfAny = "site"
    site_down: Annotated[SiteDown | None, _OrOff()] = Field(default_factory=SiteDown)
    """None is `off`."""


def _real_changes(count: int) -> int:
    if count < 2:
        raise ValueError("at least 2 is wanted: each alert begins once")
    return count


class Flapping(Form):
    """How often an alert begins or ends before that itself is told in place of each time; over after some quiet."""

    changes: Annotated[int, AfterValidator(_real_changes), WithJsonSchema({"type": "integer", "minimum": 2})] = 4
    within: Interval = timedelta(hours=6)
    quiet: Interval = timedelta(hours=6)


FlappingOrOff = Annotated[Flapping | None, _OrOff()]
"""None is `off`."""


def flapping_terms(own: Flapping | Literal["off"] | None, by_config: Flapping | None) -> Flapping | None:
    """The terms for one rule; what it says nothing of is as the config says. None is off."""
    if own is None:
        return by_config
    if own == OFF or by_config is None:
        return None if own == OFF else own
    return by_config.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})

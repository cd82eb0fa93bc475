"""What a `*.test.yaml` may hold, as pydantic models: keys and types. What they mean is checked in load.py."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, PlainValidator, WithJsonSchema

from alertd.config.durations import PATTERN, Duration, parse_duration
from alertd.config.forms import Interval, LabelText, MatcherText, Text, label_text
from alertd.config.validate import Form, suggest
from alertd.fields import FIELDS, SOURCE_OF, Kind
from alertd.model import NotifyReason, Value

StateWord = Literal["inactive", "pending", "firing", "resolved"]

RECORDS = ("sic", "calibration", "event", "note", "status")
"""The keys of a row that says one record."""

DEFAULT_START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday, at midnight."""


def _start(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None:
        raise ValueError("a time is wanted, such as 2026-01-10T15:00:00Z")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _after_start(value: object) -> timedelta:
    """How long after the start; what lies before it has a minus."""
    if isinstance(value, str) and value.startswith("-"):
        return -parse_duration(value[1:])
    if value == 0 and not isinstance(value, bool | float):
        return timedelta(0)
    if not isinstance(value, str):
        raise ValueError("how long after the start is wanted, such as 90s, 3h15m or -2d")  # noqa: TRY004 - for pydantic
    return parse_duration(value)


def _values(value: object) -> str:
    """A single number or yes/no is a list of one."""
    return value if isinstance(value, str) else label_text(value)


def _record_value(value: object) -> Value | None:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and value - value == 0:
        return float(value)
    raise ValueError("a number, a text, true, false or null is wanted")


def _reason(value: object) -> NotifyReason:
    try:
        return NotifyReason(str(value))
    except ValueError:
        known = [reason.value for reason in NotifyReason]
        raise ValueError(f"one of {', '.join(known)} is wanted{suggest(str(value), known)}") from None


def _words(value: object) -> object:
    return [value] if isinstance(value, str) else value


_TIME = {"type": "string", "pattern": "^[0-9]{4}-?W?[0-9]{2}", "examples": ["2026-01-10T15:00:00Z"]}
_WRITTEN = {"type": "string", "pattern": f"^-?0$|{PATTERN.replace('^', '^-?', 1)}"}
_AFTER = {"anyOf": [_WRITTEN, {"const": 0}], "examples": ["90s", "3h15m", "-2d"]}
_A_WORD = {"type": "string", "minLength": 1}
_SERIES = ("field", "every", "values")


def _row(needed: tuple[str, ...]) -> JsonValue:
    """A row with these keys, and without those of other kinds."""
    none: JsonValue = {"type": "null"}
    some: JsonValue = {"not": {"type": "null"}}
    others = {name: none for name in (*_SERIES, *RECORDS) if name not in needed}
    return {"required": [*needed], "properties": {**dict.fromkeys(needed, some), **others}}


_ONE_KIND: dict[str, JsonValue] = {"oneOf": [_row(_SERIES), *(_row((name, "at")) for name in RECORDS)]}
_LIVING: dict[str, JsonValue] = {
    "allOf": [
        {
            "if": {"properties": {"state": {"enum": ["inactive", "resolved"]}}},
            "then": {"properties": {"stale": {"type": "null"}}},
        },
        {
            "if": {"properties": {"state": {"const": "inactive"}}},
            "then": {"properties": {"severity": {"type": "null"}}},
        },
    ]
}

Start = Annotated[datetime, PlainValidator(_start), WithJsonSchema(_TIME)]
AfterStart = Annotated[timedelta, PlainValidator(_after_start), WithJsonSchema(_AFTER)]
SeriesText = Annotated[
    str,
    BeforeValidator(_values),
    WithJsonSchema({"type": ["string", "number", "boolean"], "examples": ["12.6-0.05x12"]}),
]
RecordValue = Annotated[
    Any, PlainValidator(_record_value), WithJsonSchema({"type": ["number", "string", "boolean", "null"]})
]
Record = dict[str, RecordValue]


def _fields(prefix: str) -> WithJsonSchema:
    """A record of this source in JSON Schema: its fields, each of its kind or null."""
    kinds = {Kind.NUMBER: "number", Kind.TEXT: "string", Kind.FLAG: "boolean"}
    known = {field.name: {"type": [kinds[field.kind], "null"]} for field in FIELDS[SOURCE_OF[prefix]].values()}
    return WithJsonSchema({"type": "object", "properties": known, "additionalProperties": False})


Reason = Annotated[NotifyReason, BeforeValidator(_reason)]
Words = Annotated[
    list[Text],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [_A_WORD, {"type": "array", "items": _A_WORD}]}),
]


class SampleForm(Form):
    """One row of `samples`: a series of values, or one record."""

    model_config = ConfigDict(json_schema_extra=_ONE_KIND)

    instrument: Text
    at: AfterStart | None = None
    """Of the record, or of the series' first value."""
    field: Text | None = None
    every: Interval | None = None
    values: SeriesText | None = None
    sic: Annotated[Record, _fields("sic")] | None = None
    calibration: Annotated[Record, _fields("calibration")] | None = None
    event: Annotated[Record, _fields("event")] | None = None
    note: Annotated[Record, _fields("note")] | None = None
    status: Annotated[Record, _fields("status")] | None = None


class SilenceForm(Form):
    """One silence; without `end` it lasts to the test's end."""

    matchers: list[MatcherText] = Field(min_length=1)
    start: Duration = timedelta(0)
    end: Duration | None = None
    reason: Text = "silenced by the test"


class ExpectForm(Form):
    """How one rule's alert on one instrument stands at one time."""

    model_config = ConfigDict(json_schema_extra=_LIVING)

    at: Duration
    alert: Text
    instrument: Text
    state: StateWord
    severity: Literal["info", "warning", "critical"] | None = None
    stale: bool | None = None


class MessageForm(Form):
    """One message that a target is told."""

    at: Duration
    target: Text | None = None
    """May be left out where there is one only."""
    reason: Reason
    contains: Words = Field(default=[])


class CaseOutline(Form):
    """One test, but for its rows: they are looked at one by one, so that one's mistakes do not hide another's."""

    name: Text
    start: Start = DEFAULT_START
    instruments: dict[Text, dict[Text, LabelText]] = Field(min_length=1)
    samples: list[Any] = Field(default=[])
    silences: list[Any] = Field(default=[])
    expect: list[Any] = Field(default=[])
    messages: list[Any] = Field(default=[])


class CaseForm(CaseOutline):
    """One test as a whole."""

    samples: list[SampleForm] = Field(default=[])
    silences: list[SilenceForm] = Field(default=[])
    expect: list[ExpectForm] = Field(default=[])
    messages: list[MessageForm] = Field(default=[])


class TestsOutline(Form):
    """One file of tests, which are looked at one by one, too."""

    __test__ = False  # for pytest: no test of ours

    rules: list[Text] | None = None
    """Relative to the file; None: those of `config`."""
    config: Text | None = None
    """Relative to the file."""
    tests: list[Any] = Field(min_length=1)


class TestsForm(TestsOutline):
    """One file of tests as a whole."""

    tests: list[CaseForm] = Field(min_length=1)

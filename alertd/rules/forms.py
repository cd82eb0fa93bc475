"""What a rule file may hold, as pydantic models: keys, types and nothing else. What they mean is checked in load.py."""

import math
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, PlainValidator, WithJsonSchema

from alertd.config.durations import Duration
from alertd.config.notifications import FlappingOrOff
from alertd.config.validate import Form
from alertd.matchers import PATTERN as MATCHER
from alertd.model import OWN_RULES, Value

SeverityWord = Literal["info", "warning", "critical"]
CauseWord = Literal["none", "instrument"]
ModeWord = Literal["live", "shadow"]

BUILT_IN_LABELS = frozenset({"alertname", "instrument", "name", "model", "severity", "source"})
"""Labels that alertd sets: a rule cannot."""

NAME = re.compile(r"[^\s/](?:[^/\n]{0,98}[^\s/])?")
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A label's name, or a param's."""

LARGEST_PARAM = 1e15


def _param(value: Any) -> Value:
    """A param as an expression reads it: a number, a text or a yes/no.

    Raises:
        ValueError: for anything else, NaN and Infinity too.
    """
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        if math.isfinite(value) and abs(value) <= LARGEST_PARAM:
            return float(value)
        raise ValueError("a number is wanted, neither NaN nor infinite nor above 1e15")
    raise ValueError("a number, a text, true or false is wanted")  # pydantic takes a ValueError only


def _words(pattern: str, **more: JsonValue) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", **more})


_NUMBER: dict[str, JsonValue] = {"type": "number", "minimum": -LARGEST_PARAM, "maximum": LARGEST_PARAM}
_KINDS: list[JsonValue] = [_NUMBER, {"type": "string"}, {"type": "boolean"}]
_ANY_PARAM = WithJsonSchema({"anyOf": _KINDS})


def _none_of(words: Iterable[str]) -> dict[str, JsonValue]:
    return {"not": {"enum": [*words]}}


# What the schema says of these is checked in load.py, which has more to say of it than that it is wrong.
RuleName = Annotated[str, Field(min_length=1), _words(NAME.pattern, **_none_of(OWN_RULES))]
Condition = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 2000})]
MatcherWords = Annotated[str, WithJsonSchema({"type": "string", "pattern": MATCHER})]
ParamName = Annotated[str, _words(LABEL.pattern)]
OwnLabel = Annotated[str, _words(LABEL.pattern, **_none_of(sorted(BUILT_IN_LABELS)))]
Params = dict[ParamName, Annotated[Any, PlainValidator(_param), _ANY_PARAM]]


def _given(name: str) -> JsonValue:
    return {"required": [name], "properties": {name: {"type": "object"}}}


_ONE_AT_LEAST: dict[str, JsonValue] = {"anyOf": [_given("critical"), _given("warning"), _given("info")]}
_WHEN_OR_LEVELS: dict[str, JsonValue] = {
    "oneOf": [
        {"required": ["when"], "properties": {"when": {"type": "string"}, "levels": {"type": "null"}}},
        {
            "required": ["levels"],
            "properties": {
                "levels": {"type": "object"},
                **{name: {"type": "null"} for name in ("when", "until", "severity")},
            },
        },
    ]
}


class LevelForm(Form):
    """One level under `levels`."""

    when: Condition
    until: Condition | None = None
    for_: Duration | None = Field(None, alias="for")
    keep_firing_for: Duration | None = None


class LevelsForm(Form):
    """The levels of one condition."""

    model_config = ConfigDict(json_schema_extra=_ONE_AT_LEAST)

    critical: LevelForm | None = None
    warning: LevelForm | None = None
    info: LevelForm | None = None


class OverrideForm(Form):
    """Other params for some instruments."""

    match: list[MatcherWords] = Field(min_length=1)
    params: Params


class RuleForm(Form):
    """One rule, as it is written."""

    model_config = ConfigDict(json_schema_extra=_WHEN_OR_LEVELS)

    alert: RuleName
    was: list[RuleName] = Field(default_factory=list)
    when: Condition | None = None
    until: Condition | None = None
    severity: SeverityWord | None = None
    levels: LevelsForm | None = None
    for_: Duration | None = Field(None, alias="for")
    keep_firing_for: Duration | None = None
    match: list[MatcherWords] = Field(default_factory=list)
    params: Params = Field(default_factory=dict)
    overrides: list[OverrideForm] = Field(default_factory=list)
    labels: dict[OwnLabel, str] = Field(default_factory=dict)
    summary: str = ""
    description: str = ""
    runbook: str = ""
    flapping: FlappingOrOff = None
    """None where it is `off`, and where it is not given: `model_fields_set` tells."""
    cause: CauseWord | None = None
    mode: ModeWord = "live"


class FileForm(Form):
    """One rule file; its rules are looked at one by one, so that one's mistakes do not hide another's."""

    rules: list[Any] | None = None


class WholeFileForm(Form):
    """A rule file: what is wrong with the monitors, and when that is told."""

    rules: list[RuleForm] | None = None

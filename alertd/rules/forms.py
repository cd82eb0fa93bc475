"""What a rule file may hold, as pydantic models: keys, types and nothing else. What they mean is checked in load.py."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from alertd.config.durations import Duration
from alertd.config.notifications import FlappingOrOff
from alertd.config.validate import Form
from alertd.model import Value

SeverityWord = Literal["info", "warning", "critical"]
CauseWord = Literal["none", "instrument"]
ModeWord = Literal["live", "shadow"]

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


Params = dict[str, Annotated[Any, PlainValidator(_param)]]
Text = Annotated[str, Field(min_length=1)]


class LevelForm(Form):
    """One level under `levels`."""

    when: str
    until: str | None = None
    for_: Duration | None = Field(None, alias="for")
    keep_firing_for: Duration | None = None


class LevelsForm(Form):
    """The levels of one condition."""

    critical: LevelForm | None = None
    warning: LevelForm | None = None
    info: LevelForm | None = None


class OverrideForm(Form):
    """Other params for some instruments."""

    match: list[str] = Field(min_length=1)
    params: Params


class RuleForm(Form):
    """One rule, as it is written."""

    alert: Text
    was: list[Text] = Field(default_factory=list)
    when: str | None = None
    until: str | None = None
    severity: SeverityWord | None = None
    levels: LevelsForm | None = None
    for_: Duration | None = Field(None, alias="for")
    keep_firing_for: Duration | None = None
    match: list[str] = Field(default_factory=list)
    params: Params = Field(default_factory=dict)
    overrides: list[OverrideForm] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
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

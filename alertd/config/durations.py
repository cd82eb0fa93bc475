"""Durations as people write them: `90s`, `15m`, `1h30m`, `30d`, `500ms`, `2w`.

Imports nothing heavy: expressions and the command line read durations too.
"""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
PATTERN = "^(?=[0-9])" + "".join(f"([0-9]{{1,8}}{unit})?" for unit in _UNITS) + "$"
"""What a duration looks like: whole numbers with units, the longest unit first, each unit at most once."""

AS_TEXT = {"type": "string", "pattern": f"^0$|{PATTERN}", "examples": ["90s", "15m", "1h30m", "30d"]}
"""A duration in JSON Schema."""

LONGEST = timedelta(days=36525)
"""A hundred years; anything longer is a slip of the pen, and added to a date it could leave the calendar."""

_FORM = re.compile(PATTERN.removesuffix("$") + r"\Z")
_WANTED = "a duration is wanted, such as 90s, 15m, 1h30m or 30d"
_SHOWN = 24
"""A longer text is not shown in a message: it may be anything, a key too."""


def parse_duration(text: str) -> timedelta:
    """Read a duration; `0s` and a bare `0` are none at all.

    Raises:
        ValueError: with one line that says what is wanted.
    """
    if text == "0":
        return timedelta(0)
    form = _FORM.match(text)
    if form is None:
        shown = f", not {text!r}" if len(text) <= _SHOWN else ""
        raise ValueError(_WANTED + shown)
    parts = zip(form.groups(), _UNITS.items(), strict=True)
    total = sum((int(part.removesuffix(unit)) * length for part, (unit, length) in parts if part), timedelta(0))
    if total > LONGEST:
        raise ValueError(f"{text} is longer than a hundred years")
    return total


def format_duration(span: timedelta) -> str:
    """Write a duration the way `parse_duration` reads it, in days and less; what is under a millisecond is cut off."""
    if span < timedelta(0):
        return "-" + format_duration(-span)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, span = divmod(span, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def duration_of(value: object) -> timedelta:
    """Read a duration from what a YAML file holds; a timedelta passes through.

    Raises:
        ValueError: with one line that says what is wanted.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(_WANTED)  # noqa: TRY004 -- pydantic makes a mistake of a ValueError only
    if value == 0:
        return timedelta(0)
    raise ValueError(f"{_WANTED}; {value} has no unit")


class _AsText:
    """Tells pydantic how to read, write and describe a duration."""

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema  # late: the rest of this module must be cheap to import

        written = core_schema.plain_serializer_function_ser_schema(
            format_duration, return_schema=core_schema.str_schema(), when_used="json"
        )
        return core_schema.no_info_plain_validator_function(duration_of, serialization=written)

    def __get_pydantic_json_schema__(self, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> dict[str, Any]:
        return {"anyOf": [{**AS_TEXT}, {"const": 0}]}


Duration = Annotated[timedelta, _AsText()]
"""A pydantic field that is written as text such as `1h30m` and read as a timedelta."""

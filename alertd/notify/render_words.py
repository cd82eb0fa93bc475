"""Values as people read them: numbers with units, times in their own zone, spans."""

import math
from datetime import datetime, timedelta

from alertd.fields import FIELDS, SOURCE_OF, Field
from alertd.model import Value

UNKNOWN = "unknown"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WHOLE_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_TWO_DECIMALS = frozenset({"V", "dB"})
"""Units in which hundredths matter; the decimals are always shown, so that a column of them lines up."""
_SPOKEN = {"sic": "SIC ", "calibration": "calibration ", "event": "event ", "note": "note "}
"""Sources whose fields say too little alone."""


def number(value: object, digits: int | None = None) -> str:
    """A number in few characters: `digits` decimals, or as many as it takes, at most two. Anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return spoken(value)
    if not math.isfinite(value):
        return UNKNOWN
    figure = f"{value:.2f}".rstrip("0").rstrip(".") if digits is None else f"{value:.{digits}f}"
    return figure.removeprefix("-") if not figure.strip("-0.") else figure  # no "-0"


def spoken(value: object) -> str:
    """Any plain value as text: yes and no for a flag, `unknown` for a missing one."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}" if math.isfinite(value) else UNKNOWN
    if isinstance(value, datetime):
        return stamp(value)
    return duration(value) if isinstance(value, timedelta) else str(value)


def reading(key: str, value: Value | None) -> str:
    """A measured value with its unit: `11.21 V`."""
    unit = field_of(key).unit
    if value is None or isinstance(value, str | bool) or not math.isfinite(value):
        return number(value)
    figure = number(value, 2 if unit in _TWO_DECIMALS else None)
    return f"{figure} {unit}" if unit else figure


def field_of(key: str) -> Field:
    """The catalogue's entry for `current.voltage`; one without a unit for a key it does not know."""
    prefix, _, name = key.partition(".")
    source = SOURCE_OF.get(prefix)
    known = FIELDS[source].get(name) if source is not None else None
    return known or Field(name or key)


def field_words(key: str) -> str:
    """What a field is called in a sentence: `voltage`, `SIC status`."""
    prefix, _, name = key.partition(".")
    return _SPOKEN.get(prefix, "") + (name or key)


def local(at: datetime, now: datetime | None = None) -> str:
    """A time in the zone it carries: `24 Nov 02:10`; with the year where that is not the year of `now`."""
    year = f" {at.year}" if now is not None and at.year != now.astimezone(at.tzinfo).year else ""
    return f"{at.day} {_MONTHS[at.month - 1]}{year} {at:%H:%M}"


def stamp(at: datetime, now: datetime | None = None) -> str:
    """The same with the zone: `24 Nov 02:10 GMT`."""
    zone = at.tzname() or "UTC"
    return f"{local(at, now)} {'UTC' if zone[0] in '+-' else ''}{zone}"


def day(at: datetime) -> str:
    """A date in the zone it carries: `24 November`."""
    return f"{at.day} {_WHOLE_MONTHS[at.month - 1]}"


def count(number_of: int, one: str, several: str) -> str:
    """`1 alert`, `4 990 alerts`: thousands apart, so that they are read at a glance."""
    return f"{thousands(number_of)} {one if number_of == 1 else several}"


def thousands(number_of: int) -> str:
    """`4 990`."""
    return f"{number_of:,}".replace(",", " ")


def duration(value: timedelta | float) -> str:
    """A span in its two largest units: `1 h 10 min`. A plain number counts seconds."""
    seconds = round(value.total_seconds() if isinstance(value, timedelta) else value)
    sign, rest, parts = ("-" if seconds < 0 else ""), abs(seconds), []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return sign + (" ".join(parts[:2]) or "0 s")

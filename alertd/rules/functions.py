"""The functions of the present that an expression may call: one table of names, types and what they do.

Those over the past of a field are in windows.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from alertd.fields import Kind
from alertd.model import Value
from alertd.rules.view import View

FIRST_DAY, LAST_DAY = 1, 31

Answer = Callable[[View], Value | None]
"""Reads a view; None is UNKNOWN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: how it is written, what it takes and what it gives."""

    name: str
    form: str
    """How a call looks, for messages."""
    sources: int
    """How many names of sources it takes."""
    takes_number: bool = False
    """Whether a number or a param stands after them."""
    kind: Kind
    uses_clock: bool
    make: Callable[..., Answer]
    """Takes the prefixes of the sources and the number, returns the reader."""


def _age(prefix: str) -> Answer:
    def read(view: View) -> float | None:
        at = view.times.get(prefix)
        # A record may be a little ahead of the clock here; nothing is younger than new.
        return None if at is None else max(0.0, (view.now - at).total_seconds())

    return read


def _hour_of_day() -> Answer:
    def read(view: View) -> float | None:
        zone = zone_of(view.instrument)
        return None if zone is None else hour_in(view.now.astimezone(zone))

    return read


def _until_day(day: float) -> Answer:
    """Seconds until that day of a month begins in the monitor's zone; in a shorter month its last day's end."""

    def read(view: View) -> float | None:
        zone = zone_of(view.instrument)
        if zone is None or not FIRST_DAY <= day <= LAST_DAY:
            return None
        today = view.now.astimezone(zone).date()
        first = today.replace(day=1)
        for month in (first, _next_month(first)):
            begins = min(month + timedelta(days=int(day) - 1), _next_month(month))
            if begins > today:
                return (datetime.combine(begins, time(), zone).astimezone(UTC) - view.now).total_seconds()
        return None

    return read


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def zone_of(instrument: Mapping[str, str]) -> tzinfo | None:
    """Where an instrument stands: UTC where nobody says, None where there is no such zone (then it is UNKNOWN)."""
    return _zone(instrument.get("timezone", ""))


def hour_in(local: datetime) -> float:
    """The hour of a local time with its fraction."""
    return local.hour + local.minute / 60 + local.second / 3600


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo | None:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


FUNCTIONS = {
    function.name: function
    for function in (
        Function(name="age", form="age(calibration)", sources=1, kind=Kind.DURATION, uses_clock=True, make=_age),
        Function(
            name="hour_of_day", form="hour_of_day()", sources=0, kind=Kind.NUMBER, uses_clock=True, make=_hour_of_day
        ),
        Function(
            name="until_day",
            form="until_day(params.day)",
            sources=0,
            takes_number=True,
            kind=Kind.DURATION,
            uses_clock=True,
            make=_until_day,
        ),
    )
}

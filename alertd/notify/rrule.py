"""Reading recurrence rules as calendars write them, `FREQ=WEEKLY;BYDAY=MO,TU`; a mistake names its part. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

from alertd.config.validate import suggest
from alertd.notify.recurrence import FREQUENCIES, LOOKAHEAD, WEEKDAYS, Numbers, Recurrence, starts

MOST = 10_000
"""A series with COUNT is walked from its beginning once: so many starts take a few hundredths of a second."""

_PREFIX = re.compile(r"RRULE:", re.IGNORECASE)
_BESIDE = {"DTSTART": "the first start is given beside the rule", "DTEND": "the length is given beside the rule"}
_NTH = re.compile(r"([+-]?[0-9]{1,2})?([A-Z]{2})")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_A_YEAR = datetime(2000, 1, 1)  # noqa: DTZ001 -- where no zone counts
"""A leap year that begins on a Saturday; any would do to see whether a rule ever happens."""


@lru_cache(maxsize=256)
def parse_rrule(text: str) -> Recurrence:
    """Read a rule, with or without `RRULE:` before it.

    Raises:
        ValueError: with one line that names the wrong part.
    """
    parts = _parts(_PREFIX.sub("", text.strip(), count=1))
    if "FREQ" not in parts:
        raise ValueError("FREQ is missing: how often, such as FREQ=DAILY")
    rule = Recurrence(**{_READERS[name][0]: _READERS[name][1](name, value) for name, value in parts.items()})
    _check_together(rule)
    anyhow = Recurrence(
        **{_READERS[name][0]: getattr(rule, _READERS[name][0]) for name in parts if name not in _ENDING}
    )
    if next(starts(anyhow, _A_YEAR, _A_YEAR, _A_YEAR + LOOKAHEAD), None) is None:
        raise ValueError(f"{'; '.join(name for name in parts if name.startswith('BY'))}: this never happens")
    return rule


def check_rrule(text: str) -> None:
    """Raise ValueError, naming the part, unless this is a rule that a silence can recur by."""
    rule = parse_rrule(text)
    if rule.count is not None and rule.count > MOST:
        raise ValueError(f"COUNT: {MOST} at most; UNTIL ends a series on a day")


def _parts(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.removesuffix(";").split(";"):
        name, equals, value = (each.strip().upper() for each in part.partition("="))
        word = re.split("[:;]", name)[0]
        if word in _BESIDE:
            raise ValueError(f"{word}: {_BESIDE[word]}")
        if not equals or not value:
            raise ValueError(f'"{part.strip()}" is no part of a rule: parts are NAME=VALUE, with ; between them')
        if name not in _READERS:
            raise ValueError(f"{name}: there is no such part{suggest(name, _READERS)}")
        if name in found:
            raise ValueError(f"{name}: is given twice")
        found[name] = value
    return found


def _check_together(rule: Recurrence) -> None:
    if rule.count is not None and rule.until is not None:
        raise ValueError("COUNT, UNTIL: a series ends by one of them, not both")
    if any(nth for nth, _ in rule.by_day):
        if rule.freq not in ("MONTHLY", "YEARLY"):
            raise ValueError(f"BYDAY: a number before a weekday needs FREQ=MONTHLY or YEARLY, not {rule.freq}")
        if (rule.freq == "MONTHLY" or rule.by_month) and max(abs(nth) for nth, _ in rule.by_day) > 5:
            raise ValueError("BYDAY: no month has more than 5 of a weekday")
        if rule.by_week_no:
            raise ValueError("BYDAY: a number before a weekday cannot stand with BYWEEKNO")
    if rule.by_week_no and rule.freq != "YEARLY":
        raise ValueError("BYWEEKNO: needs FREQ=YEARLY")
    limits = (rule.by_month, rule.by_week_no, rule.by_year_day, rule.by_month_day, rule.by_day)
    if rule.by_set_pos and not any((*limits, rule.by_hour, rule.by_minute, rule.by_second)):
        raise ValueError("BYSETPOS: needs another BY part to choose from")


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _freq(name: str, value: str) -> str:
    if value in ("SECONDLY", "MINUTELY"):
        raise ValueError(f"{name}: {value} is too often: HOURLY at most")
    if value not in FREQUENCIES:
        raise ValueError(f'{name}: "{value}" is not one of {", ".join(FREQUENCIES)}{suggest(value, FREQUENCIES)}')
    return value


def _positive(name: str, value: str) -> int:
    if not re.fullmatch("[0-9]{1,6}", value) or not int(value):
        raise ValueError(f'{name}: a number from 1 on is wanted, not "{value}"')
    return int(value)


def _until(name: str, value: str) -> datetime:
    """The last moment; a date alone is that whole day."""
    form = _UNTIL.fullmatch(value)
    try:
        day = datetime.strptime(form[1], "%Y%m%d") if form else None  # noqa: DTZ007 -- the zone is added below
        clock = datetime.strptime(form[2], "%H%M%S").time() if form and form[2] else time.max  # noqa: DTZ007
    except ValueError:
        day = None
    if form is None or day is None or not 1970 <= day.year <= 2999:
        raise ValueError(f'{name}: a date such as 20271231 or 20271231T060000Z is wanted, not "{value}"')
    return datetime.combine(day, clock, UTC if form[3] else None)


def _weekday(name: str, value: str) -> int:
    if value not in WEEKDAYS:
        raise ValueError(f'{name}: "{value}" is no weekday: {" ".join(WEEKDAYS)}')
    return WEEKDAYS.index(value)


def _weekdays(name: str, value: str) -> tuple[tuple[int, int], ...]:
    found = []
    for item in value.split(","):
        form = _NTH.fullmatch(item.strip())
        if form is None:
            raise ValueError(f'{name}: "{item}" is no weekday: {" ".join(WEEKDAYS)}, or a number before one as in -1FR')
        nth = int(form[1] or 0)
        if form[1] and not 1 <= abs(nth) <= 53:
            raise ValueError(f'{name}: "{item}": the number is from 1 to 53, or from -1 (the last) to -53')
        found.append((nth, _weekday(name, form[2])))
    return tuple(dict.fromkeys(found))


def _numbers(low: int, high: int, *, signed: bool = False) -> Callable[[str, str], Numbers]:
    """A reader of numbers within a range; `signed`: or as far from the end, as negative ones."""

    def read(name: str, value: str) -> Numbers:
        for item in value.split(","):
            if not re.fullmatch("[+-]?[0-9]{1,3}" if signed else "[0-9]{1,2}", item.strip()) or not (
                low <= abs(int(item)) <= high
            ):
                less = f", or from -1 (the last) to -{high}" if signed else ""
                raise ValueError(f'{name}: "{item}" is not from {low} to {high}{less}')
        return tuple(sorted({int(item) for item in value.split(",")}))

    return read


_ENDING = frozenset({"COUNT", "UNTIL", "INTERVAL"})
_READERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "FREQ": ("freq", _freq),
    "INTERVAL": ("interval", _positive),
    "COUNT": ("count", _positive),
    "UNTIL": ("until", _until),
    "BYMONTH": ("by_month", _numbers(1, 12)),
    "BYWEEKNO": ("by_week_no", _numbers(1, 53, signed=True)),
    "BYYEARDAY": ("by_year_day", _numbers(1, 366, signed=True)),
    "BYMONTHDAY": ("by_month_day", _numbers(1, 31, signed=True)),
    "BYDAY": ("by_day", _weekdays),
    "BYHOUR": ("by_hour", _numbers(0, 23)),
    "BYMINUTE": ("by_minute", _numbers(0, 59)),
    "BYSECOND": ("by_second", _numbers(0, 59)),
    "BYSETPOS": ("by_set_pos", _numbers(1, 366, signed=True)),
    "WKST": ("week_start", _weekday),
}
"""The parts of a rule: which attribute each is, and how it is read."""

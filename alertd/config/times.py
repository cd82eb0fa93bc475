"""Times as people write them: times of day, days, months and years in Alertmanager's forms, cron, rates.

Each reads what a YAML file holds and raises ValueError with one line that says what is wanted.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from alertd.config.forms import OFF, check_zone, words_like
from alertd.config.validate import suggest

Range = tuple[int, int]
"""From and to, both included."""

MINUTES_A_DAY = 24 * 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_RATE = re.compile(r"([1-9][0-9]{0,5})/([smh])")
_PERIODS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS)}
_MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, start=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in so long."""

    count: int
    per: timedelta


def minute_of(value: object) -> int:
    """A time of day such as 22:00, in minutes; 24:00 is the day's end."""
    form = _TIME.fullmatch(value) if isinstance(value, str) else None
    minute = int(form[1]) * 60 + int(form[2]) if form else MINUTES_A_DAY + 1
    if minute > MINUTES_A_DAY:
        raise ValueError("a time of day is wanted, such as 07:00 or 22:30")
    return minute


def rate_of(value: object) -> Rate | str:
    """A rate such as 20/m; `off` stays what it is."""
    if isinstance(value, Rate):
        return value
    if value == OFF:
        return OFF
    form = _RATE.fullmatch(value) if isinstance(value, str) else None
    if form is None:
        raise ValueError("a rate is wanted, such as 1/s, 20/m or 100/h; or off")
    return Rate(count=int(form[1]), per=_PERIODS[form[2]])


def weekdays_of(value: object) -> Range:
    """A weekday or a range of them, Monday as 0; it may run on over Sunday."""
    return _ends(value, "a weekday is wanted, such as monday or monday:friday", _WEEKDAY_NUMBERS)


def months_of(value: object) -> Range:
    """A month, by name or number, or a range of them; it may run on over December."""
    low, high = _ends(value, "a month is wanted, such as january, 1 or 1:3", _MONTH_NUMBERS)
    if not (1 <= low <= 12 and 1 <= high <= 12):
        raise ValueError("a month is from 1 to 12")
    return low, high


def years_of(value: object) -> Range:
    """A year or a range of them."""
    low, high = _ends(value, "a year is wanted, such as 2027 or 2027:2028", {})
    if low > high:
        raise ValueError(f"the year {low} is after {high}")
    return low, high


def month_days_of(value: object) -> Range:
    """A day of the month or a range of them; from the month's end where negative."""
    low, high = _ends(value, "a day of the month is wanted, such as 1, 1:5 or -1", {})
    if not all(1 <= abs(day) <= 31 for day in (low, high)):
        raise ValueError("a day of the month is from 1 to 31, or from -1 (the last) to -31")
    if low < 0 < high:
        raise ValueError("a range that begins from the month's end ends from it too")
    # Counted from the end of the longest month where only one of them is counted from the end.
    if low > (high if (low < 0) == (high < 0) else 32 + high):
        raise ValueError(f"the day {low} is always after {high}")
    return low, high


def _ends(value: object, wanted: str, names: Mapping[str, int]) -> Range:
    """Both ends of `a:b`, or of a single one."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    parts = [part.strip().lower() for part in text.split(":")]
    if len(parts) > 2 or not all(re.fullmatch("-?[0-9]{1,4}", part) or part in names for part in parts):
        near = next((suggest(part, names) for part in parts if names and part not in names), "")
        raise ValueError(wanted + near)
    if names is _WEEKDAY_NUMBERS and not all(part in names for part in parts):
        raise ValueError(f"{wanted}: numbers mean different days to different people")
    low, high = (names[part] if part in names else int(part) for part in (parts[0], parts[-1]))
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A cron expression, its weekdays by name: cron's 0 and 7 are Sunday, and not every scheduler's are."""

    minute: str
    hour: str
    day: str
    month: str
    day_of_week: str


class _Part(NamedTuple):
    """One of the five fields of a cron expression."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """Three letters each, from the lowest number."""


_PARTS = (
    _Part("minute", 0, 59),
    _Part("hour", 0, 23),
    _Part("day of the month", 1, 31),
    _Part("month", 1, 12, tuple(name[:3] for name in MONTHS)),
    _Part("weekday", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_CRON_ITEM = re.compile(r"(?:(\*)|([a-z]{3}|[0-9]{1,2})(?:-([a-z]{3}|[0-9]{1,2}))?)(?:/([0-9]{1,2}))?")


def cron_of(value: object) -> Cron:
    """A cron expression of five fields."""
    if isinstance(value, Cron):
        return value
    texts = value.lower().split() if isinstance(value, str) else []
    if len(texts) != len(_PARTS):
        raise ValueError('five fields are wanted, as in "0 7 * * mon-fri": minute, hour, day, month, weekday')
    fields = [_cron_numbers(part, text) for part, text in zip(_PARTS, texts, strict=True)]
    _, _, days, months, weekdays = fields
    if days and weekdays:
        raise ValueError("a day of the month and a weekday together are not taken: leave one of them *")
    if days and months and not any(min(days) <= monthrange(2024, month)[1] for month in months):
        raise ValueError("this day never comes")
    names = _PARTS[-1].names
    minute, hour, day, month = (",".join(map(str, sorted(numbers))) or "*" for numbers in fields[:4])
    day_of_week = ",".join(names[number] for number in sorted({number % 7 for number in weekdays})) or "*"
    return Cron(minute=minute, hour=hour, day=day, month=month, day_of_week=day_of_week)


def _cron_numbers(part: _Part, text: str) -> set[int]:
    """What one field names; nothing for `*`."""
    numbers: set[int] = set()
    for item in text.split(","):
        form = _CRON_ITEM.fullmatch(item)
        if form is None:
            raise ValueError(f'{part.name}: "{item}" is no {part.name}, range such as 1-5, or step such as */2')
        star, first, last, step = form.groups()
        if star and not step:
            return set()
        low, high = (part.low, part.high) if star else (_cron_number(part, first), _cron_number(part, last or first))
        if star and part.names[:1] == ("sun",):
            high = 6
        if low > high or (step and not int(step)) or (step and not star and not last):
            raise ValueError(f'{part.name}: "{item}" is no range, nor a step of one')
        numbers.update(range(low, high + 1, int(step or 1)))
    return numbers


def _cron_number(part: _Part, text: str) -> int:
    if text in part.names:
        return part.names.index(text) + part.low
    if not text.isdigit() or not part.low <= int(text) <= part.high:
        raise ValueError(f'{part.name}: "{text}" is not within {part.low} and {part.high}')
    return int(text)


def _zone(value: str) -> str:
    check_zone(value)
    return value


def _range_like(one: str, numbers: Sequence[Range], *examples: str) -> WithJsonSchema:
    """In JSON Schema: `a` or `a:b`, or a whole number of one of these ranges."""
    words = {"type": "string", "pattern": rf"^\s*({one})\s*(:\s*({one})\s*)?$"}
    ranges = [{"type": "integer", "minimum": low, "maximum": high} for low, high in numbers]
    return WithJsonSchema({"anyOf": [words, *ranges], "examples": list(examples)})


def _any_case(words: Iterable[str]) -> str:
    """A pattern for these words in whatever capitals."""
    return "|".join("".join(f"[{letter}{letter.upper()}]" for letter in word) for word in words)


_WEEKDAY = rf"\s*({_any_case(WEEKDAYS)})\s*"
_CRON_FIELD = r"[0-9A-Za-z*,/-]+"

TimeOfDay = Annotated[
    int, PlainValidator(minute_of), words_like("^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$", "07:00", "22:30")
]
Weekdays = Annotated[
    Range, PlainValidator(weekdays_of), words_like(f"^{_WEEKDAY}(:{_WEEKDAY})?$", "monday", "monday:friday")
]
MonthDays = Annotated[
    Range, PlainValidator(month_days_of), _range_like("-?0*([1-9]|[12][0-9]|3[01])", [(-31, -1), (1, 31)], "1:5", "-1")
]
Months = Annotated[
    Range,
    PlainValidator(months_of),
    _range_like(f"0*([1-9]|1[0-2])|{_any_case(MONTHS)}", [(1, 12)], "january", "1:3"),
]
Years = Annotated[Range, PlainValidator(years_of), _range_like("-?[0-9]{1,4}", [(-9999, 9999)], "2027", "2027:2028")]
Zone = Annotated[str, AfterValidator(_zone), words_like(r"^[A-Za-z][A-Za-z0-9_+/-]*$", "Europe/London")]
CronText = Annotated[
    Cron, PlainValidator(cron_of), words_like(rf"^\s*({_CRON_FIELD}\s+){{4}}{_CRON_FIELD}\s*$", "0 7 * * mon-fri")
]
RateText = Annotated[Rate | str, PlainValidator(rate_of), words_like(f"^({_RATE.pattern}|{OFF})$", "20/m", OFF)]
"""A Rate, or the word off."""

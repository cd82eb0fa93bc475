"""Recurrence rules of calendars (RFC 5545's RRULE), looked at through a window of time. Pure.

python-dateutil, the usual library, walks a series from its beginning, and a rule that never happens, such as each
30 February, to the year 9999: seconds to minutes for one look. Here a look costs what its window holds; the tests hold
both to the same answers. Every time here is a local wall-clock time without a zone.
"""

from bisect import bisect_left
from calendar import isleap, monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, product

DAY = timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
LOOKAHEAD = timedelta(days=366 * 60)
"""What does not happen in so long never does: leap days come round to each weekday in less."""

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A recurrence rule; an empty tuple limits nothing."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    """The last moment at which an occurrence can start: UTC where it is aware, else by the clocks of the series."""
    by_month: Numbers = ()
    by_week_no: Numbers = ()
    by_year_day: Numbers = ()
    by_month_day: Numbers = ()
    by_day: tuple[tuple[int, int], ...] = ()
    """Which of the month or year (0: each), and the weekday from Monday as 0."""
    by_hour: Numbers = ()
    by_minute: Numbers = ()
    by_second: Numbers = ()
    by_set_pos: Numbers = ()
    week_start: int = 0


def starts(rule: Recurrence, first: datetime, after: datetime, before: datetime) -> Iterator[datetime]:
    """The starts from `after` on and before `before`, in order, of the series that begins no earlier than `first`.

    `rule.until` must have no zone here.
    """
    if rule.count is not None:
        every = _counted(rule, first)
        found: Iterator[datetime] = islice(every, bisect_left(every, after), None)
    else:
        found = _unlimited(_completed(rule, first), first, max(after, first), before)
    for start in found:
        if start >= before or (rule.until is not None and start > rule.until):
            return
        if start >= after:
            yield start


@lru_cache(maxsize=256)
def _counted(rule: Recurrence, first: datetime) -> tuple[datetime, ...]:
    """Every start of a series that ends after a number of them."""
    return tuple(islice(_unlimited(_completed(rule, first), first, first, first + LOOKAHEAD), rule.count))


def _completed(rule: Recurrence, first: datetime) -> Recurrence:
    """The rule with what it leaves open taken from the first start."""
    if not (rule.by_week_no or rule.by_year_day or rule.by_month_day or rule.by_day):
        if rule.freq == "YEARLY":
            rule = replace(rule, by_month=rule.by_month or (first.month,), by_month_day=(first.day,))
        elif rule.freq == "MONTHLY":
            rule = replace(rule, by_month_day=(first.day,))
        elif rule.freq == "WEEKLY":
            rule = replace(rule, by_day=((0, first.weekday()),))
    return replace(
        rule,
        by_hour=rule.by_hour or (() if rule.freq == "HOURLY" else (first.hour,)),
        by_minute=rule.by_minute or (first.minute,),
        by_second=rule.by_second or (first.second,),
    )


def _unlimited(rule: Recurrence, first: datetime, after: datetime, before: datetime) -> Iterator[datetime]:
    """The starts of the periods from the one that holds `after` on, none before `first`."""
    for days, hours in _PERIODS[rule.freq](rule, first, after.date(), before.date()):
        matching = [day for day in days if _on_day(rule, day)]
        if not matching:
            continue
        times = [time(*each) for each in product(hours, sorted(rule.by_minute), sorted(rule.by_second))]
        period = [datetime.combine(day, each) for day in matching for each in times]
        yield from (start for start in _at_positions(period, rule.by_set_pos) if start >= first)


def _at_positions(period: list[datetime], positions: Numbers) -> list[datetime]:
    if not positions:
        return period
    found = {period[n - 1 if n > 0 else n] for n in positions if abs(n) <= len(period)}
    return sorted(found)


# ── periods: the days and hours that one step of the frequency looks at ──────────────────────────────────────────────

Period = tuple[list[date], list[int]]


def _years(rule: Recurrence, first: datetime, after: date, before: date) -> Iterator[Period]:
    begin = _step(first.year, after.year, rule.interval)
    for year in range(begin, before.year + 1, rule.interval):
        yield [date(year, 1, 1) + n * DAY for n in range(_year_length(year))], sorted(rule.by_hour)


def _months(rule: Recurrence, first: datetime, after: date, before: date) -> Iterator[Period]:
    begin = _step(_month_number(first.date()), _month_number(after), rule.interval)
    for number in range(begin, _month_number(before) + 1, rule.interval):
        year, month = number // 12, number % 12 + 1
        days = [date(year, month, day + 1) for day in range(monthrange(year, month)[1])]
        yield days, sorted(rule.by_hour)


def _weeks(rule: Recurrence, first: datetime, after: date, before: date) -> Iterator[Period]:
    week = _week_of(first.date(), rule.week_start)
    begin = _step(week.toordinal(), _week_of(after, rule.week_start).toordinal(), 7 * rule.interval)
    for number in range(begin, before.toordinal() + 1, 7 * rule.interval):
        yield [date.fromordinal(number + n) for n in range(7)], sorted(rule.by_hour)


def _days(rule: Recurrence, first: datetime, after: date, before: date) -> Iterator[Period]:
    begin = _step(first.toordinal(), after.toordinal(), rule.interval)
    for number in range(begin, before.toordinal() + 1, rule.interval):
        yield [date.fromordinal(number)], sorted(rule.by_hour)


def _hours(rule: Recurrence, first: datetime, after: date, before: date) -> Iterator[Period]:
    origin = 24 * first.toordinal() + first.hour
    for number in range(after.toordinal(), before.toordinal() + 1):
        day = date.fromordinal(number)
        if not _on_day(rule, day):
            continue
        for hour in sorted(rule.by_hour) or range(24):
            if (24 * number + hour - origin) % rule.interval == 0:
                yield [day], [hour]


_PERIODS: dict[str, Callable[[Recurrence, datetime, date, date], Iterator[Period]]] = {
    "YEARLY": _years,
    "MONTHLY": _months,
    "WEEKLY": _weeks,
    "DAILY": _days,
    "HOURLY": _hours,
}


def _step(first: int, after: int, width: int) -> int:
    """The last number not above `after` that is a whole number of steps above `first`, or `first` itself."""
    return first + max(0, after - first) // width * width


# ── which days a rule names ──────────────────────────────────────────────────────────────────────────────────────────


def _on_day(rule: Recurrence, day: date) -> bool:
    # Hot: a look at a year asks of each of its days.
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_day and not _on_weekday(rule, day):
        return False
    return (
        (not rule.by_month_day or _counts(rule.by_month_day, *_in_month(day)))
        and (not rule.by_year_day or _counts(rule.by_year_day, *_in_year(day)))
        and (not rule.by_week_no or _counts(rule.by_week_no, *_week_number(day, rule.week_start)))
    )


def _counts(numbers: Numbers, position: int, length: int) -> bool:
    """Whether a position is among the numbers, counted from the beginning or, as negative ones, from the end."""
    return position in numbers or position - length - 1 in numbers


def _on_weekday(rule: Recurrence, day: date) -> bool:
    weekday = day.weekday()
    wanted = [nth for nth, each in rule.by_day if each == weekday]
    if not wanted or 0 in wanted:
        return bool(wanted)
    position, length = _in_year(day) if rule.freq == "YEARLY" and not rule.by_month else _in_month(day)
    return (position + 6) // 7 in wanted or -((length - position) // 7 + 1) in wanted


def _in_month(day: date) -> tuple[int, int]:
    """Which day of its month, and how many that has."""
    return day.day, monthrange(day.year, day.month)[1]


def _in_year(day: date) -> tuple[int, int]:
    """Which day of its year, and how many that has."""
    return day.timetuple().tm_yday, _year_length(day.year)


def _week_number(day: date, week_start: int) -> tuple[int, int]:
    """The number of the day's week, and how many weeks its year has; the first has four days of the year or more."""
    middle = _week_of(day, week_start) + 3 * DAY
    last = _week_of(date(middle.year, 12, 28), week_start) + 3 * DAY
    return tuple((each.timetuple().tm_yday + 6) // 7 for each in (middle, last))  # type: ignore[return-value]


def _week_of(day: date, week_start: int) -> date:
    return day - (day.weekday() - week_start) % 7 * DAY


def _month_number(day: date) -> int:
    return 12 * day.year + day.month - 1


def _year_length(year: int) -> int:
    return 366 if isleap(year) else 365

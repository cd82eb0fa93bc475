"""Times of day as people write them: which instants a local range holds, through every change of the clocks. Pure.

A wall-clock time that does not exist is taken one gap later; one that comes twice is the first as a start and the last
as an end. A range belongs to the day that it starts on.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from alertd.config.notifications import Times
from alertd.config.times import Range

DAY = timedelta(days=1)
_NEAR = (-2, -1, 0, 1)
"""Days, from the local one, whose ranges can hold an instant: past midnight, past a gap, before a repeated midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """Times of some days, as in Alertmanager; what is empty leaves nothing out."""

    times: tuple[Range, ...] = ()
    """Minutes of the day, the end not included; at or before the start it is the next day's. None: whole local days."""
    weekdays: tuple[Range, ...] = ()
    """0 is Monday; from Saturday to Monday is (5, 0)."""
    days_of_month: tuple[Range, ...] = ()
    """From 1, or from the month's end: -1 is its last day."""
    months: tuple[Range, ...] = ()
    """November to February is (11, 2)."""
    years: tuple[Range, ...] = ()
    location: str | None = None
    """The time zone; None: the one asked for."""

    def contains(self, at: datetime, zone: str) -> bool:
        """Whether an instant is inside, by the clocks of `location`, else of `zone`."""
        place = zone_of(self.location or zone)
        today = at.astimezone(place).date()
        if not self.times:
            return self.begins_on(today)
        return any(begin <= at < end for begin, end in _spans_near(self, place, today))

    def begins_on(self, day: date) -> bool:
        """Whether its times are those of this local day."""
        return (
            _within(day.weekday(), self.weekdays)
            and _within(day.month, self.months)
            and _within(day.year, self.years)
            and (not self.days_of_month or _in_month(day, self.days_of_month))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedInterval:
    """One of the config's `time_intervals`: inside while any of its parts is."""

    name: str
    intervals: tuple[TimeInterval, ...]

    def contains(self, at: datetime, zone: str) -> bool:
        """Whether an instant is inside one of them."""
        return any(each.contains(at, zone) for each in self.intervals)


def interval_of(times: Times) -> TimeInterval:
    """The interval that the config's words describe."""
    return TimeInterval(
        times=tuple(each.minutes for each in times.times),
        weekdays=tuple(times.weekdays),
        days_of_month=tuple(times.days_of_month),
        months=tuple(times.months),
        years=tuple(times.years),
        location=times.location,
    )


@lru_cache(maxsize=4096)
def _spans_near(interval: TimeInterval, place: tzinfo, today: date) -> tuple[tuple[datetime, datetime], ...]:
    """Begin and end of every range that can hold an instant of a local day; kept, for each alert asks the same."""
    days = [day for day in (today + days * DAY for days in _NEAR) if interval.begins_on(day)]
    ranges = [(start, end if end > start else end + 24 * 60) for start, end in interval.times]
    return tuple(
        (instant_of(day, start, place), instant_of(day, end, place, last=True)) for day in days for start, end in ranges
    )


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """The time zone of a name; UTC where the machine knows none: a label can say anything."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def instant_of(day: date, minute: int, zone: tzinfo, *, last: bool = False) -> datetime:
    """When clocks there show this minute of a day; 24 * 60 is the next day's first. Of two, the first or the last."""
    return as_utc(datetime(day.year, day.month, day.day) + timedelta(minutes=minute), zone, last=last)  # noqa: DTZ001


def as_utc(wall: datetime, zone: tzinfo, *, last: bool = False) -> datetime:
    """The instant of a naive wall-clock time: one gap later where it does not exist, of two the first or last."""
    # PEP 495: fold=0 reads a time in a gap by the clocks before the gap, which is one gap later by those after it.
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return max(first, wall.replace(tzinfo=zone, fold=1).astimezone(UTC)) if last else first


def _within(value: int, ranges: tuple[Range, ...]) -> bool:
    return not ranges or any(
        low <= value <= high if low <= high else value >= low or value <= high for low, high in ranges
    )


def _in_month(day: date, ranges: tuple[Range, ...]) -> bool:
    length = ((day.replace(day=1) + 31 * DAY).replace(day=1) - day.replace(day=1)).days
    for low, high in ranges:
        first, last = (n if n > 0 else length + 1 + n for n in (low, high))
        if first <= day.day <= last:
            return True
    return False

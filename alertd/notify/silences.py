"""Silences: what a person asked not to be told of, for how long, once or over and over. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from alertd.config.durations import parse_duration
from alertd.matchers import Matcher, all_match
from alertd.notify.recurrence import LOOKAHEAD, starts
from alertd.notify.rrule import parse_rrule
from alertd.notify.wallclock import DAY, as_utc, zone_of

SilenceState = Literal["pending", "active", "expired"]
Span = tuple[datetime, datetime]

TIMEZONE_LABEL = "timezone"
JOINED = timedelta(days=31)
"""Occurrences that join are followed so far, each way: a series may have no gap at all."""
FARTHEST = timedelta(days=36525)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One silence; every instant is UTC."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime | None
    """The end of the silence, or of the series; None: open, for `until_resolved` or an endless series."""
    until_resolved: bool = False
    """Held until nothing that matches is pending or firing."""
    rrule: str | None = None
    length: timedelta | None = None
    """How long each occurrence lasts, in elapsed time; of a series only."""
    start_local: datetime | None = None
    """The series' first start without a zone, where none was given: the same wall-clock time in each monitor's zone."""
    ends_local: datetime | None = None
    """The same for the series' end; it counts before `ends_at`, which is that time in `timezone` or UTC."""
    timezone: str | None = None
    author: str = ""
    reason: str = ""
    created_at: datetime
    expired_at: datetime | None = None
    """When a person or the end of what it waited for ended it."""


def state_of(silence: Silence, now: datetime) -> SilenceState:
    """Where a silence is in its life; a series is pending between its occurrences, by the clocks of its zone or UTC."""
    zone = silence.timezone or "UTC"
    if _ended(silence, zone, now):
        return "expired"
    if silence.rrule is None:
        return "active" if silence.starts_at <= now else "pending"
    if _is_on(silence, zone, now):
        return "active"
    return "pending" if next_start(silence, zone, now) is not None else "expired"


def holds(silence: Silence, labels: Mapping[str, str], now: datetime) -> bool:
    """Whether it holds back an alert with these labels now."""
    return all_match(silence.matchers, labels) and is_on(silence, labels, now)


def is_on(silence: Silence, labels: Mapping[str, str], now: datetime) -> bool:
    """Whether it would hold an alert with these labels now, did they meet its matchers: they say whose clocks count."""
    zone = silence.timezone or labels.get(TIMEZONE_LABEL) or "UTC"
    if silence.rrule is None:
        return silence.starts_at <= now and not _ended(silence, zone, now)
    return _is_on(silence, zone, now)


def occurrence(silence: Silence, zone: str, now: datetime) -> tuple[datetime, datetime | None] | None:
    """Start and end of the time that the silence is on now, by the clocks of a zone; None where it is not on.

    Occurrences that meet or overlap are one. The end is None where the silence is open.
    """
    if silence.rrule is None:
        on = silence.starts_at <= now and not _ended(silence, zone, now)
        return (silence.starts_at, silence.ends_at) if on else None
    return _span(silence, zone, now) if _is_on(silence, zone, now) else None


def next_start(silence: Silence, zone: str, now: datetime) -> datetime | None:
    """When a series' next occurrence after now starts, by the clocks of a zone; None where there is none."""
    return next(_starts(silence, zone_of(zone), now, now + LOOKAHEAD), None)


def parse_when(text: str, now: datetime, zone: str | None, *, last: bool = False) -> datetime:
    """A command line's time: ISO 8601, by the clocks of `zone`, else UTC, where it says no offset; or `2h` from now.

    `last`: it is an end, so of a time that comes twice the second.

    Raises:
        ValueError: with one line that says what is wanted.
    """
    length = _length(text)
    return now + length if length is not None else _instant(text, now, zone, last=last)


def parse_past(text: str, now: datetime) -> datetime:
    """A command line's time, looking back: ISO 8601, in UTC where it says no offset; or `2h` for so long ago.

    Raises:
        ValueError: with one line that says what is wanted.
    """
    length = _length(text)
    return now - length if length is not None else _instant(text, now, None, back=True)


def parse_earlier(text: str, now: datetime) -> datetime:
    """As `parse_past`, of a time that is over.

    Raises:
        ValueError: with one line that says what is wrong.
    """
    at = parse_past(text, now)
    if at > now:
        raise ValueError(f"{text} is yet to come")
    return at


def wall_time(text: str) -> datetime | None:
    """The wall-clock time that a command line's time says without an offset; None for any other."""
    try:
        wall = _iso(text)
    except ValueError:
        return None
    return wall if wall.tzinfo is None else None


def _length(text: str) -> timedelta | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None


def _instant(text: str, now: datetime, zone: str | None, *, last: bool = False, back: bool = False) -> datetime:
    way = "ago" if back else "from now"
    wall = _iso(text, way)
    at = as_utc(wall, zone_of(zone or "UTC"), last=last) if wall.tzinfo is None else wall.astimezone(UTC)
    if abs(at - now) > FARTHEST:
        raise ValueError(f'"{text}" is more than a hundred years {way}')
    return at


def _iso(text: str, way: str = "from now") -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or not 1900 < at.year < 2900:
        raise ValueError(
            f'"{text}" is no time: write 2026-12-01T22:00, with an offset such as Z or +01:00, or 2h {way}'
        )
    return at


def _ended(silence: Silence, zone: str, now: datetime) -> bool:
    return any(end is not None and end <= now for end in (silence.expired_at, _end(silence, zone_of(zone))))


def _end(silence: Silence, place: tzinfo) -> datetime | None:
    """When it ends by the clocks of a place."""
    return silence.ends_at if silence.ends_local is None else as_utc(silence.ends_local, place, last=True)


@lru_cache(maxsize=2048)
def _is_on(silence: Silence, zone: str, now: datetime) -> bool:
    """Whether an occurrence of a series is on; kept, for each alert asks the same."""
    if _ended(silence, zone, now):
        return False
    after = now - (silence.length or timedelta(0))
    return next(_starts(silence, zone_of(zone), after, now), None) is not None


def _span(silence: Silence, zone: str, now: datetime) -> Span:
    """The joined occurrences of a series that is on now."""
    place, length = zone_of(zone), silence.length or timedelta(0)
    begin = end = datetime.min.replace(tzinfo=UTC)
    for start in _starts(silence, place, now - length - JOINED, now + JOINED):
        if start > end:
            if end > now:
                break
            begin = start
        end = max(end, start + length)
    return begin, min(end, _end(silence, place) or end)


def _starts(silence: Silence, place: tzinfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """When occurrences start: later than `after` and no later than `until`, in order."""
    rule = parse_rrule(silence.rrule or "")
    first = silence.start_local or _wall(silence.starts_at, place)
    if rule.until is not None and rule.until.tzinfo is not None:
        rule = replace(rule, until=_wall(rule.until, place))
    end = _end(silence, place)
    if end is not None:
        until = min(until, end - _MOMENT)
    # A day more each way: clocks have jumped by a whole one.
    for wall in starts(rule, first, _wall(after, place) - DAY, _wall(until, place) + DAY):
        at = as_utc(wall, place)
        if silence.start_local is None:
            at = max(at, silence.starts_at)
        if after < at <= until:
            yield at


def _wall(at: datetime, place: tzinfo) -> datetime:
    return at.astimezone(place).replace(tzinfo=None)

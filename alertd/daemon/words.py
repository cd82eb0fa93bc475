"""Reading what commands and forms take as words: times, spans, zones, matchers."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from alertd.config.durations import parse_duration
from alertd.errors import UsageError
from alertd.matchers import Matcher, parse_matcher

LONGEST_TEXT = 2000
"""Characters of a reason, a note or a name."""


def span(option: str, text: str) -> timedelta:
    """A duration longer than none."""
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
    if not length:
        raise UsageError(f"{option}: {text} is no time at all")
    return length


def moment(option: str, text: str, now: datetime, zone: str | None = None, *, last: bool = False) -> datetime:
    """A time: ISO 8601, by the clocks of `zone`, else UTC, where it says no offset; or `2h` from now.

    `last`: it is an end, so of a time that comes twice the second.
    """
    from alertd.notify.silences import parse_when

    try:
        return parse_when(text, now, zone, last=last)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def past_moment(option: str, text: str, now: datetime) -> datetime:
    """A time, looking back: ISO 8601, in UTC where it says no offset; or `2h` for so long ago."""
    from alertd.notify.silences import parse_past

    try:
        return parse_past(text, now)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def known_zone(option: str, name: str) -> str:
    """A time zone that this machine knows."""
    from alertd.config.forms import check_zone

    try:
        check_zone(name)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
    return name


def read_matchers(texts: Iterable[str]) -> tuple[Matcher, ...]:
    """Matchers as they were written."""
    return tuple(map(_matcher, texts))


def _matcher(text: str) -> Matcher:
    try:
        return parse_matcher(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def brief(option: str, text: str) -> str:
    """A text that is no longer than people read; it is kept with each alert that it is about."""
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"{option}: {len(text)} characters; {LONGEST_TEXT} are the most")
    return text

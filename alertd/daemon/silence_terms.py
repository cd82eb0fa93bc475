"""From what was written, on a command line or in a form, to a silence; or one line that says what is wrong."""

from dataclasses import dataclass
from datetime import datetime

from alertd.daemon.words import brief, known_zone, moment, span
from alertd.errors import UsageError
from alertd.matchers import Matcher
from alertd.notify.rrule import check_rrule
from alertd.notify.silences import Silence, state_of, wall_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as it was written."""

    matchers: tuple[Matcher, ...]
    lasts: str | None = None
    until: str | None = None
    until_resolved: bool = False
    start: str | None = None
    rrule: str | None = None
    timezone: str | None = None
    reason: str
    author: str


def silence_of(asked: Asked, silence_id: str, now: datetime) -> Silence:
    """The silence that was asked for.

    Raises:
        UsageError: with one line that says what is wrong.
    """
    _check_ends(asked)
    zone = known_zone("--timezone", asked.timezone) if asked.timezone is not None else None
    starts_at = now if asked.start is None else moment("--start", asked.start, now, zone)
    silence = (
        _once(asked, silence_id, starts_at, now) if asked.rrule is None else _series(asked, silence_id, starts_at, now)
    )
    if silence.ends_at is not None and silence.ends_at <= silence.starts_at:
        raise UsageError("it would end before it begins")
    if state_of(silence, now) == "expired":
        raise UsageError(
            "it would be over already" if asked.rrule is None else "it would never be on in the next sixty years"
        )
    return silence


def _check_ends(asked: Asked) -> None:
    given = [
        option
        for option, value in (
            ("--for", asked.lasts),
            ("--until", asked.until),
            ("--until-resolved", asked.until_resolved),
        )
        if value is not None and value is not False
    ]
    if asked.rrule is not None:
        _check_series(asked)
    elif not given:
        raise UsageError("say until when: --for, --until or --until-resolved")
    elif len(given) > 1:
        raise UsageError(f"{' and '.join(given)}: one end is wanted")
    brief("--author", asked.author)
    if not brief("--reason", asked.reason).strip():
        raise UsageError("--reason: say why; whoever meets the silence wants to know")


def _check_series(asked: Asked) -> None:
    if asked.until_resolved:
        raise UsageError("--until-resolved and --rrule: one or the other")
    if asked.lasts is None:
        raise UsageError("--for is wanted with --rrule: how long it lasts each time")
    try:
        check_rrule(asked.rrule or "")
    except ValueError as error:
        raise UsageError(f"--rrule: {error}") from error


def _once(asked: Asked, silence_id: str, starts_at: datetime, now: datetime) -> Silence:
    ends_at = None
    if asked.lasts is not None:
        ends_at = starts_at + span("--for", asked.lasts)
    elif asked.until is not None:
        ends_at = moment("--until", asked.until, now, asked.timezone, last=True)
    return Silence(
        id=silence_id,
        matchers=asked.matchers,
        starts_at=starts_at,
        ends_at=ends_at,
        until_resolved=asked.until_resolved,
        timezone=asked.timezone,
        author=asked.author,
        reason=asked.reason,
        created_at=now,
    )


def _series(asked: Asked, silence_id: str, starts_at: datetime, now: datetime) -> Silence:
    """A recurring one. Times without an offset stay what the clock on the wall shows, in whatever zone that is."""
    local_end = wall_time(asked.until) if asked.until is not None and asked.timezone is None else None
    return Silence(
        id=silence_id,
        matchers=asked.matchers,
        starts_at=starts_at,
        ends_at=moment("--until", asked.until, now, asked.timezone, last=True) if asked.until is not None else None,
        rrule=asked.rrule,
        length=span("--for", asked.lasts or ""),
        start_local=wall_time(asked.start) if asked.start is not None else None,
        ends_local=local_end,
        timezone=asked.timezone,
        author=asked.author,
        reason=asked.reason,
        created_at=now,
    )

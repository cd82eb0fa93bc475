"""alertd's silences as Alertmanager shows them, and Alertmanager's as alertd keeps them. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from alertd.matchers import LABEL, Matcher
from alertd.notify.silences import FARTHEST, Silence
from alertd.present import Json, span_text, time_text
from alertd.web.alertmanager.asked import MATCHERS_AT_MOST, Asked, read_matcher
from alertd.web.alertmanager.refusal import NotMapped
from alertd.web.house import StatedSilence

OPEN_END = "9999-12-31T23:59:59.000Z"
"""Alertmanager's silences all have an end; one until all has resolved has none yet."""
TEXT_AT_MOST = 2000
"""Characters of a comment or a name: they are kept with each alert that is held."""

_ORDER = {"active": 0, "pending": 1, "expired": 2}
_OPERATORS = {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}
"""By (is_regex, is_equal)."""


class PostedMatcher(BaseModel):
    """One matcher of a posted silence."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True)

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool | None = None


class PostedSilence(BaseModel):
    """postableSilence."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True)

    id: str | None = None
    matchers: list[PostedMatcher] = Field(max_length=MATCHERS_AT_MOST)
    starts_at: str
    ends_at: str
    created_by: str
    comment: str
    annotations: dict[str, str] | None = None


def silences_shown(silences: Iterable[StatedSilence], asked: Asked) -> list[Json]:
    """`GET /silences`: those that have every wanted matcher; on, coming, over; the next to change first."""
    wanted = [each for each in silences if all(_has(each.silence, matcher) for matcher in asked.matchers)]
    return [silence_shown(each) for each in sorted(wanted, key=_place)]


def silence_shown(stated: StatedSilence) -> Json:
    """gettableSilence; what Alertmanager's cannot be is said in annotations."""
    silence = stated.silence
    shown: Json = {
        "id": silence.id,
        "status": {"state": stated.state},
        "updatedAt": time_text(_updated_at(silence)),
        "comment": silence.reason,
        "createdBy": silence.author,
        "endsAt": OPEN_END if stated.ends_at is None else time_text(stated.ends_at),
        "matchers": [_matcher_shown(matcher) for matcher in silence.matchers],
        "startsAt": time_text(stated.starts_at),
    }
    annotations = _annotations(silence)
    return shown | {"annotations": annotations} if annotations else shown


def silence_of(posted: PostedSilence, silence_id: str, author: str, now: datetime) -> Silence:
    """What was asked for, under a new id; `author` is for where nobody is named. What would have begun begins now.

    Raises:
        NotMapped: with one line that says what cannot be.
    """
    if posted.annotations:
        raise NotMapped("annotations: alertd keeps none with a silence")
    starts_at, ends_at = _instant("startsAt", posted.starts_at, now), _instant("endsAt", posted.ends_at, now)
    if ends_at <= starts_at:
        raise NotMapped("start time must be before end time")
    if ends_at <= now:
        raise NotMapped("end time can't be in the past")
    return Silence(
        id=silence_id,
        matchers=_matchers(posted.matchers),
        starts_at=starts_at,
        ends_at=ends_at,
        author=_brief("createdBy", posted.created_by).strip() or author,
        reason=_brief("comment", posted.comment),
        created_at=now,
    )


def begun(silence: Silence, now: datetime) -> Silence:
    """A new silence begins now at the earliest: it did not hold anything before."""
    return replace(silence, starts_at=max(silence.starts_at, now))


def following(before: StatedSilence, asked: Silence, now: datetime) -> Silence:
    """What is to take a silence's place: under its id where nothing that was changes with it, else a new one.

    Raises:
        NotMapped: it is one that Alertmanager cannot describe as a whole, so what was sent is not what is meant.
    """
    silence = before.silence
    if before.state == "expired":
        return begun(asked, now)
    if silence.rrule is not None or silence.until_resolved:
        kind = "comes again and again" if silence.rrule is not None else "is on until all has resolved"
        raise NotMapped(f"silence {silence.id} {kind}: it cannot be changed here; expire it and make a new one")
    if silence.matchers != asked.matchers:
        return begun(asked, now)
    if before.state == "active" and int(asked.starts_at.timestamp()) == int(silence.starts_at.timestamp()):
        return replace(asked, id=silence.id, starts_at=silence.starts_at)
    if before.state == "pending" and asked.starts_at >= now:
        return replace(asked, id=silence.id)
    return begun(asked, now)


def _matchers(posted: Iterable[PostedMatcher]) -> tuple[Matcher, ...]:
    found = tuple(_matcher(each) for each in posted)
    if not found:
        raise NotMapped("invalid silence: at least one matcher required")
    if all(matcher.operator in ("=", "=~") and matcher.matches({}) for matcher in found):
        raise NotMapped("invalid silence: at least one matcher must not match the empty string")
    return found


def _matcher(posted: PostedMatcher) -> Matcher:
    if LABEL.fullmatch(posted.name) is None:
        raise NotMapped(f"bad matcher: {_brief('label', posted.name)!r} is no label's name")
    operator = _OPERATORS[posted.is_regex, posted.is_equal is not False]
    return read_matcher(str(Matcher(posted.name, operator, _brief("matcher", posted.value))))


def _instant(name: str, text: str, now: datetime) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotMapped(f"{name}: no time; write 2026-12-01T22:00:00Z") from error
    if abs(at - now) > FARTHEST:
        raise NotMapped(f"{name}: more than a hundred years from now")
    return at


def _brief(name: str, text: str) -> str:
    if len(text) > TEXT_AT_MOST:
        raise NotMapped(f"{name}: {len(text)} characters; {TEXT_AT_MOST} are the most")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise NotMapped(f"{name}: there is a null character in it, or half of one")
    return text


def _has(silence: Silence, wanted: Matcher) -> bool:
    """Whether one of its matchers is this very one."""
    asked = (wanted.label, wanted.operator, wanted.value)
    return any((each.label, each.operator, each.value) == asked for each in silence.matchers)


def _place(stated: StatedSilence) -> tuple[int, float]:
    """What is on by its end, what is coming by its start, what is over by how long."""
    if stated.state == "pending":
        return _ORDER[stated.state], stated.starts_at.timestamp()
    end = float("inf") if stated.ends_at is None else stated.ends_at.timestamp()
    return _ORDER[stated.state], -end if stated.state == "expired" else end


def _updated_at(silence: Silence) -> datetime:
    return max(at for at in (silence.created_at, silence.expired_at) if at is not None)


def _matcher_shown(matcher: Matcher) -> Json:
    return {
        "isEqual": matcher.operator in ("=", "=~"),
        "isRegex": matcher.operator in ("=~", "!~"),
        "name": matcher.label,
        "value": matcher.value,
    }


def _annotations(silence: Silence) -> dict[str, str]:
    found = {"until_resolved": "true"} if silence.until_resolved else {}
    if silence.rrule is not None:
        found |= {"rrule": silence.rrule, "length": span_text(silence.length) if silence.length else ""}
        found["timezone"] = silence.timezone or "each monitor's"
    return found

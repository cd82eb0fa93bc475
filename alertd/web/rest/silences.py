"""`/api/v1/silences`: what is held back and for how long; adding, ending, and what one would hold."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from alertd.errors import UsageError
from alertd.notify.silences import Silence
from alertd.web.access import Operator, Viewer, audit
from alertd.web.desk import SilenceWish
from alertd.web.house import House
from alertd.web.rest.answers import Answering, RestError, done, in_fields, may_come, not_there
from alertd.web.rest.cursors import LIMIT, Cursor, Limit, cursor_of, page_json, read_cursor, to_micros
from alertd.web.rest.forms import Page, Preview, SilenceForm

Id = Annotated[str, Path(max_length=200, description="A silence's id.")]
MatcherText = Annotated[str, Field(max_length=1000, examples=['site="Quarry A"'])]
Matchers = Annotated[list[MatcherText], Query(min_length=1, max_length=50)]


class SilenceBody(BaseModel):
    """What to silence, and until when: one of `for`, `until` and `until_resolved`; with `rrule` `for` each time."""

    model_config = ConfigDict(extra="forbid", strict=True)

    matchers: list[MatcherText] = Field(min_length=1, max_length=50)
    reason: str = Field(min_length=1, max_length=2000)
    author: str | None = Field(default=None, min_length=1, max_length=200, description="Default: whoever asks.")
    for_: str | None = Field(default=None, alias="for", max_length=60, examples=["2h"])
    until: str | None = Field(default=None, max_length=60, examples=["2026-12-01T22:00"])
    until_resolved: bool = False
    start: str | None = Field(default=None, max_length=60, examples=["2026-12-01T20:00"])
    rrule: str | None = Field(default=None, max_length=500, examples=["FREQ=WEEKLY;BYDAY=SA,SU"])
    timezone: str | None = Field(default=None, max_length=60, examples=["Europe/London"])


def silence_routes(house: House) -> APIRouter:
    """The routes of silences."""
    router = APIRouter(prefix="/silences", tags=["silences"])

    @router.get("", response_model=Page[SilenceForm], responses=may_come(304, 422))
    def list_silences(
        _person: Viewer,
        answer: Answering,
        all: Annotated[bool, Query(description="Expired ones too.")] = False,  # noqa: A002
        limit: Limit = LIMIT,
        cursor: Cursor = "",
    ) -> Response:
        """Silences, oldest first."""
        after = read_cursor(cursor, int, str)
        every = [each for each in house.store.standing.silences() if not after or _key(each) > (after[0], after[1])]
        keys = {each.id: _key(each) for each in every}
        found = [each for each in house.silences_json(every) if all or each["state"] != "expired"]
        page = found[:limit]
        last = cursor_of(*keys[str(page[-1]["id"])]) if len(found) > limit else None
        return answer(page_json(page, last))

    @router.get("/preview", response_model=Preview, responses=may_come(304, 422))
    def preview(_person: Viewer, answer: Answering, matcher: Matchers) -> Response:
        """What a silence of what meets every matcher would hold now: alerts, and monitors that may have some."""
        try:
            return answer(house.preview_silence(matcher))
        except UsageError as error:
            raise RestError(422, f"matcher: {error}") from error

    @router.get("/{id}", response_model=SilenceForm, responses=may_come(304, 404, 422))
    def one_silence(_person: Viewer, answer: Answering, id: Id) -> Response:  # noqa: A002 - the path's word
        """One silence."""
        return answer(house.silences_json([_known(house, id)])[0])

    @router.post("", status_code=201, response_model=SilenceForm, responses=may_come(400, 422))
    def add(person: Operator, body: SilenceBody) -> Response:
        """Hold messages back of what meets every matcher; endings that are owed go all the same."""
        wish = SilenceWish(
            matchers=body.matchers,
            reason=body.reason,
            author=body.author or person.name,
            lasts=body.for_,
            until=body.until,
            until_resolved=body.until_resolved,
            start=body.start,
            rrule=body.rrule,
            timezone=body.timezone,
        )
        try:
            added = house.add_silence(wish)
        except UsageError as error:
            raise RestError(422, in_fields(error)) from error
        audit(person, "silence.add", f"{added['id']}: {' '.join(map(str, body.matchers))}")
        house.acted()
        return done(added, 201)

    @router.post("/{id}/expire", response_model=SilenceForm, responses=may_come(404, 409, 422))
    def expire(person: Operator, id: Id) -> Response:  # noqa: A002
        """End it now; whoever has something to hear of the time since hears it in one message. 409 where it is over."""
        try:
            ended = house.expire_silence(_known(house, id))
        except UsageError as error:
            raise RestError(409, in_fields(error)) from error
        audit(person, "silence.expire", id)
        house.acted()
        return done(ended)

    return router


def _known(house: House, silence_id: str) -> Silence:
    silence = house.store.standing.silence(silence_id)
    if silence is None:
        raise not_there("silence")
    return silence


def _key(silence: Silence) -> tuple[int, str]:
    return to_micros(silence.created_at), silence.id

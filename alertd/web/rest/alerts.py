"""`/api/v1/alerts`: what needs a hand, one alert with its history, acknowledging it, showing it as a message."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from alertd.config.durations import parse_duration
from alertd.errors import UsageError
from alertd.model import Alert, Severity, State
from alertd.present import delivery_json, transition_json
from alertd.store.pages import AlertFilter
from alertd.web.access import Operator, Viewer, audit
from alertd.web.house import House
from alertd.web.rest.answers import Answering, RestError, done, in_fields, may_come
from alertd.web.rest.cursors import LIMIT, Cursor, Limit, cursor_of, from_micros, page_json, read_cursor, to_micros
from alertd.web.rest.forms import Acked, AlertForm, MessageForm, Page, SeverityWord, WholeAlert

Id = Annotated[str, Path(max_length=200, description="An alert's id.")]
Name = Annotated[str, Query(max_length=200)]
Channel = Literal["email", "slack", "teams", "text"]


class AckBody(BaseModel):
    """What an acknowledgement says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    for_: str | None = Field(default=None, alias="for", max_length=60, examples=["4h"])
    note: str = Field(default="", max_length=2000)


def alert_routes(house: House) -> APIRouter:
    """The routes of alerts."""
    router = APIRouter(prefix="/alerts", tags=["alerts"])

    @router.get("", response_model=Page[AlertForm], responses=may_come(304, 422))
    def list_alerts(
        *,
        _person: Viewer,
        answer: Answering,
        state: Annotated[list[State], Query(max_length=3)] = [],  # noqa: B006 - FastAPI copies it
        severity: Annotated[list[SeverityWord], Query(max_length=3)] = [],  # noqa: B006
        rule: Name = "",
        instrument: Name = "",
        limit: Limit = LIMIT,
        cursor: Cursor = "",
    ) -> Response:
        """Alerts, newest first.

        Without `state` what needs a hand now: pending, firing and flapping ones, none in shadow. With `state` every
        alert in one of these, those in shadow too.
        """
        wanted = AlertFilter(
            states=state,
            severities=[Severity[word.upper()] for word in severity],
            rule=rule,
            instrument=instrument,
        )
        after = read_cursor(cursor, int, str)
        behind = (from_micros(after[0]), str(after[1])) if after else None
        if state:
            found: Sequence[Alert] = house.store.alerts_page(wanted, behind, limit + 1)
        else:
            found = [
                alert for alert in _in_order(house.alerts_now()) if _meets(alert, wanted) and _is_behind(alert, after)
            ]
        page = found[:limit]
        last = cursor_of(to_micros(page[-1].active_at), page[-1].id) if len(found) > limit else None
        return answer(page_json(house.alerts_json(page), last))

    @router.get("/{id}", response_model=WholeAlert, responses=may_come(304, 404, 422))
    def one_alert(_person: Viewer, answer: Answering, id: Id) -> Response:  # noqa: A002 - the path's word
        """One alert with every transition, and every message that speaks of it."""
        alert = _known(house, id)
        (found,) = house.alerts_json([alert])
        episodes = [each.id for each in house.store.standing.episodes_of(alert.rule, alert.subject)]
        return answer(
            {
                **found,
                "transitions": [transition_json(each) for each in house.store.transitions(id)],
                "messages": [delivery_json(each) for each in house.store.messages_about([alert.id, *episodes])],
            }
        )

    @router.post("/{id}/ack", response_model=Acked, responses=may_come(400, 404, 409, 422))
    def acknowledge(person: Operator, id: Id, body: AckBody) -> Response:  # noqa: A002
        """Say that you have it in hand: no reminders, and nobody further is told; its ending still is.

        409 where it does not fire.
        """
        alert = _known(house, id)
        _check_span(body.for_)
        try:
            acked = house.acknowledge(id, by=person.name, lasts=body.for_, note=body.note)
        except UsageError as error:
            raise RestError(409, in_fields(error)) from error
        audit(person, "ack", f"{alert.rule}/{alert.subject}")
        house.acted()
        return done(acked)

    @router.get("/{id}/render", response_model=MessageForm, responses=may_come(304, 404, 422))
    def render(_person: Viewer, answer: Answering, id: Id, channel: Channel) -> Response:  # noqa: A002
        """The message that a target which knows nothing would get of it now. Nothing is sent or recorded."""
        _known(house, id)
        return answer(house.render_json(id, channel))

    return router


def _known(house: House, alert_id: str) -> Alert:
    alert = house.store.alert(alert_id)
    if alert is None:
        raise RestError(404, "there is no alert of that id")
    return alert


def _check_span(text: str | None) -> None:
    if text is None:
        return
    try:
        if not parse_duration(text):
            raise RestError(422, f"for: {text} is no time at all")
    except ValueError as error:
        raise RestError(422, f"for: {error}") from error


def _in_order(alerts: Sequence[Alert]) -> list[Alert]:
    """As the store sorts them: newest first, then by id."""
    return sorted(alerts, key=lambda alert: (-to_micros(alert.active_at), alert.id))


def _meets(alert: Alert, wanted: AlertFilter) -> bool:
    return (
        (not wanted.severities or alert.severity in wanted.severities)
        and wanted.rule in {"", alert.rule}
        and wanted.instrument in {"", alert.instrument}
    )


def _is_behind(alert: Alert, after: Sequence[int | str]) -> bool:
    if not after:
        return True
    at, alert_id = int(after[0]), str(after[1])
    began = to_micros(alert.active_at)
    return began < at or (began == at and alert.id > alert_id)

"""`/api/v1/rules`, `why` and `drill`: the rules, what one says of a monitor and why, whether messages arrive."""

import threading
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from alertd.errors import UsageError
from alertd.notify.silences import parse_earlier
from alertd.web.access import Operator, Viewer, audit
from alertd.web.house import House
from alertd.web.rest.answers import Answering, RestError, done, in_fields, may_come, not_there
from alertd.web.rest.cursors import LIMIT, Cursor, Limit, cut, page_json
from alertd.web.rest.forms import Drilled, Page, RuleForm
from alertd.web.rest.forms_why import ReasonsForm

Name = Annotated[str, Field(max_length=200)]


class DrillBody(BaseModel):
    """What is to be tried; what is left out limits nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule: Name = Field(default="", description="As an alert of this rule would go. Default: to every target.")
    instrument: Name = Field(default="", description="About this monitor. Default: the first one watched.")
    receiver: Name = Field(default="", description="To this receiver's targets, wherever the routes lead.")


def rule_routes(house: House) -> APIRouter:
    """The routes of rules."""
    router = APIRouter(tags=["rules"])
    one_at_a_time = threading.Lock()

    @router.get("/rules", response_model=Page[RuleForm], responses=may_come(304, 422))
    def list_rules(_person: Viewer, answer: Answering, limit: Limit = LIMIT, cursor: Cursor = "") -> Response:
        """The rules as they were understood, by name, and how many instruments each one watches."""
        page, last = cut(house.rules_json(), lambda each: str(each["alertname"]), cursor, limit)
        return answer(page_json(page, last))

    @router.get("/rules/{name}", response_model=RuleForm, responses=may_come(304, 404, 422))
    def one_rule(_person: Viewer, answer: Answering, name: Annotated[str, Path(max_length=200)]) -> Response:
        """One rule. What it comes to on one monitor is under that: `/instruments/SERIAL/rules`."""
        found = [each for each in house.rules_json() if each["alertname"] == name]
        if not found:
            raise not_there("rule")
        return answer(found[0])

    @router.get("/why", response_model=ReasonsForm, responses=may_come(304, 404, 422))
    def why(
        _person: Viewer,
        answer: Answering,
        instrument: Annotated[str, Query(max_length=200, description="A serial, or what an own alert is about.")],
        rule: Annotated[str, Query(max_length=200)],
        at: Annotated[
            str, Query(max_length=60, description="As of then: ISO 8601, or a time ago, such as 2h. Default: now.")
        ] = "",
    ) -> Response:
        """What a rule says of a monitor, and why; who was told, and what kept others from hearing."""
        try:
            moment = parse_earlier(at, house.now()) if at else None
        except (ValueError, OverflowError) as error:
            raise RestError(422, f"at: {error}") from error
        try:
            return answer(house.why_json(instrument, rule, moment))
        except UsageError as error:
            raise RestError(404, in_fields(error)) from error

    @router.post("/drill", response_model=Drilled, responses=may_come(400, 409, 422), tags=["deliveries"])
    def drill(person: Operator, body: DrillBody) -> Response:
        """Send a message that says it is a drill through the real channels, once to each target.

        Nothing holds it back, and it says what would have. 409 while another drill goes on.
        """
        if not one_at_a_time.acquire(blocking=False):
            raise RestError(409, "a drill goes on already")
        try:
            audit(person, "drill", f"rule={body.rule} instrument={body.instrument} receiver={body.receiver}")
            return done(house.drill_json(rule=body.rule, instrument=body.instrument, receiver=body.receiver))
        except UsageError as error:
            raise RestError(422, in_fields(error)) from error
        finally:
            one_at_a_time.release()

    return router

"""`/api/v1/deliveries`: what was sent, what waits, what was given up; sending that again."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from alertd.model import Delivery, DeliveryState
from alertd.notify.render_links import without_keys
from alertd.present import delivery_json
from alertd.web.access import Operator, Viewer, audit
from alertd.web.house import House
from alertd.web.rest.answers import Answering, RestError, done, may_come, not_there
from alertd.web.rest.cursors import LIMIT, Cursor, Limit, cursor_of, page_json, read_cursor
from alertd.web.rest.forms import DeliveryForm, Page, WholeDelivery

Id = Annotated[int, Path(ge=1, le=2**63 - 1, description="A message's id.")]


def delivery_routes(house: House) -> APIRouter:
    """The routes of messages."""
    router = APIRouter(prefix="/deliveries", tags=["deliveries"])

    @router.get("", response_model=Page[DeliveryForm], responses=may_come(304, 422))
    def list_deliveries(
        _person: Viewer,
        answer: Answering,
        state: DeliveryState | None = None,
        target: Annotated[str | None, Query(max_length=200)] = None,
        limit: Limit = LIMIT,
        cursor: Cursor = "",
    ) -> Response:
        """Messages, newest first."""
        after = read_cursor(cursor, int)
        before = int(after[0]) if after else None
        found = house.store.deliveries_page(state=state, target=target, before=before, limit=limit + 1)
        page = found[:limit]
        last = cursor_of(page[-1].id) if len(found) > limit else None
        return answer(page_json([delivery_json(each) for each in page], last))

    @router.get("/{id}", response_model=WholeDelivery, responses=may_come(304, 404, 422))
    def one_delivery(_person: Viewer, answer: Answering, id: Id) -> Response:  # noqa: A002 - the path's word
        """One message with its text; the keys in its links, which let a reader act, are left out."""
        found = _known(house, id)
        message = found.message
        return answer({**delivery_json(found), "body": without_keys(message.body), "html": without_keys(message.html)})

    @router.post("/{id}/send-again", response_model=DeliveryForm, responses=may_come(404, 409, 422))
    def send_again(person: Operator, id: Id) -> Response:  # noqa: A002
        """Let the target of a dead letter hear what it did not. 409 where it is not dead, or nothing is left to say.

        Its news is decided anew, as it stands now, in a message of its own; a digest goes again as it was.
        """
        _known(house, id)
        if not house.send_again(id):
            raise RestError(409, "it is no dead letter, or its target knows by now what it says")
        audit(person, "delivery.send_again", str(id))
        house.acted()
        return done(delivery_json(_known(house, id)))

    return router


def _known(house: House, delivery_id: int) -> Delivery:
    found = house.store.delivery(delivery_id)
    if found is None:
        raise not_there("message")
    return found

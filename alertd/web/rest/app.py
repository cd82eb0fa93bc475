"""The REST interface: an application of its own under `/api/v1`, with its own description and one form of errors."""

import re

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from starlette.routing import Mount

from alertd import __version__
from alertd.web.access import Viewer
from alertd.web.closing import Closing
from alertd.web.house import House
from alertd.web.rest.alerts import alert_routes
from alertd.web.rest.answers import Answering, answer_errors, may_come
from alertd.web.rest.deliveries import delivery_routes
from alertd.web.rest.events import event_routes
from alertd.web.rest.instruments import instrument_routes
from alertd.web.rest.rules import rule_routes
from alertd.web.rest.samples import sample_routes
from alertd.web.rest.silences import silence_routes

PREFIX = "/api/v1"
DESCRIPTION = (
    "Everything alertd knows and what people do with it: the same JSON as the commands' `--json`. Lists come in pages: "
    "`next` is the cursor for the next one. Answers have an ETag. Times are ISO 8601 in UTC."
)


def mount_rest(app: FastAPI, house: House, closing: Closing) -> None:
    """Serve it there."""
    rest = FastAPI(
        title="alertd",
        version=__version__,
        description=DESCRIPTION,
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    rest.state = app.state
    answer_errors(rest)
    for routes in (instrument_routes, sample_routes, alert_routes, silence_routes, rule_routes, delivery_routes):
        rest.include_router(routes(house))
    rest.include_router(event_routes(house, closing))
    rest.include_router(_description_of(rest))
    mounted = Mount(PREFIX, rest)
    # A line break in a path is a part of it, or it would be the pages' to answer.
    mounted.path_regex = re.compile(mounted.path_regex.pattern, re.DOTALL)
    app.router.routes.append(mounted)


def _description_of(rest: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/openapi.json", responses=may_come(304, 422), tags=["description"])
    def openapi(_person: Viewer, answer: Answering) -> Response:
        """This description."""
        return answer(rest.openapi())

    return router

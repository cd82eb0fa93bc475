"""How Alertmanager's API says no: a JSON string under 400 or 404."""

from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from alertd.errors import StoreError
from alertd.logs import logger

log = logger(__name__)

TEXT_AT_MOST = 300
"""Characters of an answer that says no; what was sent may be in it."""


class NotMapped(Exception):
    """What is asked for cannot be; the text says why."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class AlertmanagerRoute(APIRoute):
    """A route whose errors are JSON strings."""

    def get_route_handler(self) -> Any:
        """See FastAPI."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response: Response = await inner(request)
            except NotMapped as error:
                return _no(str(error), error.status)
            except RequestValidationError as error:
                return _no(_first(error), 400)
            except HTTPException as error:
                return _no(str(error.detail), error.status_code)
            except StoreError as error:
                log.error("web.store_failed", error=str(error))
                return _no("the database does not answer: see the log", 500)
            return response

        return answer


def _no(text: str, status: int) -> JSONResponse:
    text = text.encode(errors="replace").decode()  # half a character may have been sent
    return JSONResponse(text if len(text) <= TEXT_AT_MOST else text[:TEXT_AT_MOST] + "…", status)


def _first(error: RequestValidationError) -> str:
    """The first mistake and where it is, without what was sent."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "body: it is no JSON"
    place = ".".join(str(step) for step in first["loc"] if step != "body") or "body"
    return f"{place}: {first['msg']}"

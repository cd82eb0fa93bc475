"""How the REST interface answers: JSON with an ETag, errors in one form."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from alertd.errors import StoreError
from alertd.logs import redact
from alertd.web.access import RefusedError

Code = Literal[
    "bad_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "too_slow",
    "conflict",
    "too_large",
    "invalid",
    "misdirected",
    "too_many_requests",
    "internal",
    "unavailable",
]
CODES: Mapping[int, Code] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    421: "misdirected",
    422: "invalid",
    429: "too_many_requests",
    431: "too_large",
    500: "internal",
    503: "unavailable",
}
"""What an error is called, by its status."""

SHOWN = 5
"""Mistakes of one request that are named."""
_ANY = re.compile(r"\{[^}]+\}")
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


class Error(BaseModel):
    """The form of every error."""

    model_config = ConfigDict(extra="forbid")

    error: Code
    description: str


class RestError(Exception):
    """A request that cannot be met."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status


def not_there(what: str) -> RestError:
    """There is no such thing."""
    return RestError(404, f"there is no {what} of that name")


def in_fields(error: Exception) -> str:
    """What a command would say, with the fields of the request for its options: `until_resolved`."""
    return _OPTION.sub(lambda found: found[1].replace("-", "_"), str(error))


# ── good answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Answer:
    """Makes answers to one request; where nothing changed since the client's copy, 304 without a body."""

    def __init__(self, if_none_match: Annotated[str | None, Header(max_length=1000)] = None) -> None:
        self._known = if_none_match

    def __call__(self, found: object) -> Response:
        """The answer with this JSON."""
        body = encoded(found)
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        headers = {"etag": tag, "cache-control": "private, no-cache"}
        if self._known is not None and _names(self._known, tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")


Answering = Annotated[Answer, Depends(Answer)]


def done(found: object, status: int = 200) -> Response:
    """The answer to a change."""
    return Response(encoded(found), status, media_type="application/json")


def encoded(found: object) -> bytes:
    """JSON in ASCII: no name, however odd, can be mistaken for something else."""
    return json.dumps(found, allow_nan=False, separators=(",", ":")).encode()


def _names(header: str, tag: str) -> bool:
    tags = (each.strip().removeprefix("W/") for each in header.split(","))
    return any(each in {tag, "*"} for each in tags)


# ── what may come, for the description ───────────────────────────────────────────────────────────────────────────────

_SAYS = {
    304: "Nothing changed since the copy that If-None-Match names.",
    400: "The request cannot be read.",
    401: "Nobody is logged in.",
    403: "This may not be done by whoever asks.",
    404: "There is no such thing.",
    408: "The body did not come in time.",
    409: "It stands otherwise than this needs.",
    413: "The body is too large.",
    421: "This server does not have the name that it was asked by.",
    422: "The request is not understood.",
    429: "Too many requests.",
    431: "The headers are too large.",
    503: "The database cannot be used, or the server is at its limit.",
}
ALWAYS = (401, 403, 408, 413, 421, 429, 431, 503)
"""What any request may be answered with: who asks and how, and the server itself."""


def may_come(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses`: these, and what may always come."""
    return {
        status: {"description": _SAYS[status], **({} if status == 304 else {"model": Error})}
        for status in sorted({*statuses, *ALWAYS})
    }


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def error_answer(status: int, says: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error in its one form."""
    found = {"error": CODES.get(status, "bad_request" if status < 500 else "internal"), "description": redact(says)}
    return Response(encoded(found), status, headers=headers, media_type="application/json")


def answer_errors(app: FastAPI) -> None:
    """Let every error of an application have the one form."""
    app.add_exception_handler(RestError, _rest_error)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(StoreError, _store_failed)
    app.add_exception_handler(Exception, _failed)


def _rest_error(_request: Request, error: Any) -> Response:
    return error_answer(error.status, str(error))


def _refused(_request: Request, error: Any) -> Response:
    return error_answer(error.status, error.says, getattr(error, "headers", None))


def _http_error(request: Request, error: Any) -> Response:
    if error.status_code == 405:
        return error_answer(405, "this path has no such method", {"allow": ", ".join(_methods(request))})
    says = "there is no such path" if error.status_code == 404 else str(error.detail)
    return error_answer(error.status_code, says, error.headers)


def _methods(request: Request) -> list[str]:
    """Those that a path has; the router names those of one of its routes alone."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    described = request.app.openapi()["paths"].items()
    here = (methods for template, methods in described if re.fullmatch(_ANY.sub("[^/]+", template), path))
    return sorted({method.upper() for methods in here for method in methods})


def _store_failed(_request: Request, error: Any) -> Response:
    return error_answer(503, str(error))


def _failed(_request: Request, _error: Any) -> Response:
    return error_answer(500, "alertd made a mistake, which stands in its log")


def _invalid(_request: Request, error: Any) -> Response:
    found = [f"{_place(each['loc'])}: {each['msg']}" for each in error.errors()]
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return error_answer(422, "; ".join([*found[:SHOWN], *more]))


def _place(loc: tuple[str | int, ...]) -> str:
    """Where in the request: `limit`, `matchers.0`; just `body` for the whole."""
    return ".".join(str(part)[:50] for part in loc[1:]) or str(loc[0])

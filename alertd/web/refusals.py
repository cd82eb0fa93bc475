"""The one answer to whatever is not answered: a page for browsers, JSON for programs, and no details in either."""

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from alertd.errors import StoreError
from alertd.logs import logger
from alertd.web.access import SAFE, RefusedError
from alertd.web.rest.answers import error_answer
from alertd.web.templating import page

log = logger(__name__)

TITLES = {
    400: "Not understood",
    401: "Log in first",
    403: "Not allowed",
    404: "Nothing here",
    405: "Not that way",
    409: "Not possible now",
    413: "Too large",
    421: "Another server's name",
    422: "Not understood",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "Not now",
}
LONGEST_NEXT = 2000
FAULT = "alertd could not answer this; its log says why"


def refusal(request: Request, error: RefusedError, *, logs_in: bool = False) -> Response:
    """The answer to a request that is refused; `logs_in`: there is a page for that."""
    if error.status == 401 and logs_in and request.method in SAFE and wants_page(request):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)
    answer = failure(request, error.status, error.says)
    if error.status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    say_when(answer, error)
    return answer


def say_when(answer: Response, error: RefusedError) -> None:
    """After how long it may be tried again, for programs."""
    if error.after is not None:
        answer.headers["retry-after"] = str(max(1, round(error.after)))


def failure(request: Request, status: int, says: str, headers: Any = None) -> Response:
    """A page for browsers, JSON for programs."""
    answer: Response
    if wants_page(request):
        title = TITLES.get(status, TITLES[500 if status >= 500 else 400])
        answer = page(request, "error.html", status=status, title=title, says=sentence(says))
    elif request.url.path.startswith("/api/v1"):
        answer = error_answer(status, says)
    elif request.url.path.startswith("/api/v2"):
        answer = JSONResponse(says, status)  # as Alertmanager does
    else:
        answer = JSONResponse({"error": says}, status)
    answer.headers.update(headers or {})
    return answer


def sentence(says: str) -> str:
    """As a page says it; a name that it begins with, such as a field's, stays as it is."""
    first = says.partition(" ")[0]
    whole = says[:1].upper() + says[1:] if first.isalpha() else says
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def wants_page(request: Request) -> bool:
    """Whether a browser shows the answer to somebody."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def local_path(text: str) -> str:
    """Where to go on to after a log-in: a path of this server, or else its first page."""
    is_local = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if is_local and len(text) <= LONGEST_NEXT else "/"


def add_refusals(app: FastAPI) -> None:
    """Let every error of a route become such an answer."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(StoreError, _stored_nothing)
    app.add_exception_handler(Exception, _fault)


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, RefusedError):
        raise error
    return refusal(request, error)


def _not_served(request: Request, error: Exception) -> Response:
    """No such page, or not that method: Starlette's own errors."""
    if not isinstance(error, HTTPException):
        raise error
    return failure(request, error.status_code, str(error.detail), error.headers)


def _misunderstood(request: Request, error: Exception) -> Response:
    """Says what is wrong and where, never with what was sent: that may be a secret."""
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = error.errors()[0]
    where = ".".join(str(step) for step in wrong["loc"])
    return failure(request, 422, f"{where}: {wrong['msg']}")


def _stored_nothing(request: Request, error: Exception) -> Response:
    """Somebody else holds the database, or its disk is full: the log says which, and it may pass."""
    log.error("web.store_failed", error=str(error))
    return failure(request, 503, "alertd cannot read or write its database now; its log says why")


def _fault(request: Request, _: Exception) -> Response:
    """Says nothing of it; the guard logs it."""
    return failure(request, 500, FAULT)

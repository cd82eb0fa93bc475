"""The log-in page: a password opens a session, slowly for who guesses; and the way out."""

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from alertd.logs import logger
from alertd.web.access import RefusedError, audit, visit_of
from alertd.web.accounts import Account, Accounts
from alertd.web.attempts import Attempts
from alertd.web.gate import LONGEST_NAME, Gate
from alertd.web.passwords import LONGEST, is_password, waste
from alertd.web.refusals import local_path, say_when, sentence, wants_page
from alertd.web.sessions import COOKIE
from alertd.web.signing import SESSION_FOR
from alertd.web.templating import page

log = logger(__name__)

QUEUE = 20
"""So many may wait for others' passwords to be looked at."""
QUEUE_FOR = 5.0
"""Seconds after which one more may come."""
WRONG = "That name and password do not belong together."


def login_routes(gate: Gate) -> APIRouter:
    """Log in, log out."""
    router = APIRouter(include_in_schema=False)
    door = _Door(gate)
    # Each look at a password takes 32 MB and a core: one at a time, and none of the threads that answer readers.
    one_by_one = CapacityLimiter(1)

    @router.get("/login")
    def form(request: Request) -> Response:
        wanted = local_path(request.query_params.get("next", "/"))
        if not gate.accounts.users:
            return RedirectResponse(wanted, 303)
        return page(request, "login.html", next=wanted, says="")

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        if one_by_one.statistics().tasks_waiting >= QUEUE:
            error = RefusedError(429, "too many log in at once: try again", after=QUEUE_FOR)
            return _form_again(request, error, local_path(visit_of(request).form.get("next", "/")))
        return await to_thread.run_sync(looked_at, request, limiter=one_by_one)

    def looked_at(request: Request) -> Response:
        visit = visit_of(request)
        wanted = local_path(visit.form.get("next", "/"))
        name = visit.form.get("name", "").strip()
        try:
            account = door.knock(name, visit.form.get("password", ""), visit.address)
        except RefusedError as error:
            return _form_again(request, error, wanted)
        if account is None:
            known = name if name in gate.accounts.users else ""  # of anything else it may be the password
            log.warning("login.refused", name=known, address=visit.address)
            return _form_again(request, RefusedError(401, WRONG), wanted)
        gate.keep_login(account, visit.address)
        answer = RedirectResponse(wanted, 303)
        lasts = int(SESSION_FOR.total_seconds())
        cookie = gate.sessions.open(account)
        answer.set_cookie(COOKIE, cookie, max_age=lasts, httponly=True, samesite="lax", secure=visit.is_secure)
        return answer

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        visit = visit_of(request)
        if visit.session_id and visit.person is not None:
            gate.sessions.end(visit.session_id)
            audit(visit.person, "log out", visit.person.name)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=visit.is_secure)
        return answer

    return router


def _form_again(request: Request, error: RefusedError, wanted: str) -> Response:
    """The form with why it was not enough; for programs that alone, which is raised."""
    if not wants_page(request):
        raise error
    answer = page(request, "login.html", status=error.status, next=wanted, says=sentence(error.says))
    say_when(answer, error)
    return answer


class _Door:
    """Looks at passwords, and remembers who failed."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._attempts = Attempts()

    def knock(self, name: str, password: str, address: str) -> Account | None:
        """Whose name and password these are; None for nobody's.

        Raises:
            RefusedError: 429 for who failed too often.
        """
        called = name[:LONGEST_NAME]
        wait = self._attempts.wait(called, address)
        if wait:
            raise RefusedError(429, "too many wrong passwords: try again a little later", after=wait)
        account = _account(self._gate.accounts, name, password)
        if account is None:
            self._attempts.failed(called, address)
        else:
            self._attempts.succeeded(called)
        return account


def _account(accounts: Accounts, name: str, password: str) -> Account | None:
    """Whose password it is; a name that nobody has takes as long."""
    if len(password) > LONGEST:
        return None
    account = accounts.users.get(name)
    if account is None:
        waste(password, next((each.hash for each in accounts.users.values()), None))
        return None
    return account if is_password(password, account.hash) else None

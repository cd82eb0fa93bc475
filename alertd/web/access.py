"""Who asks, and what they may do: every request is somebody's, with a role; a change says whose it was."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request

from alertd.logs import logger

log = logger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


class Role(IntEnum):
    """What somebody may do."""

    VIEWER = 1
    """See everything but secrets."""
    OPERATOR = 2
    """Acknowledge, silence, send again, drill."""


def _keep_nowhere(person: "Person", what: str, about: str) -> None:
    """For a person whom no request brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks."""

    name: str
    role: Role
    via: str
    """open | session | token | proxy | link."""
    address: str
    """Where the request came from."""
    alert_id: str | None = None
    """The one alert that a link is for; whoever came by it sees nothing else."""
    link: str = field(default="", repr=False)
    """The token of that link."""
    keep: Callable[["Person", str, str], None] = field(default=_keep_nowhere, repr=False, compare=False)
    """Puts a change on record."""

    @property
    def may_act(self) -> bool:
        """Whether buttons are of use: whoever came by a link only looks, until one of its buttons is pressed."""
        return self.role >= Role.OPERATOR or self.alert_id is not None

    def path(self, path: str) -> str:
        """A path of this server, so that it opens for this person, too: the link's alert needs the link's token."""
        return f"{path}?k={quote(self.link, safe='')}" if self.link else path


@dataclass(frozen=True, slots=True)
class Visit:
    """What the guard found out about a request; it is in `request.state.visit`."""

    person: Person | None
    csrf: str = field(repr=False)
    """What this reader's forms have to carry."""
    address: str
    is_secure: bool
    """Whether the reader's browser speaks HTTPS."""
    form: Mapping[str, str] = field(repr=False, default_factory=dict)
    """The fields of an ordinary form."""
    session_id: str = field(repr=False, default="")


class RefusedError(Exception):
    """A request that is not answered; `status` says how."""

    def __init__(self, status: int, says: str, *, after: float | None = None) -> None:
        super().__init__(says)
        self.status = status
        self.says = says
        self.after = after
        """Seconds after which it may be tried again."""


def visit_of(request: Request) -> Visit:
    """What the guard found out."""
    visit: Visit = request.state.visit
    return visit


def may_stay(request: Request) -> bool:
    """Whether whoever asked would be let in again now: they may have logged out, or the config may have changed."""
    try:
        again: Visit = request.state.admit_again()
    except RefusedError:
        return False
    return again.person == visit_of(request).person


def csrf_of(request: Request) -> str:
    """What a form carries in its field `csrf`, or a script's request in `X-CSRF-Token`."""
    return visit_of(request).csrf


def viewer(request: Request) -> Person:
    """Somebody who may look.

    Raises:
        RefusedError: 401 for nobody.
    """
    return _somebody(request, Role.VIEWER)


def operator(request: Request) -> Person:
    """Somebody who may change things, by a request that was meant.

    Raises:
        RefusedError: 401 for nobody, 403 for a viewer or a request that another site made.
    """
    return _somebody(request, Role.OPERATOR)


Viewer = Annotated[Person, Depends(viewer)]
Operator = Annotated[Person, Depends(operator)]


def refuse_foreign(request: Request) -> None:
    """Refuse what a page of another site makes a reader's browser do.

    Raises:
        RefusedError: 403.
    """
    origin = request.headers.get("origin")
    if origin is None:
        if request.headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
            return
    elif origin != "null" and _netloc(origin) in _own_netlocs(request):
        return
    raise RefusedError(403, "the request comes from another site")


def audit(person: Person, what: str, about: str) -> None:
    """Put on record who changed what."""
    log.info("audit", who=person.name, via=person.via, address=person.address, what=what, about=about)
    person.keep(person, what, about)


def _own_netlocs(request: Request) -> set[str]:
    external = request.app.state.house.settings.http.external_url
    own = {request.headers.get("host", "").lower()}
    return own | ({_netloc(external)} if external else set())


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _somebody(request: Request, role: Role) -> Person:
    person = visit_of(request).person
    if person is None:
        raise RefusedError(401, "log in first")
    if person.role < role:
        raise RefusedError(403, "this takes an operator")
    return person

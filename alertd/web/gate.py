"""From a request's headers to who asks: token, proxy, session, link, or anybody where nobody is named."""

import hmac
import re
from datetime import UTC
from ipaddress import ip_address
from urllib.parse import parse_qsl

from fastapi import Request

from alertd.config.access import is_local
from alertd.config.forms import is_loopback
from alertd.errors import StoreError
from alertd.store.changes import Change
from alertd.web.access import SAFE, Person, RefusedError, Role, Visit, audit, log, refuse_foreign
from alertd.web.accounts import Account, Accounts, accounts_of, is_among
from alertd.web.house import House
from alertd.web.sessions import COOKIE, Sessions
from alertd.web.signing import Signing

HOOK = "/hooks/mycirrus"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login", HOOK})
"""For everybody: they say nothing of the fleet, or know their callers by themselves."""
ASSETS = "/assets/"
METRICS = "/metrics"
API = "/api/"
FIELDS_AT_MOST = 200
LONGEST_NAME = 200
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_ALERT = re.compile(r"/alerts/([^/]+)(?:/.*)?")


class Gate:
    """Lets requests in, by the config as it is now."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.signing = Signing(house.store.signing_key(), house.now)
        self.sessions = Sessions(house.store, self.signing, house.now)
        self._known = accounts_of(house)

    @property
    def accounts(self) -> Accounts:
        """Those of the present config; a reload's count at once."""
        if self._known.http is not self._house.settings.http:
            self._known = accounts_of(self._house)
        return self._known

    def admit(self, request: Request, body: bytes) -> Visit:
        """Who asks; None where nobody has to be somebody.

        Raises:
            RefusedError: 401 for nobody where somebody is wanted, 403 for what another site or an old page sent, 421
                for a name that this server does not have.
        """
        accounts = self.accounts
        path = request.url.path
        if accounts.is_open and path not in ("/healthz", HOOK):
            self._refuse_strange_host(request)
        form = _form(request, body)
        person, csrf, session_id = self._person(request, accounts, form)
        if person is None and not self._is_for_all(request, accounts):
            raise RefusedError(401, "log in first")
        if request.method not in SAFE and path != HOOK and (person is None or person.via != "token"):
            self._refuse_unmeant(request, person, csrf, form)
        address, is_secure = self._far_end(request, accounts)
        return Visit(person, csrf, address, is_secure, form, session_id)

    def keep_login(self, account: Account, address: str) -> None:
        """Put a log-in on record."""
        person = Person(name=account.name, role=account.role, via="session", address=address, keep=self._keep)
        audit(person, "log in", account.name)

    # -- who ---------------------------------------------------------------------------------------------------------

    def _person(self, request: Request, accounts: Accounts, form: dict[str, str]) -> tuple[Person | None, str, str]:
        """Who asks, what their forms carry, and the session's id."""
        named, via, whose, session_id = self._named(request, accounts)
        address, _ = self._far_end(request, accounts)
        if named is None or (named[1] < Role.OPERATOR and via != "token"):
            alert_id, link = self._linked(request, form)
            if alert_id is not None:
                role = Role.VIEWER if request.method in SAFE else Role.OPERATOR
                name = "whoever has the link" if named is None else f"{named[0]}, by a link"
                came = Person(
                    name=name, role=role, via="link", address=address, alert_id=alert_id, link=link, keep=self._keep
                )
                return came, link, ""
        csrf = self.signing.csrf(whose)
        if named is None:
            return None, csrf, ""
        name, role = named
        return Person(name=name, role=role, via=via, address=address, keep=self._keep), csrf, session_id

    def _named(self, request: Request, accounts: Accounts) -> tuple[tuple[str, Role] | None, str, str, str]:
        """Name and role, by what, whose forms these are, and the session's id."""
        if accounts.is_open:
            return ("anybody here", Role.OPERATOR), "open", "open", ""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            found = accounts.by_token(token.strip(), self._house.now().astimezone(UTC).date())
            if found is not None:
                return found, "token", "token", ""
            if not self._is_for_all(request, accounts):
                raise RefusedError(401, "this token is not known, or over")
            return None, "", "nobody", ""
        by_proxy = _proxied_name(request, accounts)
        if by_proxy is not None:
            return accounts.by_proxy(by_proxy), "proxy", f"proxy {by_proxy}", ""
        session = self.sessions.read(request.cookies.get(COOKIE, ""), accounts)
        if session is not None:
            account, session_id = session
            return (account.name, account.role), "session", f"session {session_id}", session_id
        return None, "", "nobody", ""

    def _linked(self, request: Request, form: dict[str, str]) -> tuple[str | None, str]:
        """The alert that a link in a message is for, on that alert's page alone; and the link's token."""
        found = _ALERT.fullmatch(request.url.path)
        if found is None:
            return None, ""
        shown = [request.query_params.get("k", "")]
        if request.method not in SAFE:
            shown += [form.get("k", ""), form.get("csrf", ""), request.headers.get("x-csrf-token", "")]
        token = next((each for each in shown if each and self.signing.is_link(found[1], each)), "")
        return (found[1], token) if token else (None, "")

    def _keep(self, person: Person, what: str, about: str) -> None:
        change = Change(
            at=self._house.now(), who=person.name, via=person.via, address=person.address, what=what, about=about
        )
        try:
            self._house.store.record_change(change)
        except StoreError as error:  # what was changed is changed; the log has it
            log.error("audit.failed", error=str(error))

    # -- what is refused ---------------------------------------------------------------------------------------------

    def _is_for_all(self, request: Request, accounts: Accounts) -> bool:
        path = request.url.path
        if path in OPEN_PATHS or path.startswith(ASSETS):
            return True
        peer = request.client.host if request.client else ""
        is_forwarded = accounts.trusts(peer) or any(name in request.headers for name in FORWARDED)
        is_direct = is_loopback(_host(request)) and not is_forwarded
        return path == METRICS and is_direct and is_local(accounts.http.listen)

    def _refuse_strange_host(self, request: Request) -> None:
        """A name that somebody else's DNS leads here makes their page this server's own: rebinding."""
        host = _host(request)
        external = self._house.settings.http.external_url
        if "host" not in request.headers or is_loopback(host) or (external and host == _hostname(external)):
            return
        raise RefusedError(421, "this server does not have that name; http.external_url can give it one")

    def _refuse_unmeant(self, request: Request, person: Person | None, csrf: str, form: dict[str, str]) -> None:
        """What a browser sent has to come from a page that alertd made for this reader."""
        refuse_foreign(request)
        if person is not None and person.via == "link":
            return  # the link's token, which no other site knows, came with it
        is_browser = "origin" in request.headers or "sec-fetch-site" in request.headers
        if request.url.path.startswith(API) and not is_browser and person is not None and person.via != "session":
            return
        shown = request.headers.get("x-csrf-token") or form.get("csrf", "")
        if not _same(shown, csrf):
            raise RefusedError(403, "this page is too old, or not alertd's: load it again")

    # -- where from --------------------------------------------------------------------------------------------------

    def _far_end(self, request: Request, accounts: Accounts) -> tuple[str, bool]:
        """The reader's address, and whether their browser speaks HTTPS: a trusted proxy says both."""
        peer = request.client.host if request.client else ""
        is_secure = (self._house.settings.http.external_url or "").startswith("https://")
        proxy = accounts.http.proxy
        if proxy is None or not accounts.trusts(peer):
            return peer, is_secure
        is_secure = is_secure or request.headers.get("x-forwarded-proto", "").strip().lower() == "https"
        hops = [hop.strip() for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
        # From the right: what stands further left the client may have made up.
        far = next((hop for hop in reversed(list(map(_without_port, hops))) if not is_among(hop, proxy)), "")
        return (far if _is_address(far) else peer), is_secure


def _without_port(hop: str) -> str:
    """Some proxies write 192.0.2.1:4711 and [2001:db8::1]:4711."""
    found = _WITH_PORT.fullmatch(hop)
    return hop if found is None else found[1] or found[2]


_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _proxied_name(request: Request, accounts: Accounts) -> str | None:
    """Whom the proxy named; None where there is no proxy, it is another who asks, or it named nobody."""
    proxy = accounts.http.proxy
    peer = request.client.host if request.client else ""
    if proxy is None or proxy.header is None or not accounts.trusts(peer):
        return None
    given = request.headers.getlist(proxy.header)
    if len(given) > 1:
        raise RefusedError(400, f"{proxy.header} is there twice: the proxy has to drop what a client sent")
    name = given[0].encode("latin-1", "replace").decode("utf-8", "replace").strip() if given else ""
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise RefusedError(400, f"{proxy.header} is no name")
    return name or None


def _host(request: Request) -> str:
    return _name_of(request.headers.get("host", ""))


def _hostname(url: str) -> str:
    return _name_of(url.partition("//")[2].partition("/")[0])


def _name_of(netloc: str) -> str:
    found = _HOST.fullmatch(netloc)
    return found[1].strip("[]").lower() if found else ""


_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def _form(request: Request, body: bytes) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_AT_MOST))
    except ValueError:
        raise RefusedError(413, "the form has too many fields") from None


def _same(shown: str, wanted: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), wanted.encode())

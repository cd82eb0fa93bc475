"""Those who use the web server in the tests of who may do what: browsers, programs, and whoever means harm."""

import io
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.routing import Mount

from alertd.config.access import Cost
from alertd.daemon.setup import load_setup
from alertd.logs import configure
from alertd.web.access import Operator, Viewer, audit
from alertd.web.passwords import hashed
from alertd.web.tokens import new_token, token_hash
from tests.support.web import WebSite

CHEAP = Cost(n=2**12, r=8, p=1)
"""So that a hundred log-ins take no minute."""
PASSWORD = "correct horse battery"
HASH = hashed(PASSWORD, CHEAP)
LOOKS, ACTS, OVER = new_token(), new_token(), new_token()
USERS = [
    {"name": "ada", "password": HASH, "role": "operator"},
    {"name": "bob", "password": hashed(PASSWORD, CHEAP), "role": "viewer"},
]
TOKENS = [
    {"name": "grafana", "hash": token_hash(LOOKS), "scope": "viewer", "until": "2026-11-24"},
    {"name": "amtool", "hash": token_hash(ACTS), "scope": "operator", "until": "2027-01-31"},
    {"name": "old", "hash": token_hash(OVER), "scope": "operator", "until": "2026-11-23"},
]
HTML = {"accept": "text/html"}
FAULT = "a-secret-in-a-fault"


def app_of(site: WebSite) -> FastAPI:
    """The application behind its guard."""
    app = site.server._server.config.app._inner._app
    assert isinstance(app, FastAPI)
    return app


def rest_of(app: FastAPI) -> FastAPI:
    """The application below /api/v1."""
    (rest,) = (each.app for each in app.router.routes if isinstance(each, Mount))
    assert isinstance(rest, FastAPI)
    return rest


def routes(site: WebSite, *methods: str) -> Iterator[tuple[str, str]]:
    """Method and path of each route, its parameters filled in."""
    for path, route in _routes(app_of(site).router):
        for method in sorted(route.methods & set(methods)):
            yield method, re.sub(r"\{[^}]+\}", "x", path)


def _routes(router: Any, prefix: str = "") -> Iterator[tuple[str, APIRoute]]:
    for each in router.routes:
        if isinstance(each, APIRoute):
            yield prefix + each.path, each
        elif isinstance(each, Mount):
            yield from _routes(each, prefix + each.path)
        else:  # newer versions of FastAPI keep an included router as it is
            yield from _routes(getattr(each, "original_router", each), prefix)


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Status and what it says, in the form of the pages or the interface that was asked."""
    found, path = answer.json(), urlsplit(answer.url).path
    if path.startswith("/api/v2/"):
        return answer.status_code, found
    is_rest = path.startswith("/api/v1/")
    assert found.keys() == ({"error", "description"} if is_rest else {"error"}), found
    return answer.status_code, found["description" if is_rest else "error"]


def with_http(folder: Path, **http: object) -> WebSite:
    """A site whose config has this below `http`; what its requests carry is up to the test."""
    site = WebSite(folder, http={"listen": "127.0.0.1:9321", "external_url": "http://alertd.example.com"} | http)
    site.sends_proof = False
    return site


def add_probes(site: WebSite) -> None:
    """Routes that look, change and fail."""
    app = app_of(site)

    @app.get("/probe")
    @app.get("/alerts/{alert_id}/probe")
    def look(person: Viewer) -> dict[str, object]:
        return {"name": person.name, "role": person.role.name, "via": person.via, "address": person.address}

    @app.post("/probe")
    @rest_of(app).post("/probe")
    @app.post("/alerts/{alert_id}/probe")
    def change(request: Request, person: Operator) -> dict[str, object]:
        audit(person, "probe", request.url.path)
        return {"name": person.name, "role": person.role.name, "via": person.via}

    @app.get("/fault")
    def fail(_: Viewer) -> None:
        raise RuntimeError(FAULT)


class Browser:
    """Keeps cookies, sends what a browser sends, and fills in the page's own forms."""

    def __init__(self, site: WebSite) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> requests.Response:
        """Go to a page."""
        return self._keep(self.site.get(path, headers=HTML | headers, cookies=self.cookies))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> requests.Response:
        """Send a form."""
        sent = HTML | {"origin": self.site.url} | headers
        return self._keep(self.site.post(path, headers=sent, cookies=self.cookies, data=fields))

    def log_in(self, name: str, password: str = PASSWORD, wanted: str = "/", **headers: str) -> requests.Response:
        """Fill in the log-in page."""
        fields = {"name": name, "password": password, "next": wanted, "csrf": csrf_in(self.get("/login"))}
        return self.post("/login", fields, **headers)

    def csrf(self) -> str:
        """What the forms of its pages carry: every page of somebody who logged in has one, to log out."""
        return csrf_in(self.get("/"))

    def _keep(self, answer: requests.Response) -> requests.Response:
        # Whatever the cookie says of HTTPS: the tests look at that by themselves.
        for cookie in answer.cookies:
            self.cookies[cookie.name] = cookie.value or ""
        return answer


def csrf_in(answer: requests.Response) -> str:
    """The hidden field of a page's form."""
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def reconfigure(site: WebSite, **http: object) -> None:
    """Another `http`, as after a reload."""
    path = site.folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["http"] |= http
    path.write_text(yaml.safe_dump(config))
    site.service._setup = load_setup(path)


def raw(site: WebSite, request: bytes, *, then: bytes = b"", timeout: float = 8.0) -> bytes:
    """What the server answers to these very bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", site.port), timeout) as sock:
        sock.sendall(request)
        if then:
            sock.sendall(then)
        parts = []
        while part := sock.recv(65536):
            parts.append(part)
    return b"".join(parts)


def bearer(token: str, **more: str) -> dict[str, Any]:
    """The headers of a program."""
    return {"authorization": f"Bearer {token}"} | more


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What alertd logs meanwhile, as it writes it."""
    stream = io.StringIO()
    configure("debug", "json", stream=stream)
    try:
        yield stream
    finally:
        configure()

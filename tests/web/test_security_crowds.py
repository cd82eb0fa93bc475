"""What many clients at once, or one in the right place, could take from the alerting or from other readers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from alertd.web import limits, server
from alertd.web.rest import events
from tests.support.processes import wait_until
from tests.support.readers import (
    ACTS,
    LOOKS,
    OVER,
    TOKENS,
    USERS,
    Browser,
    add_probes,
    bearer,
    logged,
    raw,
    reconfigure,
    with_http,
)
from tests.support.sockets import connect, half_open, is_closed, read_reply
from tests.support.web import WebSite


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[WebSite]:
    """A site behind a proxy at this machine's own address."""
    with with_http(tmp_path, proxy={"from": ["127.0.0.1"], "header": "X-Remote-User"}) as site:
        add_probes(site)
        yield site


def port_of(site: WebSite) -> int:
    """Where it listens."""
    return int(site.url.rpartition(":")[2])


def test_open_connections_are_bounded(closed: WebSite, monkeypatch: pytest.MonkeyPatch):
    """Beyond the bound a connection is closed at once, whole request or not; those who were there before stay."""
    monkeypatch.setattr(server, "OPEN_AT_MOST", 20)
    with half_open(port_of(closed), 20) as before:
        with connect(port_of(closed)) as late:
            assert is_closed(late, 5)
        assert not any(is_closed(each, 0.01) for each in before)
    wait_until(lambda: not closed.server._server.server_state.connections)
    assert closed.get("/healthz").status_code == 200


def test_bodies_are_bounded_together(closed: WebSite, monkeypatch: pytest.MonkeyPatch):
    """Many bodies that are each allowed take no more memory than one bound; it is free again once they are gone."""
    monkeypatch.setattr(limits, "BODIES_AT_MOST", 100_000)
    head = b"POST /hooks/mycirrus HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 60001\r\n\r\n"
    with connect(port_of(closed)) as first, connect(port_of(closed)) as second:
        first.sendall(head + b"x" * 60_000)
        assert not is_closed(first, 0.3)
        second.sendall(head + b"x" * 60_000)
        assert read_reply(second).status == 503
        first.sendall(b"x")
        first.settimeout(10)
        assert read_reply(first).status == 404
    assert closed.post("/hooks/mycirrus", data=b"x" * 60_000).status_code == 404


def test_a_length_that_is_said_in_two_ways(closed: WebSite):
    """What one reader of the connection takes for the next request, another would take for this one's body."""
    head = b"POST /probe HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = raw(closed, head + b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_last_slash_leads_nowhere(closed: WebSite):
    """A redirect would repeat a link's key, at whatever Host the request names."""
    answer = closed.get("/alerts/low/?k=a-key", headers={"host": "evil.example", **bearer(ACTS)})
    assert (answer.status_code, "location" in answer.headers) == (404, False)


def test_what_is_open_stays_open(closed: WebSite):
    """A token that is over says nothing where nobody has to be somebody; elsewhere it is refused."""
    for token in (OVER, "nonsense"):
        assert closed.get("/healthz", headers=bearer(token)).status_code == 200
        assert closed.get("/probe", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("host", ["localhost/evil", "localhost?x", "localhost#", "a b", "[::1"])
def test_a_host_that_is_none(tmp_path: Path, host: str):
    """Where everything is open, only a name of this machine opens it."""
    with with_http(tmp_path) as site:
        assert site.get("/", headers={"host": host}).status_code in (400, 421)


def test_metrics_are_not_open_through_a_proxy(proxied: WebSite):
    """A proxy that says nothing of whom it speaks for is no scraper on this machine."""
    assert proxied.get("/metrics").status_code == 401
    assert proxied.get("/metrics", headers={"x-remote-user": "ada"}).status_code == 200


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("9.9.9.9", "9.9.9.9"),
        ("9.9.9.9:4711", "9.9.9.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("8.8.8.8, 9.9.9.9:1, 127.0.0.1:2", "9.9.9.9"),
        ("abc", "127.0.0.1"),
        ("....", "127.0.0.1"),
        ("9.9.9.999", "127.0.0.1"),
    ],
)
def test_the_far_end(proxied: WebSite, forwarded: str, address: str):
    """A reader is one address, whatever port each connection has; what is no address is the proxy's."""
    headers = {"x-remote-user": "ada", "x-forwarded-for": forwarded}
    assert proxied.get("/probe", headers=headers).json()["address"] == address


# ── who reads the stream of events ───────────────────────────────────────────────────────────────────────────────────


def ends(answer: requests.Response) -> bool:
    """Whether a stream ends by itself; else the time of the read is over."""
    try:
        for _ in answer.iter_content(1):
            pass
    except requests.RequestException:
        return False
    return True


def test_a_stream_ends_with_the_session(closed: WebSite, monkeypatch: pytest.MonkeyPatch):
    """Whoever logs out hears nothing more, on no page that is still open."""
    monkeypatch.setattr(events, "HEARTBEAT", 0.2)
    browser = Browser(closed)
    browser.log_in("bob")
    with closed.get("/api/v1/events", cookies=browser.cookies, stream=True, timeout=5) as answer:
        assert answer.status_code == 200
        assert browser.post("/logout", {"csrf": browser.csrf()}).status_code == 303
        assert ends(answer)


def test_a_stream_ends_with_its_token(closed: WebSite, monkeypatch: pytest.MonkeyPatch):
    """A token that the config no longer has is out at the reload."""
    monkeypatch.setattr(events, "HEARTBEAT", 0.2)
    with closed.get("/api/v1/events", headers=bearer(LOOKS), stream=True, timeout=5) as answer:
        assert answer.status_code == 200
        reconfigure(closed, users=USERS, tokens=TOKENS[1:])
        assert ends(answer)


# ── a database that cannot be read ───────────────────────────────────────────────────────────────────────────────────


def test_a_database_that_fails(closed: WebSite):
    """A page that cannot be made is 503 with a plain line, and no traceback is logged."""
    with closing(sqlite3.connect(closed.folder / "alertd.db", timeout=1)) as other, logged() as log:
        other.execute("ALTER TABLE deliveries RENAME TO away")
        other.commit()
        answer = closed.get("/deliveries", headers={"accept": "text/html", **bearer(ACTS)})
        other.execute("ALTER TABLE away RENAME TO deliveries")
        other.commit()
    assert answer.status_code == 503
    assert "cannot read or write its database" in answer.text
    assert "Traceback" not in log.getvalue()
    assert closed.get("/deliveries", headers={"accept": "text/html", **bearer(ACTS)}).status_code == 200

"""What hostile clients send: paths, sizes, slow bytes, headers, redirects; and that no secret comes back."""

import re
import time

import pytest

from alertd.web import limits, server
from tests.support.readers import (
    ACTS,
    HASH,
    HTML,
    LOOKS,
    PASSWORD,
    TOKENS,
    Browser,
    bearer,
    logged,
    raw,
    routes,
)
from tests.support.web import WebSite

TRAVERSALS = (
    "/assets/../config.yaml",
    "/assets/..%2f..%2fconfig.yaml",
    "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/assets/..%5c..%5cconfig.yaml",
    "/assets//etc/passwd",
    "/assets/%2fetc%2fpasswd",
    "/assets/style.css%00.html",
    "/assets/style.css/../../app.py",
    "/../../../../etc/passwd",
    "//etc/passwd",
    "/alerts/..%2f..%2fconfig.yaml",
)


def test_path_traversal(closed: WebSite):
    """No path leads to a file but the pages' own."""
    for path in TRAVERSALS:
        head = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ACTS}\r\nConnection: close\r\n\r\n"
        answer = raw(closed, head.encode())
        assert re.match(rb"HTTP/1\.1 4\d\d ", answer), (path, answer[:200])
        assert b"root:" not in answer
        assert b"api_key" not in answer
        assert b"import " not in answer


WANTED = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "evil.example",
    "/ok\r\nSet-Cookie: a=b",
    "/ok\n//evil.example",
    " //evil.example",
    "/" + "a" * 5000,
    "",
)


def test_open_redirects(closed: WebSite):
    """A log-in leads on to a path of this server, or to its first page."""
    browser = Browser(closed)
    for wanted in WANTED:
        shown = browser.get(
            f"/login?next={wanted.encode().hex(' ').replace(' ', '%').join(['%' if wanted else '', ''])}"
        )
        assert 'name="next" value="/"' in shown.text or 'name="next" value="/%09' in shown.text, wanted
        answer = browser.log_in("ada", wanted=wanted)
        assert answer.headers["location"] == "/", wanted
        assert "a=b" not in answer.headers["set-cookie"]
    assert browser.log_in("ada", wanted="/alerts/x?a=%2F%2Fb#c").headers["location"] == "/alerts/x?a=%2F%2Fb#c"


def test_header_injection(closed: WebSite):
    """What is sent in a path, a query or a field begins no header of an answer."""
    for path in ("/probe%0d%0aX-Evil:%201", "/probe?a=%0d%0aX-Evil:%201", "/alerts/%0d%0aX-Evil:1?k=%0d%0aX-Evil:1"):
        for headers in (HTML, bearer(ACTS), HTML | bearer(ACTS)):
            assert "x-evil" not in closed.get(path, headers=headers).headers
    smuggled = b"GET /probe HTTP/1.1\r\nHost: a\r\nX-A: b\nX-Evil: 1\r\n\r\n"
    assert b"x-evil" not in raw(closed, smuggled.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).lower()
    for bad in (
        b"GET /probe HTTP/1.1\r\nHost: a\r\nHo st: b\r\n\r\n",
        b"GET /probe HTTP/1.1\r\nA\r\n\r\n",
        b"\0\r\n\r\n",
    ):
        assert raw(closed, bad).startswith(b"HTTP/1.1 400")


def test_bodies_are_bounded(closed: WebSite):
    """One that is too large is refused: before it is read where it says so, else while it comes."""
    too_much = limits.BODY_AT_MOST + 1
    head = f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: {too_much}\r\n\r\n".encode()
    assert raw(closed, head).startswith(b"HTTP/1.1 413")
    assert closed.post("/login", data=b"x" * too_much).status_code == 413
    chunks = (b"x" * 65536 for _ in range(too_much // 65536 + 1))
    assert closed.post("/login", data=chunks).status_code == 413
    fields = "&".join(f"a{number}=1" for number in range(1000))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert closed.post("/login", data=fields, headers=kind).status_code == 413
    for length in ("-1", "1e3", "x", "1, 2"):
        bad = f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()
        assert re.match(rb"HTTP/1\.1 4\d\d ", raw(closed, bad)), length
    assert closed.get("/healthz").status_code == 200


def test_heads_are_bounded(closed: WebSite):
    """A first line or headers beyond 16 KB are refused."""
    for head in (
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
    ):
        assert raw(closed, head).startswith(b"HTTP/1.1 4")


def test_slow_clients_are_let_go(closed: WebSite, monkeypatch: pytest.MonkeyPatch):
    """A body that does not come is 408, a head that does not come ends the connection; others are answered."""
    monkeypatch.setattr(limits, "BODY_WITHIN", 0.5)
    monkeypatch.setattr(server, "HEAD_WITHIN", 0.5)
    began = time.monotonic()
    slow_body = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"
    assert raw(closed, slow_body).startswith(b"HTTP/1.1 408")
    assert raw(closed, b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ") == b""
    assert raw(closed, b"") == b""
    assert time.monotonic() - began < 6
    assert closed.get("/healthz").status_code == 200


def test_no_secret_comes_back(closed: WebSite):
    """Every page and interface, asked by an operator, and every error and line of the log: no secret in any."""
    secrets = {
        "a-secret-key",
        "a-secret-path",
        closed.store.signing_key(),
        HASH,
        HASH.split("$")[-1],
        *(str(token["hash"]) for token in TOKENS),
        PASSWORD,
        ACTS,
        LOOKS,
    }
    ids = {"x": closed.firing.id}
    with logged() as log:
        browser = Browser(closed)
        browser.log_in("ada", "wrong " + PASSWORD[::-1])
        browser.log_in("ada")
        secrets.add(browser.cookies["alertd_session"])
        answers = [browser.get("/login")]
        for method, path in routes(closed, "GET", "POST", "DELETE"):
            for known in (path, path.replace("/x", f"/{ids['x']}")):
                headers = bearer(ACTS) | (HTML if method == "GET" else {})
                answers.append(closed.ask(method, known, headers=headers, stream=True))
        answers += [closed.get("/nowhere", headers=bearer(each)) for each in (ACTS, LOOKS, "x")]
    assert len(answers) > 15
    for answer in answers:
        kind = answer.headers.get("content-type", "")
        shown = "" if kind.startswith("text/event-stream") else answer.text
        answer.close()
        for secret in secrets:
            assert secret not in shown, answer.url
            assert secret not in str(answer.headers), answer.url
    for secret in secrets:
        assert secret not in log.getvalue()

"""Who may do what: each promise of docs/http-access.md, over a real socket."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.config.forms import Address
from alertd.web.app import application
from alertd.web.attempts import KNOWN_AT_MOST, Attempts
from alertd.web.gate import OPEN_PATHS
from alertd.web.server import WebServer, bind
from alertd.web.signing import SESSION_FOR, Signing
from tests.support.processes import wait_until
from tests.support.readers import (
    ACTS,
    FAULT,
    HASH,
    HTML,
    LOOKS,
    OVER,
    PASSWORD,
    TOKENS,
    USERS,
    Browser,
    add_probes,
    bearer,
    csrf_in,
    logged,
    raw,
    reconfigure,
    refusal,
    routes,
    with_http,
)
from tests.support.web import WebSite

Make = Callable[..., WebSite]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a site whose config has this below `http`."""
    made: list[WebSite] = []

    def make(**http: object) -> WebSite:
        site = with_http(tmp_path, **http)
        site.__enter__()
        made.append(site)
        add_probes(site)
        return site

    yield make
    for site in made:
        site.__exit__()


@pytest.fixture
def closed(make: Make) -> WebSite:
    """A site with users and tokens."""
    return make(users=USERS, tokens=TOKENS)


# ── nobody is named: everything is open, to this machine ─────────────────────────────────────────────────────────────


def test_open_to_this_machine(make: Make):
    """Without users whoever reaches the loopback address may look and, from a program, change."""
    site = make()
    assert site.get("/probe").json()["via"] == "open"
    assert site.get("/").status_code == 200
    assert site.post("/api/v1/probe", json={}).json() == {"name": "anybody here", "role": "OPERATOR", "via": "open"}


HOSTS = {
    "localhost": True,
    "LOCALHOST:1": True,
    "127.9.9.9:80": True,
    "[::1]:9321": True,
    "alertd.example.com": True,
    "evil.example": False,
    "localhost.evil.example": False,
    "evil.example:9321": False,
    "127.0.0.1.evil.example": False,
    "10.0.0.1": False,
    "localhost@evil.example": False,
    "": False,
}


def test_rebinding(make: Make):
    """A page whose name somebody else's DNS leads to this machine reads nothing of alertd."""
    site = make()
    for host, is_own in HOSTS.items():
        for path in ("/", "/metrics", "/api/v1/alerts", "/readyz", "/login"):
            answer = site.get(path, headers={"host": host})
            assert (answer.status_code != 421) is is_own, (host, path)
            if not is_own:
                assert "does not have that name" in refusal(answer)[1]


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "http://alertd.example.com.evil.example"},
    {"origin": "http://["},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


def test_another_sites_page_changes_nothing(make: Make):
    """What another site makes a reader's browser send is refused, also where it knows what forms carry."""
    site = make()
    csrf = Signing(site.store.signing_key(), site.house.now).csrf("open")
    for headers in FOREIGN:
        for path in ("/probe", "/api/v1/probe", "/login", "/logout"):
            answer = site.post(path, headers=headers, data={"csrf": csrf})
            assert refusal(answer) == (403, "the request comes from another site"), path
    assert site.store.changes() == []


def test_forms_carry_a_proof(make: Make):
    """A browser's form and script need what alertd's own page has; a program at the API needs none."""
    site = make()
    csrf = Signing(site.store.signing_key(), site.house.now).csrf("open")
    own = {"origin": site.url}
    assert site.post("/probe", headers=own).status_code == 403
    assert site.post("/probe", headers=own, data={"csrf": "0" * 64}).status_code == 403
    assert site.post("/probe", headers=own, data={"csrf": csrf}).status_code == 200
    assert site.post("/probe", headers=own | {"x-csrf-token": csrf}).status_code == 200
    assert site.post("/probe").status_code == 403
    assert site.post("/api/v1/probe", headers=own).status_code == 403
    assert site.post("/api/v1/probe", headers=own | {"x-csrf-token": csrf}).status_code == 200
    assert site.post("/api/v1/probe").status_code == 200
    assert site.post("/probe", headers={"origin": "http://alertd.example.com"}, data={"csrf": csrf}).status_code == 200


# ── somebody is named: everybody has to be somebody ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "http", [{"users": USERS}, {"tokens": TOKENS}, {"proxy": {"from": ["127.0.0.9"], "header": "X-Remote-User"}}]
)
def test_everything_needs_somebody(make: Make, http: dict[str, object]):
    """Each route, one that is not there too, answers nobody; but for health, the log-in page and the style sheets."""
    site = make(**http)
    asked = [*routes(site, "GET", "POST", "PUT", "DELETE", "PATCH"), ("GET", "/nowhere"), ("GET", "/%2e%2e/etc")]
    assert len(asked) > 8
    for method, path in asked:
        if path in OPEN_PATHS or path.startswith("/assets/") or path == "/metrics":
            continue
        answer = site.ask(method, path, headers={"x-remote-user": "ada"})
        assert refusal(answer) == (401, "log in first"), path
    assert site.get("/healthz").status_code == 200
    assert site.get("/readyz").json()["status"]


def test_a_viewer_changes_nothing(closed: WebSite):
    """Each route that changes something takes an operator, whatever it is sent."""
    changing = [each for each in routes(closed, "POST", "PUT", "DELETE", "PATCH") if each[1] not in OPEN_PATHS]
    assert len(changing) > 2
    for method, path in changing:
        if path != "/logout":
            answer = closed.ask(method, path, headers=bearer(LOOKS))
            assert refusal(answer) == (403, "this takes an operator"), path
    assert closed.store.changes() == []


def test_metrics(make: Make):
    """Open to a scraper on this machine; through a proxy, or by another name, they take a viewer."""
    site = make(users=USERS, tokens=TOKENS)
    assert site.get("/metrics").status_code == 200
    for header in ({"x-forwarded-for": "10.0.0.1"}, {"forwarded": "for=10.0.0.1"}, {"host": "alertd.example.com"}):
        assert site.get("/metrics", headers=header).status_code == 401
        assert site.get("/metrics", headers=header | bearer(LOOKS)).status_code == 200
    reconfigure(site, listen="0.0.0.0:9321")
    assert site.get("/metrics").status_code == 401


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_tokens(closed: WebSite):
    """A token does what its scope says, from anywhere and without a form's proof, until the end of its last day."""
    assert closed.get("/probe", headers=bearer(LOOKS)).json()["name"] == "grafana"
    sent = bearer(ACTS, origin="https://grafana.example.com")
    assert closed.post("/api/v1/probe", headers=sent).json() == {"name": "amtool", "role": "OPERATOR", "via": "token"}
    for bad in (OVER, ACTS[:-1], ACTS + "x", "", "é".encode().decode("latin-1")):
        answer = closed.get("/probe", headers=bearer(bad))
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    closed.now += timedelta(hours=11, minutes=59)
    assert closed.get("/probe", headers=bearer(LOOKS)).status_code == 200
    closed.now += timedelta(minutes=1)
    assert closed.get("/probe", headers=bearer(LOOKS)).status_code == 401


# ── the proxy ────────────────────────────────────────────────────────────────────────────────────────────────────────

PROXY = {"from": ["127.0.0.1"], "header": "X-Remote-User", "operators": ["ada"]}


def test_a_proxy_says_who(make: Make):
    """Its word counts from its own address alone, and once."""
    site = make(proxy=PROXY)
    assert site.get("/probe").status_code == 401
    said = site.get(
        "/probe", headers={"x-remote-user": "ada", "x-forwarded-for": "1.2.3.4, 10.0.0.7, 127.0.0.1"}
    ).json()
    assert said == {"name": "ada", "role": "OPERATOR", "via": "proxy", "address": "10.0.0.7"}
    assert site.get("/probe", headers={"x-remote-user": "eve"}).json()["role"] == "VIEWER"
    twice = b"GET /probe HTTP/1.1\r\nHost: a\r\nX-Remote-User: eve\r\nX-Remote-User: ada\r\nConnection: close\r\n\r\n"
    assert raw(site, twice).startswith(b"HTTP/1.1 400")
    assert site.get("/probe", headers={"x-remote-user": "a" * 201}).status_code == 400
    reconfigure(site, proxy=PROXY | {"from": ["10.0.0.0/8", "fd00::/8"]})
    assert site.get("/probe", headers={"x-remote-user": "ada"}).status_code == 401


def test_whom_a_proxy_names_is_safe_from_other_sites(make: Make):
    """A browser that a proxy logs in needs what the page's forms carry, as with a session."""
    site = make(proxy=PROXY)
    ada = {"x-remote-user": "ada", "origin": site.url}
    csrf = Signing(site.store.signing_key(), site.house.now).csrf("proxy ada")
    assert site.post("/probe", headers=ada).status_code == 403
    assert site.post("/probe", headers=ada | {"x-csrf-token": csrf}).status_code == 200
    assert site.post("/probe", headers=ada | {"x-csrf-token": csrf, "x-remote-user": "eve"}).status_code == 403


def test_an_address_is_the_clients_word_without_a_proxy(make: Make):
    """Who is no proxy cannot say that they are somewhere else."""
    site = make(tokens=TOKENS)
    said = site.get("/probe", headers=bearer(LOOKS, **{"x-forwarded-for": "10.0.0.7"})).json()
    assert said["address"] == "127.0.0.1"


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_log_in_and_out(closed: WebSite):
    """The page that was wanted comes after the log-in; after the log-out its cookie is worth nothing, kept or not."""
    browser = Browser(closed)
    sent = browser.get("/probe?a=1&b=2")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2Fprobe%3Fa%3D1%26b%3D2")
    entered = browser.log_in("ada", wanted="/probe?a=1&b=2")
    assert (entered.status_code, entered.headers["location"]) == (303, "/probe?a=1&b=2")
    assert browser.get("/probe").json() | {"address": ""} == {
        "name": "ada",
        "role": "OPERATOR",
        "via": "session",
        "address": "",
    }
    kept = dict(browser.cookies)
    assert browser.post("/logout", {"csrf": browser.csrf()}).headers["location"] == "/login"
    browser.cookies = kept
    assert browser.get("/probe").status_code == 303
    assert [(each.who, each.what) for each in closed.store.changes()] == [("ada", "log out"), ("ada", "log in")]


@pytest.mark.parametrize(
    ("http", "headers", "is_secure"),
    [
        ({}, {}, False),
        ({}, {"x-forwarded-proto": "https"}, False),
        ({"external_url": "https://alertd.example.com"}, {}, True),
        ({"proxy": {"from": ["127.0.0.1"]}}, {"x-forwarded-proto": "https"}, True),
        ({"proxy": {"from": ["127.0.0.1"]}}, {}, False),
    ],
)
def test_the_cookie(make: Make, http: dict[str, object], headers: dict[str, str], is_secure: bool):
    """No script reads it, no other site's form carries it, and under HTTPS it never goes in the clear."""
    cookie = Browser(make(users=USERS, **http)).log_in("bob", **headers).headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= parts
    assert ("secure" in parts) is is_secure
    assert not any(part.startswith("domain") for part in parts)


def test_a_session_outlives_a_restart_and_ends_after_half_a_day(closed: WebSite):
    """Another process over the same store knows it; twelve hours later none does."""
    browser = Browser(closed)
    browser.log_in("bob")
    closed.server.stop()
    listener = bind(Address("127.0.0.1", 0))
    closed.port = int(listener.getsockname()[1])
    closed.url = f"http://127.0.0.1:{closed.port}"
    closed.server = WebServer(application(closed.house), listener)
    closed.server.start()
    assert browser.get("/").status_code == 200
    closed.now += SESSION_FOR
    assert browser.get("/").status_code == 200
    closed.now += timedelta(seconds=1)
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "users",
    [
        [USERS[1]],
        [USERS[1] | {"name": "ada"}, USERS[1]],
        [],
    ],
    ids=["removed", "another password", "nobody left"],
)
def test_a_session_ends_with_its_user(closed: WebSite, users: list[dict[str, str]]):
    """Who is taken out of the config, or has another password, is out at once."""
    browser = Browser(closed)
    browser.log_in("ada")
    assert browser.get("/probe").json()["name"] == "ada"
    reconfigure(closed, users=users)
    assert browser.get("/probe", accept="application/json").status_code == 401


def test_a_role_counts_at_once(closed: WebSite):
    """A session has the role that its user has now."""
    browser = Browser(closed)
    browser.log_in("ada")
    reconfigure(closed, users=[USERS[0] | {"role": "viewer"}])
    assert browser.post("/probe", {"csrf": browser.csrf()}).status_code == 403


def test_forged_sessions(closed: WebSite):
    """No byte of a cookie can be another, and another key's cookie is none."""
    browser = Browser(closed)
    browser.log_in("bob")
    good = browser.cookies["alertd_session"]
    others = Signing("another key", closed.house.now).session("ada", "x", "y")
    upper = good[0].swapcase() + good[1:]
    for bad in (upper, good[:-1], good + "A", good.replace(".", "", 1), "", "a.b.c", "é", others, "x" * 5000):
        cookie = {"cookie": f"alertd_session={bad}".encode().decode("latin-1")}
        assert closed.get("/probe", headers=cookie).status_code == 401


def test_sessions_and_csrf(closed: WebSite):
    """A change takes what this very session's pages carry, at the API too."""
    ada, bob = Browser(closed), Browser(closed)
    ada.log_in("ada")
    bob.log_in("bob")
    for path in ("/probe", "/api/v1/probe"):
        assert ada.post(path, {}).status_code == 403
        assert ada.post(path, {"csrf": bob.csrf()}).status_code == 403
        assert closed.post(path, cookies=ada.cookies).status_code == 403
        assert ada.post(path, {"csrf": ada.csrf()}, origin="https://evil.example").status_code == 403
        assert ada.post(path, {"csrf": ada.csrf()}).status_code == 200
    assert bob.post("/probe", {"csrf": bob.csrf()}).status_code == 403
    assert {each.who for each in closed.store.changes() if each.what == "probe"} == {"ada"}


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_guessers_are_slowed(closed: WebSite):
    """After three wrong passwords an account has to wait, the right one's owner too, and only it."""
    browser = Browser(closed)
    answers = [browser.log_in("ada", "wrong password") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401] * 3
    slowed = browser.log_in("ada")
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) >= 1
    assert "Too many wrong passwords: try again a little later." in slowed.text
    assert 'name="password"' in slowed.text
    assert browser.log_in("bob").status_code == 303
    time.sleep(1.1)
    assert browser.log_in("ada").status_code == 303


def test_an_address_is_slowed(closed: WebSite):
    """Who tries many names waits, too."""
    browser = Browser(closed)
    statuses = [browser.log_in(f"user {number}").status_code for number in range(11)]
    assert statuses == [401] * 10 + [429]


def test_attempts_are_counted_apart_and_forgotten():
    """By account and by network; longer each time, up to a bound; after a quiet quarter of an hour not at all."""
    now = 0.0
    attempts = Attempts(lambda: now)
    waits = []
    for _ in range(9):
        attempts.failed("ada", "10.0.0.1")
        waits.append(attempts.wait("ada", "10.0.0.2"))
    assert waits == [0, 0, 1, 2, 4, 8, 16, 30, 30]
    assert attempts.wait("bob", "10.0.0.1") == 0
    for _ in range(11):
        attempts.failed("x", "2001:db8::1")
    assert attempts.wait("bob", "2001:db8::ffff") == 2
    assert attempts.wait("bob", "2001:db8:0:1::1") == 0
    attempts.succeeded("ada")
    assert attempts.wait("ada", "10.0.0.2") == 0
    now = 901.0
    assert attempts.wait("x", "2001:db8::1") == 0


def test_guessers_fill_no_memory():
    """However many names and addresses are tried, a bounded number is remembered."""
    attempts = Attempts()
    for number in range(3 * KNOWN_AT_MOST):
        attempts.failed(f"user {number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(attempts._accounts._failures) == KNOWN_AT_MOST
    assert len(attempts._addresses._failures) == KNOWN_AT_MOST


def test_an_unknown_name_costs_the_same(make: Make):
    """How long a refusal takes does not say whether there is such a user, nor does what it says."""
    kept = HASH.replace("$4096$", "$65536$")  # whatever its password is, it takes 16 times as long
    site = make(users=[{"name": f"user{number}", "password": kept} for number in range(4)])
    browser = Browser(site)

    def refused(name: str) -> tuple[float, str]:
        fields = {"name": name, "password": PASSWORD, "csrf": csrf_in(browser.get("/login"))}
        began = time.process_time()  # the server is of this process, and whatever else the machine does does not count
        answer = browser.post("/login", fields)
        assert answer.status_code == 401
        return time.process_time() - began, answer.text

    known = [refused(f"user{number}") for number in range(4)]
    unknown = [refused(f"nobody{number}") for number in range(4)]
    ratio = min(each[0] for each in unknown) / min(each[0] for each in known)
    assert 0.5 < ratio < 2
    assert len({text for _, text in [*known, *unknown]}) == 1


@pytest.mark.parametrize("name", ["ada", "", "a" * 5000, "\0ada", "<script>"])
def test_what_is_no_password(closed: WebSite, name: str):
    """Whatever is typed, it is one plain refusal."""
    for password in ("x" * 1025, "\0", PASSWORD + " "):
        answer = Browser(closed).log_in(name, password)
        assert answer.status_code == 401
        assert "do not belong together" in answer.text
        assert "<script>" not in answer.text.replace("<script src=", "")


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_error_page(closed: WebSite):
    """HTML for browsers, JSON for programs; of a fault only that there was one, and its story in the log."""
    for path, status in (("/nowhere", 404), ("/fault", 500)):
        for accept, kind in (("text/html,*/*", "text/html"), ("*/*", "application/json")):
            with logged() as log:
                answer = closed.get(path, headers=bearer(ACTS, accept=accept))
                if status == 500:
                    wait_until(lambda log=log: FAULT in log.getvalue(), 5)
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, kind)
            assert FAULT not in answer.text
            assert "Traceback" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert closed.post("/healthz", headers=bearer(ACTS)).status_code == 405


# ── who changed what ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_changes_are_on_record(closed: WebSite, capsys: pytest.CaptureFixture[str]):
    """Who, when, by what, from where, what: `alertd audit` tells, and it is kept as long as everything else."""
    from alertd.cli.main import run

    closed.post("/api/v1/probe", headers=bearer(ACTS))
    closed.now += timedelta(hours=1)
    closed.post("/probe", headers=bearer(ACTS))
    assert run(["audit", "--json", "-c", str(closed.folder / "config.yaml")]) == 0
    out = capsys.readouterr().out
    assert '"at": "2026-11-24T13:00:00.000Z"' in out
    newest, oldest = closed.store.changes()
    assert (newest.who, newest.via, newest.address, newest.what) == ("amtool", "token", "127.0.0.1", "probe")
    assert (newest.about, oldest.about) == ("/probe", "/api/v1/probe")
    closed.store.prune(closed.now)
    assert closed.store.changes() == [newest]
    assert run(["audit", "-c", str(closed.folder / "config.yaml")]) == 0
    assert "amtool" in capsys.readouterr().out


def test_an_empty_record(make: Make, capsys: pytest.CaptureFixture[str]):
    """Looking changes nothing."""
    from alertd.cli.main import run

    site = make()
    site.get("/", headers=HTML)
    assert run(["audit", "-c", str(site.folder / "config.yaml")]) == 0
    assert "nobody changed anything" in capsys.readouterr().out

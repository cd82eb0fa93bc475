"""The web server of a real `alertd run`, over plain sockets: who is slow or rude costs nobody else anything."""

import select
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from alertd.config.forms import Address
from alertd.web.limits import BODY_AT_MOST, BODY_WITHIN, HEAD_AT_MOST, Limits
from alertd.web.server import HEAD_WITHIN, WebServer, bind
from tests.support.processes import Running, Site, wait_until
from tests.support.sockets import ask, connect, free_port, half_open, is_closed, read_reply

QUICK = 5.0
"""Seconds within which an answer came that waited for nobody: who is slow or rude is let go after 10 at the soonest."""


def http(port: int, host: str = "127.0.0.1") -> dict[str, object]:
    return {"listen": f"[{host}]:{port}" if ":" in host else f"{host}:{port}"}


class Served:
    """One alertd that all tests here share; none of them ends it."""

    def __init__(self, site: Site, daemon: Running, port: int) -> None:
        self.site = site
        self.daemon = daemon
        self.port = port


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    with Site(tmp_path_factory.mktemp("site"), http=http(port)) as site:
        daemon = site.run()
        wait_until(lambda: ask(port, "/healthz").status == 200)
        yield Served(site, daemon, port)
        assert not daemon.over
        assert "Traceback" not in daemon.text


pytestmark = pytest.mark.xdist_group("server")


def listens_at(pid: int) -> list[str]:
    """Where a process listens: local addresses as the kernel writes them."""
    files = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]
    mine = {name.removeprefix("socket:[").rstrip("]") for name in files}
    tables = [Path(f"/proc/{pid}/net/{table}").read_text() for table in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in mine]


def head(path: str = "/healthz", method: str = "GET", *more: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *more, "", ""]).encode()


# ── where it listens ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_busy_port_is_one_line(tmp_path: Path):
    """Somebody else's port: exit code 2, one line that names key and address, and nothing was polled."""
    with socket.socket() as other, Site(tmp_path) as site:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        site.write(http=http(port))
        done = site.start("run").ended()
        assert done.code == 2
        assert done.errors == [f"http.listen: 127.0.0.1:{port} cannot be listened at: Address already in use"]
        assert "service.started" not in done.out


def test_off_listens_nowhere(tmp_path: Path):
    """`http.listen: off` opens no port."""
    with Site(tmp_path) as site:
        daemon = site.run()
        assert listens_at(daemon.pid) == []


def test_it_listens_where_it_was_told(served: Served):
    """One port, on the one address, which the log has once."""
    assert len(served.daemon.wait_for("web.listening", f"http://127.0.0.1:{served.port}")) == 1
    assert listens_at(served.daemon.pid) == [f"0100007F:{served.port:04X}"]


def test_without_webhooks_there_are_none(served: Served):
    """Where none are configured their address answers 404, and MyCirrus is asked nothing about them."""
    answer = ask(served.port, "/hooks/mycirrus", "POST", body=b"{}", X_Webhook_Id="wh-1")
    assert answer.status == 404
    wait_until(lambda: len(served.site.simulator.requests) > 5)
    assert not [request for request in served.site.simulator.requests if "webhooks" in request.target]


def test_ipv6(tmp_path: Path):
    """An address in brackets is one of IPv6."""
    try:
        port = free_port("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Site(tmp_path, http=http(port, "::1")) as site:
        site.run()
        wait_until(lambda: ask(port, "/healthz", host="::1").text == "ok\n")


# ── who is slow or rude ──────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_slow_is_let_go(served: Served):
    """A hundred and fifty who never finish a line, one who sends a byte a second and a body that does not come.

    They keep nobody waiting, and each is let go in its time.
    """
    says = (b"", b"G", b"GET / HTTP/1.1\r\nHost: ")
    with ExitStack() as stack:
        hang = [each for start in says for each in stack.enter_context(half_open(served.port, 50, start))]
        slow, dripping = (stack.enter_context(connect(served.port, seconds=BODY_WITHIN + 5)) for _ in range(2))
        slow.sendall(head("/healthz", "POST", "Content-Length: 10") + b"abc")
        began = time.monotonic()
        assert ask(served.port, "/healthz").status == 200
        assert time.monotonic() - began < QUICK
        assert ask(served.port, "/readyz").json["checks"]["scheduler"]["ok"]
        drips = iter(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1")
        while not is_closed(dripping, 1.0):
            took = time.monotonic() - began
            assert took < HEAD_WITHIN + 4
            assert took > BODY_WITHIN - 1 or not select.select([slow], [], [], 0)[0]
            dripping.sendall(bytes([next(drips)]))
        assert time.monotonic() - began > HEAD_WITHIN - 1
        reply = read_reply(slow)
        assert (reply.status, reply.text) == (408, "the body did not come in time")
        assert all(is_closed(each, 3) for each in hang)
        assert time.monotonic() - began < max(BODY_WITHIN, HEAD_WITHIN) + 4
    assert ask(served.port, "/healthz").status == 200


def test_more_than_it_takes(served: Served):
    """Beyond its limit of connections it says so, and it works again once they are gone."""
    with half_open(served.port, 310):
        reply = ask(served.port, "/healthz")
        assert reply.status == 503
    wait_until(lambda: ask(served.port, "/healthz").status == 200)


def test_a_large_head(served: Served):
    """Headers beyond their limit are refused, and their connection closed."""
    with connect(served.port) as connection:
        connection.sendall(head()[:-2] + b"X-Long: " + b"x" * (2 * HEAD_AT_MOST) + b"\r\n\r\n")
        assert read_reply(connection).status in (400, 431)


@pytest.mark.parametrize(
    "says", [b"\x16\x03\x01\x02\x00\x01\x00", b"HELO\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /\r\nX\r\n\r\n"]
)
def test_not_http(served: Served, says: bytes):
    """What is no HTTP gets one answer, no line in the log, and its connection is closed."""
    lines = len(served.daemon.out)
    with connect(served.port) as connection:
        connection.sendall(says)
        assert read_reply(connection).status == 400
    assert not [line for line in served.daemon.out[lines:] if "uvicorn" in line or "HTTP" in line]


@pytest.mark.parametrize("length", [str(BODY_AT_MOST + 1), "9" * 19])
def test_an_announced_large_body(served: Served, length: str):
    """A body that says that it is too large is refused before it is sent."""
    with connect(served.port) as connection:
        connection.sendall(head("/healthz", "POST", f"Content-Length: {length}"))
        reply = read_reply(connection)
    assert (reply.status, reply.text) == (413, "the body is too large")


def test_a_large_body_in_chunks(served: Served):
    """A body that does not say how large it is, is refused once it is too large."""
    with connect(served.port) as connection:
        connection.sendall(head("/healthz", "POST", "Transfer-Encoding: chunked"))
        part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        with pytest.raises((ConnectionResetError, BrokenPipeError)):  # it closes while this goes on
            connection.sendall(part * 200)
    assert ask(served.port, "/healthz").status == 200


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "0x10"])
def test_a_length_that_is_none(served: Served, length: str):
    """A Content-Length that is no number is refused."""
    with connect(served.port) as connection:
        connection.sendall(head("/healthz", "POST", f"Content-Length: {length}"))
        assert read_reply(connection).status in (400, 413)


def test_a_kept_connection_is_quick(served: Served):
    """The second answer on a connection comes as soon as the first: nothing waits for the client's acknowledgement."""
    took = []
    connection = HTTPConnection("127.0.0.1", served.port, timeout=10)
    for _ in range(10):
        began = time.monotonic()
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok\n"
        took.append(time.monotonic() - began)
    connection.close()
    assert min(took[1:]) < 0.03, took  # a delayed acknowledgement takes 0.04 s at least


def test_who_asks_and_does_not_read(served: Served):
    """Clients that ask for much over and over and read nothing keep nobody waiting."""
    ask_often = (b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") * 50
    connections = [connect(served.port, seconds=2) for _ in range(20)]
    try:
        for connection in connections:
            connection.sendall(ask_often)
        began = time.monotonic()
        assert ask(served.port, "/healthz").status == 200
        assert time.monotonic() - began < 2 * QUICK
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("size", [20_000_000, 100_000])
def test_who_never_takes_the_answer(size: int, monkeypatch: pytest.MonkeyPatch):
    """A connection whose client leaves a whole answer lying is given up, be it just begun or sent in full."""
    monkeypatch.setattr("alertd.web.server.TAKEN_WITHIN", 0.5)
    over = threading.Event()

    async def much(_scope: object, _receive: object, send: Callable[[dict[str, object]], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * size})
        over.set()

    port = free_port()
    web = WebServer(Limits(much, lambda: None), bind(Address("127.0.0.1", port)))
    web.start()
    try:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", port))
            connection.sendall(head())
            assert over.wait(10)
            wait_until(lambda: not web._server.server_state.connections, 10)
    finally:
        web.stop()


def test_headers_of_every_answer(served: Served):
    """Each answer, a refusal too, forbids what a page never needs, and says nothing of the server's kind."""
    for path in ("/healthz", "/readyz", "/metrics", "/no/such/page"):
        headers = ask(served.port, path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


# ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_reloads_and_a_stop(tmp_path: Path):
    """Over a reload port and connections stay; a refused one changes nothing, another address takes a restart.

    Clients that hang in every way do not keep alertd from ending within three seconds, in order.
    """
    port = free_port()
    with Site(tmp_path, http=http(port)) as site:
        daemon = site.run()
        wait_until(lambda: ask(port, "/healthz").status == 200)
        with connect(port) as connection:
            for mark in ("reload.done", "reload.refused"):
                if mark == "reload.refused":
                    site.path.write_text("mycirrus: [")
                daemon.tell(signal.SIGHUP)
                daemon.wait_for(mark)
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                said = b""
                while not said.endswith(b"ok\n"):
                    said += connection.recv(65536)
                assert said.startswith(b"HTTP/1.1 200")
                assert ask(port, "/metrics").status == 200
        site.write(http=http(free_port()))
        daemon.tell(signal.SIGHUP)
        daemon.wait_for("reload.needs_restart", "http.listen")
        assert ask(port, "/healthz").status == 200
        with half_open(port, 5), half_open(port, 5, head("/x", "POST", "Content-Length: 9") + b"a"):
            began = time.monotonic()
            done = daemon.stop()
            assert time.monotonic() - began < 5.0  # what any stop takes at the most
        assert (done.code, done.err) == (0, "")
        assert "Traceback" not in done.out

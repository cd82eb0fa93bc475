"""One exchange with MyCirrus over a real socket: hostile answers cost neither time nor memory, and tell nothing."""

import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from alertd.errors import ApiError, KeyRefused, NotAllowed, TooManyRequests, Unreachable
from alertd.mycirrus.transport import StaleConnection, TooLarge, Transport
from tests.support.api import KEY, Reply, bomb, drip, hang, records, refusal, reply, serving, short

NOW = datetime(2025, 5, 4, 12, 0, tzinfo=UTC)
TIMEOUT = timedelta(milliseconds=400)
PATIENT = timedelta(seconds=20)
GOOD = records({"voltage": 11.5})


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set at the end of a test, so that no server thread outlives it."""
    event = threading.Event()
    yield event
    event.set()


def transport(base_url: str, timeout: timedelta = PATIENT) -> Transport:
    return Transport(base_url, KEY, timeout=timeout, clock=lambda: NOW)


def ask(answer: Reply, timeout: timedelta = PATIENT) -> object:
    """What one request makes of this answer."""
    with serving(lambda _: answer) as api:
        asking = transport(api.base_url, timeout)
        try:
            return asking.get("data/monitor/current", "instruments=QT1")
        finally:
            asking.close()


def test_a_good_answer() -> None:
    """The JSON, with the key in its header, and one connection for many requests."""
    with serving(lambda _: GOOD) as api:
        asking = transport(api.base_url)
        assert [asking.get("data/monitor/current", "instruments=QT1") for _ in range(3)] == [[{"voltage": 11.5}]] * 3
        asking.close()
        assert {request.headers["x-api-key"] for request in api.requests} == {KEY}
        assert {request.path for request in api.requests} == {"/v1/data/monitor/current"}
        assert {request.connection for request in api.requests} == {0}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (reply(500, "<html>oops</html>"), Unreachable, "HTTP 500"),
        (reply(502, "<html><script>alert(1)</script></html>"), Unreachable, "HTTP 502"),
        (reply(503), Unreachable, "HTTP 503"),
        (reply(204), Unreachable, "HTTP 204"),
        (reply(408), Unreachable, "HTTP 408"),
        (reply(200), Unreachable, "no JSON"),
        (reply(200, "<!doctype html><html>Please sign in</html>", Content_Type="text/html"), Unreachable, "no JSON"),
        (reply(200, '[{"voltage": 11.5'), Unreachable, "no JSON"),
        (reply(200, b'[{"name": "\xff"}]'), Unreachable, "no JSON"),
        (reply(200, "[" * 100_000), Unreachable, "no JSON"),
        (reply(200, '{"a":' * 100_000), Unreachable, "no JSON"),
        (short(GOOD.replace(b"Content-Length: ", b"Content-Length: 9")), Unreachable, "cut off"),
        (short(GOOD[:-20]), Unreachable, "cut off"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", Unreachable, "decompressed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Unreachable, "no HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Pad: x\r\n" * 500 + b"\r\n", Unreachable, "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n", Unreachable, "cut off|no HTTP"),
        (lambda _: None, Unreachable, "cut"),
        (refusal(401, "TokenExpired", "The API key has expired"), KeyRefused, "401 TokenExpired: The API key has"),
        (refusal(403, "AccessDenied"), NotAllowed, "HTTP 403 AccessDenied"),
        (refusal(404, "NotFound", "No instrument QT1"), NotAllowed, "HTTP 404 NotFound: No instrument QT1"),
        (refusal(400, "MissingParam", "start is required"), NotAllowed, "HTTP 400 MissingParam: start is required"),
        (reply(404, "<html>nginx</html>"), NotAllowed, "HTTP 404$"),
        (reply(414, ""), NotAllowed, "HTTP 414$"),
        (refusal(404, "a\nb", f"{KEY}\r\n\t\x1b[31m" + "x" * 1000), NotAllowed, r"a b: \*\*\* \?\[31mx+$"),
        (refusal(429, "TooManyRequests"), TooManyRequests, "HTTP 429"),
    ],
)
def test_what_is_no_answer(answer: Reply, kind: type[ApiError], words: str) -> None:
    """Each failing answer is its error, on one short line that names neither the key nor the query."""
    with pytest.raises(kind, match=words) as caught:
        ask(answer)
    text = str(caught.value)
    assert text.startswith("data/monitor/current: ")
    assert len(text) < 300
    assert text.isprintable()
    assert KEY not in text
    assert "QT1" not in text.replace("No instrument QT1", "")


@pytest.mark.parametrize("status", [400, 403, 404, 414])
def test_a_refusal_carries_its_status(status: int) -> None:
    """So that 403 for everything can be told from 404 for one."""
    with pytest.raises(NotAllowed) as caught:
        ask(refusal(status, "X"))
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("86400", timedelta(days=1)),
        ("Sun, 04 May 2025 12:00:30 GMT", timedelta(seconds=30)),
        ("Sun, 04 May 2025 11:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 400, None),
        ("", None),
    ],
)
def test_retry_after(asked: str, wait: timedelta | None) -> None:
    """Seconds and HTTP dates are read; anything else asks for nothing."""
    with pytest.raises(TooManyRequests) as caught:
        ask(refusal(429, "TooManyRequests", Retry_After=asked))
    assert caught.value.wait == wait


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    """Another host never sees the key, nor a request at all; and the redirect's body is not read, however large."""
    with serving(lambda _: GOOD) as other:
        body = b"x" * 1000
        answer = reply(status, body, Location=f"{other.base_url}/steal")
        with pytest.raises(Unreachable, match="redirected to another place"):
            ask(answer.replace(b"Content-Length: 1000", b"Content-Length: 1000000000000"), TIMEOUT * 5)
        assert not other.requests


@pytest.mark.parametrize(
    "slow",
    ["hang", "headers", "body", "body without a length"],
)
def test_the_deadline_is_for_the_whole_exchange(slow: str, over: threading.Event) -> None:
    """An answer that drips in, however steadily, is given up when the time is over."""
    endless = GOOD.replace(b"\r\n\r\n", b"\r\n" + b"X-Pad: aaaaaaaa\r\n" * 90 + b"\r\n")
    head, body = GOOD.split(b"\r\n\r\n")
    unmeasured = head.split(b"\r\n")[0] + b"\r\n\r\n[" + b" " * 1000 + b"]"

    def write_body(connection: socket.socket) -> None:
        connection.sendall(head + b"\r\n\r\n")
        drip(body + b" " * 1000, over)(connection)

    answers = {
        "hang": hang(over),
        "headers": drip(endless, over),
        "body": write_body,
        "body without a length": drip(unmeasured, over, 0.001),
    }
    began = time.monotonic()
    with serving(lambda _: answers[slow]) as api:
        asking = transport(api.base_url, TIMEOUT)
        with pytest.raises(Unreachable, match="no whole answer within 400ms"):
            asking.get("data/monitor/current")
        took = time.monotonic() - began
        over.set()
        asking.close()
    assert took < 10 * TIMEOUT.total_seconds()


def test_abort_ends_what_is_under_way(over: threading.Event) -> None:
    """A stop does not wait for a hung answer, and nothing is asked after it."""
    with serving(lambda _: hang(over)) as api:
        asking = transport(api.base_url, timedelta(minutes=10))
        stopper = threading.Timer(0.2, asking.abort)
        stopper.start()
        with pytest.raises(Unreachable, match="alertd stops"):
            asking.get("data/monitor/current")
        stopper.join()
        with pytest.raises(Unreachable, match="alertd stops"):
            asking.get("data/monitor/current")
        assert len(api.requests) == 1
        over.set()
        asking.close()


def _flood(connection: socket.socket) -> None:
    """A body without end, in chunks."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n")
    block = b"%x\r\n" % 100_000 + b" " * 100_000 + b"\r\n"
    while True:
        connection.sendall(block)


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, "[]").replace(b"Content-Length: 2", b"Content-Length: 300000000"),
        _flood,
        bomb(300),
        reply(200, "[" + "[]," * 1_500_000 + "[]]"),
        reply(200, "[" + "0," * 4_000_000 + "0]"),
    ],
    ids=["length", "chunks without end", "gzip bomb", "lists", "numbers"],
)
def test_an_answer_too_large(answer: Reply) -> None:
    """It is given up within bounds of memory, whether it is large on the wire, unpacked or once it is read."""
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match="too large"):
            ask(answer)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000


def test_nan_is_a_value_not_a_failure() -> None:
    """One NaN or endless number costs no more than itself, so the answer is read."""
    (record,) = ask(reply(200, '[{"a": NaN, "b": Infinity, "c": ' + "9" * 5000 + ', "d": 1}]'))  # type: ignore[misc]
    assert record["d"] == 1
    assert json.dumps(record["b"]) == "Infinity"


def test_a_kept_connection_that_was_closed() -> None:
    """A server that closes an idle connection just as it is used again is no failure; the caller may try again."""
    served: list[int] = []

    def script(_: object) -> Reply:
        served.append(1)
        return (lambda _connection: None) if len(served) == 2 else GOOD

    with serving(script) as api:
        asking = transport(api.base_url)
        asking.get("data/monitor/current")
        with pytest.raises(StaleConnection):
            asking.get("data/monitor/current")
        assert asking.get("data/monitor/current") == [{"voltage": 11.5}]
        asking.close()


def test_nobody_listens() -> None:
    """A refused connection says so."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="connection refused"):
            transport(f"http://127.0.0.1:{free.getsockname()[1]}/v1").get("control/instruments")


@pytest.mark.parametrize("base_url", ["nonsense", "http://", "ftp://127.0.0.1/v1", "http://[::1/v1", "http://a b/v1"])
def test_an_unusable_address(base_url: str) -> None:
    """It is one line, not a traceback."""
    asking = transport(base_url)
    with pytest.raises(Unreachable):
        asking.get("control/instruments")


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "schlüssel"])
def test_a_key_that_no_header_can_hold(key: str) -> None:
    """It is refused at once, without being shown."""
    with pytest.raises(KeyRefused) as caught:
        Transport("http://127.0.0.1:1/v1", key, timeout=TIMEOUT)
    assert not key.strip() or key not in str(caught.value)

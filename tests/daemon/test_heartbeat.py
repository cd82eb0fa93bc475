"""The heartbeat: one GET, one deadline, no redirects; when all is well, and what its URL may be."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from alertd import logs
from alertd.daemon.heartbeat import Heartbeat, is_well, url_mistake
from tests.support.api import serving, short
from tests.support.processes import wait_until
from tests.support.sinks import DRIP, HANG, RESET, Answer, HttpSink

NOW = datetime(2026, 1, 10, 15, tzinfo=UTC)
QUICK = timedelta(seconds=0.5)


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink() as made:
        yield made


def test_a_beat(sink: HttpSink):
    """One GET of the very URL, query and all."""
    assert Heartbeat(f"http://127.0.0.1:{sink.port}/ping/abc?rid=1").beat()
    (request,) = sink.received
    assert (request.path, request.body) == ("/ping/abc?rid=1", b"")


@pytest.mark.parametrize(
    "answer",
    [Answer(status=404), Answer(status=500), Answer(status=302), RESET, HANG, DRIP],
    ids=["404", "500", "302", "reset", "hang", "drip"],
)
def test_a_beat_that_does_not_arrive(sink: HttpSink, answer: Answer, caplog: pytest.LogCaptureFixture):
    """Whatever comes back, it takes no longer than the deadline, is tried once, and said once until it goes well."""
    logs.configure()
    sink.answer = answer
    heartbeat = Heartbeat(f"http://127.0.0.1:{sink.port}/secret-path", QUICK)
    arrived = heartbeat.beat()
    if answer is DRIP:  # the head came, and that is all it asks for
        assert arrived
        return
    assert not arrived
    assert len(sink.received) == 1
    heartbeat.beat()
    sink.answer = Answer()
    wait_until(heartbeat.beat, 5) if answer is not HANG else None
    assert caplog.text.count("heartbeat.failed") == 1
    assert "secret-path" not in caplog.text


def test_a_head_that_drips():
    """A server that sends its answer's head a byte at a time outlives no deadline."""
    stop = threading.Event()

    def drip(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not stop.wait(0.05):
            connection.sendall(b"x")

    with serving(lambda _: drip) as api:
        heartbeat = Heartbeat(f"http://127.0.0.1:{api.port}/", QUICK)
        assert not heartbeat.beat()
        assert not heartbeat.beat()
        assert len(api.requests) == 1
        stop.set()


def test_an_answer_that_is_no_http():
    """A port that speaks something else is a failure like any other."""
    with serving(lambda _: short(b"220 mail.example.com ESMTP\r\n")) as api:
        assert not Heartbeat(f"http://127.0.0.1:{api.port}/").beat()
    assert not Heartbeat("http://127.0.0.1:9/").beat()


def test_a_stop_does_not_wait(sink: HttpSink):
    """`close` lets a ping that hangs be."""
    sink.answer = HANG
    heartbeat = Heartbeat(f"http://127.0.0.1:{sink.port}/", timedelta(seconds=50))
    beating = threading.Thread(target=heartbeat.beat)
    beating.start()
    sink.wait_for(1)
    heartbeat.close()
    beating.join(5)
    assert not beating.is_alive()


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://hc.example.com/ping/0a1b", True),
        ("http://127.0.0.1:8000/x?y=z", True),
        ("ftp://hc.example.com/x", False),
        ("file:///etc/passwd", False),
        ("hc.example.com/ping", False),
        ("https:///ping", False),
        ("https://host:port/ping", False),
        ("https://[::1/ping", False),
        ("https://host:99999/ping", False),
    ],
)
def test_url_mistake(url: str, good: bool):
    """HTTP and HTTPS with a host; the text never holds the URL."""
    mistake = url_mistake(url)
    assert (mistake is None) == good
    assert good or "ping/" not in str(mistake)


@pytest.mark.parametrize(
    ("ages", "well"),
    [
        ({"status": 0, "sic": 0}, True),
        ({"status": 179, "sic": 899}, True),
        ({"status": 180, "sic": 0}, False),
        ({"status": 0}, False),
        ({}, False),
        ({"status": 0, "sic": 0, "old": 9999}, True),
    ],
)
def test_is_well(ages: dict[str, int], well: bool):
    """Each job's last good round is younger than three of its intervals; one that never went well is not."""
    every = {"status": timedelta(minutes=1), "sic": timedelta(minutes=5)}
    assert is_well({name: NOW - timedelta(seconds=age) for name, age in ages.items()}, every, NOW) == well

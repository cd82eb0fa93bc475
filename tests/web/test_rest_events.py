"""REST: the stream of events. What happens is told once to whoever reads, and what was missed to whoever comes back."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from alertd.model import DeliveryState, Severity, TargetHealth, Transition, TransitionKind
from alertd.web.rest import events as events_module
from alertd.web.rest import watch
from tests.support.processes import PATIENCE, Site, wait_until
from tests.support.web import NOW, WebSite

EVENTS = "/api/v1/events"


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test waits less for what is told; how often it is looked is not what they are about."""
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.1)


@dataclass(frozen=True)
class Told:
    """One event as a browser would see it."""

    id: str
    kind: str
    says: dict[str, Any]


class Listener:
    """Reads the stream in a thread of its own."""

    def __init__(self, url: str, last_event_id: str | None = None) -> None:
        headers = {"Last-Event-ID": last_event_id} if last_event_id is not None else {}
        self.told: list[Told] = []
        self.comments = 0
        self.ended = threading.Event()
        host = url.removeprefix("http://")
        self._connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        self._connection.request("GET", EVENTS, headers=headers)
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()
        assert str(self._answer.headers["content-type"]).startswith("text/event-stream")
        assert self._answer.readline() == b"retry: 3000\n"
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            while line := self._answer.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if line.startswith(b":"):
                    self.comments += 1
                elif name:
                    event[name] = value
                elif "data" in event:
                    self.told.append(Told(event["id"], event["event"], json.loads(event["data"])))
                    event = {}
        except (OSError, http.client.HTTPException):
            pass
        self.ended.set()

    def wait_for(self, count: int) -> list[Told]:
        wait_until(lambda: len(self.told) >= count, story=lambda: f"told {self.told}")
        return self.told

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._answer.close()
        self._connection.close()


@contextmanager
def listening(site: WebSite, last_event_id: str | None = None) -> Iterator[Listener]:
    listener = Listener(site.url, last_event_id)
    try:
        yield listener
    finally:
        listener.close()


def step(kind: TransitionKind = TransitionKind.STALE, alert_id: str = "low", reason: str = "no data") -> Transition:
    return Transition(alert_id=alert_id, kind=kind, at=NOW, severity=Severity.CRITICAL, reason=reason)


def kinds(told: list[Told]) -> list[tuple[str, Any]]:
    """Each event in two words."""
    return [(each.kind, each.says["kind" if each.kind == "transition" else "state"]) for each in told]


def send(site: WebSite, target: str, state: DeliveryState = DeliveryState.DELIVERED) -> int:
    """What a lane does: claim the target's oldest message, and record how it went."""
    claimed = site.store.claim(target, site.now, timedelta(seconds=60), hasten=True)
    assert claimed is not None
    site.store.record_outcome(claimed, state=state, now=site.now, health=TargetHealth(target=target))
    return claimed.id


def test_transitions_and_messages_as_they_happen(site: WebSite):
    """A step of an alert, a message queued, the same delivered: each is told within a second or so, once."""
    with listening(site) as listener:
        site.record(transitions=[step()])
        (first,) = listener.wait_for(1)
        assert first.says["alertname"] == "LowVoltage"
        assert (first.says["instrument"], first.says["subject"]) == ("QT100000", "QT100000")
        queued = site.tell(site.firing, "hook", state=DeliveryState.QUEUED)
        listener.wait_for(2)
        assert send(site, "hook") == queued.id
        told = listener.wait_for(3)
        assert kinds(told) == [("transition", "stale"), ("delivery", "queued"), ("delivery", "delivered")]
        assert told[2].says["id"] == queued.id
        send(site, "phone", DeliveryState.DEAD)  # what waited before anybody listened
        assert kinds(listener.wait_for(4))[3] == ("delivery", "dead")
        time.sleep(3 * watch.LOOK_EVERY)
        assert len(listener.told) == 4


def test_begins_with_what_happens_next(site: WebSite):
    """Without an id nothing of the past is told."""
    with listening(site) as listener:
        site.record(transitions=[step(reason="the first")])
        assert [each.says["reason"] for each in listener.wait_for(1)] == ["the first"]


def test_comes_back_after_a_break(site: WebSite):
    """With the last id what was missed is told: transitions once, in order, and each message's end."""
    with listening(site) as listener:
        site.record(transitions=[step(reason="heard")])
        queued = site.tell(site.firing, "hook", state=DeliveryState.QUEUED)
        last = listener.wait_for(2)[-1].id
    site.record(transitions=[step(reason=f"missed {number}") for number in range(1200)])
    send(site, "hook")
    site.tell(site.firing, "hook")
    with listening(site, last) as listener:
        wait_until(lambda: _states(listener.told) == {queued.id: "delivered", queued.id + 1: "delivered"})
        site.record(transitions=[step(reason="again there")])
        wait_until(lambda: _steps(listener.told)[-1] == "again there")
    assert _steps(listener.told) == [*(f"missed {number}" for number in range(1200)), "again there"]


def test_every_id_is_a_place_to_come_back_to(site: WebSite):
    """Whichever event was the last one seen, all behind it are told, and no transition twice."""
    with listening(site) as listener:
        site.record(transitions=[step(reason="one"), step(reason="two")])
        site.tell(site.firing, "hook", state=DeliveryState.QUEUED)
        listener.wait_for(3)
        send(site, "hook")
        site.record(transitions=[step(reason="three")])
        told = list(listener.wait_for(5))
    for index, seen in enumerate(told):
        behind = told[index + 1 :]
        with listening(site, seen.id) as again:
            wait_until(partial(_is_told, behind, again), story=lambda: "not all that was missed is told")
            assert _steps(again.told) == _steps(behind)


def _is_told(behind: list[Told], again: Listener) -> bool:
    return len(_steps(again.told)) >= len(_steps(behind)) and _states(behind).items() <= _states(again.told).items()


def _steps(told: list[Told]) -> list[str]:
    """The reasons of the transitions."""
    return [each.says["reason"] for each in told if each.kind == "transition"]


def _states(told: list[Told]) -> dict[int, str]:
    """How each message stands after these events."""
    return {each.says["id"]: each.says["state"] for each in told if each.kind == "delivery"}


@pytest.mark.parametrize(
    "text", ["x", "1", "1.2", "1.2.3.4", "-1.0.0", "1.0.0x", "١.٢.٣", "9" * 19 + ".0.0", "1.2." + "3" * 90]
)
def test_id_that_is_none(shared: WebSite, text: str):
    """What no event had is refused."""
    answer = shared.get(EVENTS, headers={"Last-Event-ID": text.encode()})
    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid"


def test_id_from_the_future(site: WebSite):
    """An id beyond the record, as after a restored backup, hears what comes."""
    with listening(site, "999999999.999999999.999999999") as listener:
        site.record(transitions=[step()])
        assert kinds(listener.wait_for(1)) == [("transition", "stale")]


def test_one_watch_for_all(site: WebSite, monkeypatch: pytest.MonkeyPatch):
    """Twenty readers cost the store no more looks than one, and none is made once all are gone."""
    looks: list[float] = []
    steps_since = site.store.steps_since

    def counted(*asked: Any) -> Any:
        looks.append(time.monotonic())
        return steps_since(*asked)

    monkeypatch.setattr(site.store, "steps_since", counted)
    listeners = [Listener(site.url) for _ in range(20)]
    site.record(transitions=[step()])
    for listener in listeners:
        listener.wait_for(1)
    looks.clear()
    time.sleep(2)
    assert 1 <= len(looks) <= 2 / watch.LOOK_EVERY + 2
    for listener in listeners:
        listener.close()
    wait_until(lambda: not looks or time.monotonic() - looks[-1] > 3 * watch.LOOK_EVERY)


def test_too_many_readers(site: WebSite, monkeypatch: pytest.MonkeyPatch):
    """Beyond the most that are served the next one is told so; when one goes there is room again."""
    monkeypatch.setattr(watch, "READERS_AT_MOST", 2)
    with listening(site):
        with listening(site):
            assert site.get(EVENTS).status_code == 503
        wait_until(lambda: _is_let_in(site))


def _is_let_in(site: WebSite) -> bool:
    with requests.get(site.url + EVENTS, stream=True, timeout=PATIENCE) as answer:
        return answer.status_code == 200


def test_heartbeat(site: WebSite, monkeypatch: pytest.MonkeyPatch):
    """Where nothing happens a comment says that the stream is alive."""
    monkeypatch.setattr(events_module, "HEARTBEAT", 0.2)
    with listening(site) as listener:
        wait_until(lambda: listener.comments >= 3)
        assert listener.told == []


def test_slow_reader_is_let_go(site: WebSite, monkeypatch: pytest.MonkeyPatch):
    """Whoever does not take in what is sent is dropped; others hear everything, and nothing piles up."""
    monkeypatch.setattr(watch, "WAITS_AT_MOST", 300)
    monkeypatch.setattr("alertd.web.server.TAKEN_WITHIN", 1.0)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.settimeout(PATIENCE)
    raw.connect(("127.0.0.1", site.port))
    raw.sendall(f"GET {EVENTS} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
    with raw, listening(site) as quick:
        time.sleep(0.5)
        for number in range(60):
            site.record(transitions=[step(reason=f"{number} " + "x" * 2000) for _ in range(50)])
            quick.wait_for(50 * (number + 1))
        assert len(quick.told) == 3000
        assert _was_cut(raw)


def _was_cut(raw: socket.socket) -> bool:
    """Whether the other side ended the connection before it had sent everything."""
    size = 0
    try:
        while part := raw.recv(65536):
            size += len(part)
    except ConnectionResetError:
        pass
    return size < 3000 * 2000


def test_ends_with_the_server(site: WebSite):
    """A stop of the server ends every stream, and not only once uvicorn would break them off."""
    site.server._server.config.timeout_graceful_shutdown = 2 * PATIENCE
    with listening(site) as one, listening(site) as other:
        site.server.stop()
        assert one.ended.wait(PATIENCE)
        assert other.ended.wait(PATIENCE)


def test_a_real_daemon(tmp_path: Path):
    """From a low voltage in MyCirrus to the stream: pending, fired, queued, delivered; SIGTERM ends it at once."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Site(tmp_path, http={"listen": f"127.0.0.1:{port}"}) as running:
        daemon = running.run()
        listener = Listener(f"http://127.0.0.1:{port}")
        running.simulator.pin("QT100000", voltage=11.0)
        wait_until(lambda: ("delivery", "delivered") in kinds(listener.told), story=lambda: daemon.text)
        told = [each for each in kinds(listener.told) if each != ("delivery", "leased")]
        assert told[0][0] == "transition"
        assert ("transition", "fired") in told
        answer = requests.get(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=PATIENCE).json()
        assert [each["instrument"] for each in answer["items"]] == ["QT100000"]
        alert_id = answer["items"][0]["id"]
        acked = requests.post(f"http://127.0.0.1:{port}/api/v1/alerts/{alert_id}/ack", json={}, timeout=PATIENCE)
        assert acked.status_code == 200
        listed = running.command("alerts", "--json").json
        assert listed[0]["acknowledged"] == acked.json()["acknowledged"]
        started = time.monotonic()
        daemon.tell(15)
        assert listener.ended.wait(PATIENCE)
        assert time.monotonic() - started < 5  # what any stop takes at the most
        assert daemon.ended().code == 0
        listener.close()

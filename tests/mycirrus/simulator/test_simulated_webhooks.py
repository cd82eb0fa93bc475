"""The simulator's webhooks over real HTTP: registered with the right scope, signed, retried five times, given up."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from alertd.model import Source
from alertd.mycirrus.simulator.script import plain_fleet
from alertd.mycirrus.simulator.simulator import Simulator
from alertd.mycirrus.simulator.webhooks import RETRIES
from alertd.mycirrus.webhooks import is_signed, read_notice
from tests.support.processes import wait_until
from tests.support.sinks import Answer, HttpSink


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(plain_fleet(2)) as running:
        running.oddities.change(retry_after=0.05, digits=7)
        yield running


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink() as opened:
        yield opened


def call(simulator: Simulator, method: str, path: str = "", **body: object) -> tuple[int, Any]:
    """(status, JSON) of a request about webhooks."""
    answer = requests.request(
        method,
        f"{simulator.base_url}/webhooks{path}",
        headers={"X-Api-Key": simulator.key},
        json=body or None,
        timeout=10,
    )
    return answer.status_code, answer.json() if answer.content else None


def register(simulator: Simulator, sink: HttpSink, kind: str, serial: str = "QT100000") -> dict[str, str]:
    url = f"http://127.0.0.1:{sink.port}/hooks"
    status, made = call(simulator, "POST", type=kind, instrument=serial, url=url)
    assert status == 201
    return dict(made)


def test_registrations(simulator: Simulator, sink: HttpSink) -> None:
    """Made with an id and a secret, listed, looked at, deleted once."""
    made = register(simulator, sink, "SicFinished")
    assert set(made) == {"id", "type", "instrument", "url", "secret"}
    other = register(simulator, sink, "InstrumentStatus")
    assert call(simulator, "GET") == (200, [made, other])
    assert call(simulator, "GET", f"/{made['id']}") == (200, made)
    assert call(simulator, "DELETE", f"/{made['id']}")[0] == 204
    assert call(simulator, "DELETE", f"/{made['id']}")[0] == 404
    assert call(simulator, "GET") == (200, [other])


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "Nonsense", "instrument": "QT100000", "url": "https://example.com"},
        {"type": "SicFinished", "instrument": "QT9", "url": "https://example.com"},
        {"type": "SicFinished", "instrument": "QT100000", "url": "http://example.com"},
        {"type": "SicFinished"},
    ],
)
def test_what_cannot_be_registered(simulator: Simulator, asked: dict[str, object]) -> None:
    """400 and the documented error's form."""
    status, error = call(simulator, "POST", **asked)
    assert (status, error["error"]) == (400, "MissingParam")


def test_scopes(simulator: Simulator, sink: HttpSink) -> None:
    """Reading and writing take a scope each."""
    made = register(simulator, sink, "SicFinished")
    simulator.scopes -= {"webhooks:write"}
    assert call(simulator, "GET")[0] == 200
    assert call(simulator, "DELETE", f"/{made['id']}")[0] == 403
    assert call(simulator, "POST", type="SicFinished")[0] == 403
    simulator.scopes -= {"webhooks:read"}
    assert call(simulator, "GET")[0] == 403


def test_what_happens_is_delivered(simulator: Simulator, sink: HttpSink) -> None:
    """A SIC, a calibration and a change of state, once each, to whom it was registered for, signed over the bytes."""
    hooks = {
        kind: register(simulator, sink, kind) for kind in ("SicFinished", "CalibrationFinished", "InstrumentStatus")
    }
    simulator.add_record(Source.SIC, "QT100000", {"status": "Error", "_500Hz": 1.0, "_1KHz": 2.0, "_8KHz": 3.0})
    simulator.add_record(Source.CALIBRATIONS, "QT100000", {"status": "Success", "level": 93.7, "offset": 0.04})
    simulator.add_record(Source.SIC, "QT100001", {"status": "Error"})
    simulator.pin("QT100000", online=False)
    received = sink.wait_for(3)
    wait_until(lambda: len(simulator.webhooks.attempts) == 3)
    said = {each.json["type"]: each.json for each in received}
    assert set(said) == set(hooks)
    assert said["InstrumentStatus"]["online"] is False
    assert (said["SicFinished"]["status"], said["SicFinished"]["data"]["_1KHz"]) == ("Error", 2.0)
    assert said["CalibrationFinished"]["data"]["offset"] == 0.04
    for each in received:
        hook = hooks[read_notice(each.body).type]
        assert each.headers["X-Webhook-Id"] == hook["id"]
        assert is_signed(each.body, each.headers["X-Webhook-Signature"], hook["secret"])
        assert not is_signed(each.body + b" ", each.headers["X-Webhook-Signature"], hook["secret"])


def test_it_is_tried_again_until_it_is_taken(simulator: Simulator, sink: HttpSink) -> None:
    """The same bytes, until 200; then no more, and the registration stays."""
    made = register(simulator, sink, "InstrumentStatus")
    sink.answers = [Answer(503), Answer(201), Answer(200)]
    simulator.pin("QT100000", online=False)
    received = sink.wait_for(3)
    wait_until(lambda: [each.status for each in simulator.webhooks.attempts] == [503, 201, 200])
    assert len({each.body for each in received}) == 1
    assert [each["id"] for each in call(simulator, "GET")[1]] == [made["id"]]


def test_it_is_given_up_after_five_retries(simulator: Simulator, sink: HttpSink) -> None:
    """Six attempts in all, then the registration is no more and nothing else is sent for it."""
    register(simulator, sink, "InstrumentStatus")
    sink.answer = Answer(500)
    simulator.pin("QT100000", online=False)
    wait_until(lambda: call(simulator, "GET") == (200, []))
    simulator.pin("QT100000", online=True)
    assert [each.status for each in simulator.webhooks.attempts] == [500] * (1 + RETRIES)
    assert json.loads(simulator.webhooks.attempts[0].body)["online"] is False

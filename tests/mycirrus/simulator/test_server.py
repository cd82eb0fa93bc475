"""The simulator over real HTTP: what MyCirrus documents, what it leaves open, and how it fails."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest
import requests

from alertd.model import Source
from alertd.mycirrus.simulator.script import Fleet, Monitor, Story, What
from alertd.mycirrus.simulator.simulator import Simulator, serve

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
START = NOW - timedelta(hours=6)
FLEET = Fleet(
    monitors=(
        Monitor(serial="QT1", name="One"),
        Monitor(serial="QT2", name="Two", stories=(Story(what=What.OFFLINE, at=timedelta(hours=5)),)),
        Monitor(serial="QT3", name="Gone", stories=(Story(what=What.ABSENT, at=timedelta(0)),)),
        Monitor(serial="AQ1", name="Air", type="AirQuality"),
    )
)
RANGES = ("data/monitor/stats", "data/monitor/events", "data/sic", "data/calibrations", "data/calibrations/log")
HOUR_AGO = {"start": "2026-01-10T11:00:00Z", "end": "2026-01-10T12:00:00Z"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(FLEET, clock=lambda: NOW, start_at=START) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


class Caller:
    """Asks with the right key, ten seconds at most."""

    def __init__(self, simulator: Simulator, session: requests.Session) -> None:
        self._simulator = simulator
        self._session = session

    def __call__(
        self, path: str, *serials: str, key: str | None = None, timeout: float = 10, **query: str
    ) -> requests.Response:
        headers = {"X-Api-Key": self._simulator.key if key is None else key}
        params = [*(("instruments", serial) for serial in serials), *query.items()]
        url = f"{self._simulator.base_url}/{path}"
        return self._session.get(url, params=params, headers=headers, timeout=timeout, allow_redirects=False)


@pytest.fixture
def ask(simulator: Simulator, session: requests.Session) -> Caller:
    return Caller(simulator, session)


def test_the_fleet_is_listed_as_documented(ask: Caller) -> None:
    """Every monitor in the account, with the documented parts; one that is not in it is not there."""
    listed = ask("control/instruments").json()
    assert [one["serialNumber"] for one in listed] == ["QT1", "QT2", "AQ1"]
    assert set(listed[0]) == {"type", "serialNumber", "model", "name", "image", "subscription", "position", "feature"}
    assert ask("control/instruments/QT2").json() == listed[1]


def test_status_tells_what_is_and_what_was_last(ask: Caller) -> None:
    """Online or not, and the last SIC and calibration with their spelling on the wire."""
    assert ask("control/instruments/QT2/status").json()["online"] is False
    status = ask("control/instruments/QT1/status").json()
    assert (status["online"], status["measuring"]) == (True, True)
    assert set(status["lastSic"]) == {"time", "status", "_500Hz", "_1KHz", "_8KHz"}
    assert set(status["lastCalibration"]) == {"time", "status", "level", "offset"}


def test_each_source_has_the_documented_keys(ask: Caller, simulator: Simulator) -> None:
    """Field by field as in the vendor's examples, calibrations Capitalised."""
    simulator.oddities.change(serial_in=[])
    simulator.add_record(Source.CALIBRATION_LOG, "QT1", {"user": "Quantum Demo", "message": "Installed"})
    simulator.add_record(Source.EVENTS, "QT1", {"type": "Connection", "end": NOW, "info": "Ethernet"})
    simulator.add_record(Source.CALIBRATIONS, "QT1", {"status": "Success", "level": 93.7, "offset": 0.12})
    for source, example in {
        "current": ask("data/monitor/current", "QT1"),
        "stats": ask("data/monitor/stats", "QT1", **HOUR_AGO),
        "events": ask("data/monitor/events", "QT1", **HOUR_AGO),
        "sic": ask("data/sic", "QT1", start="2026-01-09T12:00:00Z", end="2026-01-10T12:00:00Z"),
        "calibrations": ask("data/calibrations", "QT1", **HOUR_AGO),
        "calibration_log": ask("data/calibrations/log", "QT1", **HOUR_AGO),
    }.items():
        simulator.oddities.change(example=True)
        path = urlsplit(example.url)
        (wanted,) = ask(path.path.removeprefix("/v1/") + "?" + path.query).json()
        simulator.oddities.change(example=False)
        assert set(example.json()[0]) == set(wanted), source


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("data/monitor/current", {}, 400, "MissingParam"),
        ("data/monitor/stats?instruments=QT1", {}, 400, "MissingParam"),
        ("data/sic?instruments=QT1", {"start": "2026-01-10T11:00:00Z"}, 400, "MissingParam"),
        ("data/sic?instruments=QT1", HOUR_AGO | {"start": "noon"}, 400, "MissingParam"),
        ("data/monitor/stats?instruments=QT1", HOUR_AGO | {"start": "2025-12-01T00:00:00Z"}, 400, "MissingParam"),
        ("data/monitor/stats?instruments=QT1", HOUR_AGO | {"end": "2026-01-10T10:00:00Z"}, 400, "MissingParam"),
        ("data/calibrations?instruments=QT1", HOUR_AGO | {"start": "2025-01-10T12:00:00Z"}, 200, None),
        ("data/monitor/current?instruments=QT1&instruments=QT9", {}, 404, "NotFound"),
        ("data/monitor/current?instruments=QT3", {}, 404, "NotFound"),
        ("data/monitor/current?instruments=QT1&instruments=AQ1", {}, 404, "NotFound"),
        ("data/sic?instruments=AQ1", HOUR_AGO, 200, None),
        ("control/instruments/QT9", {}, 404, "NotFound"),
        ("control/instruments/QT1/nothing", {}, 404, "NotFound"),
        ("nowhere", {}, 404, "NotFound"),
    ],
)
def test_a_bad_request_is_refused_as_documented(
    ask: Caller, path: str, query: dict[str, str], status: int, code: str | None
) -> None:
    """With the status, and an error and a description in the body."""
    answer = ask(path, **query)
    assert answer.status_code == status
    if code is not None:
        assert answer.json()["error"] == code
        assert answer.json()["description"]


def test_a_wrong_key_and_a_missing_scope_are_refused(ask: Caller, simulator: Simulator) -> None:
    """401 TokenExpired, 403 AccessDenied."""
    refused = ask("control/instruments", key="wrong")
    assert (refused.status_code, refused.json()["error"]) == (401, "TokenExpired")
    simulator.scopes = frozenset({"instruments:read"})
    assert ask("control/instruments").status_code == 200
    denied = ask("data/monitor/current", "QT1")
    assert (denied.status_code, denied.json()["error"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("style", "asked", "status"),
    [
        ("both", ["QT1", "QT2"], 200),
        ("both", ["QT1,QT2"], 200),
        ("repeat", ["QT1", "QT2"], 200),
        ("repeat", ["QT1,QT2"], 404),
        ("comma", ["QT1,QT2"], 200),
    ],
)
def test_several_serials_are_asked_for_in_the_style_it_takes(
    ask: Caller, simulator: Simulator, style: str, asked: list[str], status: int
) -> None:
    """Repeated, with commas, or either."""
    simulator.oddities.change(array_style=style)
    answer = ask("data/monitor/current", *asked)
    assert answer.status_code == status
    if status == 200:
        assert [one["instrument"] for one in answer.json()] == ["QT1", "QT2"]


@pytest.mark.parametrize(
    ("offline_as", "status", "volts"),
    [("last", 200, "float"), ("null", 200, "None"), ("nan", 200, "nan"), ("omit", 200, "nothing"), ("404", 404, "")],
)
def test_current_of_an_offline_monitor_is_what_it_is_set_to(
    ask: Caller, simulator: Simulator, offline_as: str, status: int, volts: str
) -> None:
    """Its last values, nulls, NaN, nothing, or an error."""
    simulator.oddities.change(offline_as=offline_as)
    answer = ask("data/monitor/current", "QT2")
    assert answer.status_code == status
    if status == 200:
        records = json.loads(answer.text)
        value = records[0]["voltage"] if records else "nothing"
        assert volts in (type(value).__name__, str(value))


def test_last_values_do_not_move(simulator: Simulator) -> None:
    """An offline monitor's last values are the same an hour later."""
    later = NOW + timedelta(hours=1)
    silent = simulator.records.condition("QT2", NOW).silent_since
    assert silent == simulator.records.condition("QT2", later).silent_since == START + timedelta(hours=5)


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({}, ["11:58:00", "11:59:00", "12:00:00"]),
        ({"order": "desc"}, ["12:00:00", "11:59:00", "11:58:00"]),
        ({"end_inclusive": False}, ["11:58:00", "11:59:00"]),
        ({"duplicates": 1}, ["11:58:00", "11:58:00", "11:59:00", "11:59:00", "12:00:00", "12:00:00"]),
    ],
)
def test_order_ends_and_repeats_are_what_they_are_set_to(
    ask: Caller, simulator: Simulator, changes: dict[str, object], times: list[str]
) -> None:
    """None of them is documented."""
    simulator.oddities.change(digits=0, **changes)
    answer = ask("data/monitor/stats", "QT1", start="2026-01-10T11:58:00Z", end="2026-01-10T12:00:00Z")
    assert [one["time"][11:19] for one in answer.json()] == times


@pytest.mark.parametrize(("digits", "ending"), [(0, ":00Z"), (2, ":00.20Z"), (3, ":00.207Z"), (7, ":00.2074970Z")])
def test_times_carry_so_many_digits(ask: Caller, simulator: Simulator, digits: int, ending: str) -> None:
    """0, 2, 3 and 7 are seen in the vendor's examples."""
    simulator.oddities.change(digits=digits)
    at = NOW.replace(hour=11, microsecond=207497)
    simulator.add_record(Source.SIC, "QT1", {"status": "Success"}, at)
    times = [one["time"] for one in ask("data/sic", "QT1", **HOUR_AGO).json()]
    assert any(one.endswith(ending) for one in times)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "status": 500}, 500),
        ({"kind": "status", "status": 429, "retry_after": "7"}, 429),
        ({"kind": "html", "status": 502}, 502),
        ({"kind": "html", "status": 200}, 200),
        ({"kind": "redirect", "location": "http://127.0.0.2:9/"}, 302),
        ({"kind": "garbage"}, 200),
        ({"kind": "strange"}, 200),
        ({"kind": "slow", "seconds": 0.05}, 200),
        ({"kind": "drip", "seconds": 0.0}, 200),
        ({"kind": "truncated"}, None),
        ({"kind": "reset"}, None),
        ({"kind": "hang"}, None),
    ],
)
def test_a_planted_fault_is_met_once_and_then_all_is_well(
    ask: Caller, simulator: Simulator, fault: dict[str, object], status: int | None
) -> None:
    """Each kind, for one request; the next one is answered."""
    simulator.faults.add(**fault, times=1)  # type: ignore[arg-type]  # a kind and its traits
    if status is None:
        with pytest.raises(requests.RequestException):
            ask("data/monitor/current", "QT1", timeout=0.3)
    else:
        answer = ask("data/monitor/current", "QT1")
        assert answer.status_code == status
        assert answer.headers.get("Retry-After") == fault.get("retry_after")
        assert answer.headers.get("Location") == fault.get("location")
    assert ask("data/monitor/current", "QT1").json()[0]["instrument"] == "QT1"


def test_a_fault_can_be_one_instruments_or_one_sources(ask: Caller, simulator: Simulator) -> None:
    """A batch that holds the instrument fails, others do not; mended, all is well."""
    fault = simulator.faults.add("status", status=403, source="current", serial="QT2")
    assert ask("data/monitor/current", "QT1", "QT2").status_code == 403
    assert ask("data/monitor/current", "QT1").status_code == 200
    assert ask("data/sic", "QT2", **HOUR_AGO).status_code == 200
    simulator.faults.remove(fault)
    assert ask("data/monitor/current", "QT1", "QT2").status_code == 200


def test_a_fault_can_be_part_of_the_story(session: requests.Session) -> None:
    """An outage of the API that the fleet file scripts begins and ends by the story's time."""
    now = [START]
    with Simulator(FLEET, clock=lambda: now[0], start_at=START) as simulator:
        simulator.faults.add("status", status=503, at=timedelta(hours=1), lasts=timedelta(hours=1))
        ask = Caller(simulator, session)
        statuses = []
        for hours in (0.5, 1, 1.9, 2):
            now[0] = START + timedelta(hours=hours)
            statuses.append(ask("control/instruments").status_code)
    assert statuses == [200, 503, 503, 200]


def test_requests_are_on_record(ask: Caller, simulator: Simulator) -> None:
    """Who was asked for, by what, and what was answered."""
    ask("data/monitor/current", "QT1", "QT2")
    ask("control/instruments/QT9/status")
    assert [(one.source, one.serials, one.status) for one in simulator.requests] == [
        ("current", ("QT1", "QT2"), 200),
        ("status", ("QT9",), 404),
    ]


def test_readings_held_by_hand_are_answered(ask: Caller, simulator: Simulator) -> None:
    """A test sets a voltage and takes it back; an unknown monitor is a mistake of the test."""
    simulator.pin("QT1", voltage=11.2, measuring=False)
    assert ask("data/monitor/current", "QT1").json()[0]["voltage"] == 11.2
    assert ask("control/instruments/QT1/status").json()["measuring"] is False
    simulator.unpin("QT1")
    assert ask("data/monitor/current", "QT1").json()[0]["voltage"] > 13
    with pytest.raises(KeyError):
        simulator.pin("QT9", voltage=11.2)


def test_an_unknown_oddity_is_named(simulator: Simulator) -> None:
    """A slip in a test does not pass unseen."""
    with pytest.raises(AttributeError, match="serials_in"):
        simulator.oddities.change(serials_in=["events"])


def test_connections_are_kept_alive(simulator: Simulator) -> None:
    """Two requests on one connection, two answers."""
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as raw:
        request = f"GET /v1/control/instruments/QT1 HTTP/1.1\r\nHost: x\r\nX-Api-Key: {simulator.key}\r\n\r\n".encode()
        for _ in range(2):
            raw.sendall(request)
            assert raw.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("kind", ["status", "html", "redirect", "garbage", "strange", "slow", "drip"])
def test_a_connection_outlives_an_answer_that_came_whole(simulator: Simulator, kind: str) -> None:
    """Nothing told the client that its connection is over, so its next request on it is answered."""
    simulator.faults.add(kind, times=1)
    request = f"GET /v1/control/instruments/QT1 HTTP/1.1\r\nHost: x\r\nX-Api-Key: {simulator.key}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as raw:
        for _ in range(2):
            raw.sendall(request)
            response = HTTPResponse(raw)
            response.begin()
            response.read()
            assert not response.will_close
        assert response.status == 200


def test_it_stops_at_once_also_with_a_request_that_hangs() -> None:
    """No thread is left, and the port is free again."""
    before = set(threading.enumerate())
    simulator = Simulator(FLEET).start()
    simulator.faults.add("hang")
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as raw:
        raw.sendall(b"GET /v1/control/instruments HTTP/1.1\r\nHost: x\r\n\r\n")
        while not simulator.requests:
            time.sleep(0.01)
        simulator.stop()
        assert raw.recv(100) == b""
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()
    Simulator(FLEET, port=simulator.port).stop()


def test_a_taken_port_is_an_error_at_once(simulator: Simulator) -> None:
    """The command can say so before anything runs."""
    with pytest.raises(OSError, match="in use"):
        Simulator(FLEET, port=simulator.port)


def test_serving_answers_until_it_is_interrupted(session: requests.Session) -> None:
    """The command's loop: announced when it answers, and the port is free when it is over."""
    ports = []

    def announce(simulator: Simulator) -> None:
        ports.append(simulator.port)
        assert Caller(simulator, session)("control/instruments").status_code == 200
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve(FLEET, announce, speed=60)
    Simulator(FLEET, port=ports[0]).stop()


def test_a_fast_story_carries_the_times_at_which_it_came_about(session: requests.Session) -> None:
    """At speed 60 the sixth hour's checks are on record after six minutes, and none lies in the future."""
    with Simulator(FLEET, clock=lambda: NOW, start_at=NOW - timedelta(minutes=7), speed=60) as simulator:
        answer = Caller(simulator, session)("data/sic", "QT1", **HOUR_AGO).json()
    times = [one["time"][11:16] for one in answer]
    assert len(times) == 2
    assert times[0] in ("11:53", "11:54")
    assert times[1] in ("11:59", "12:00")

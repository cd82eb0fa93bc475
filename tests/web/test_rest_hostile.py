"""REST: whatever is sent, the answer is one clear error in the one form, and no secret is in it."""

import json
import socket
import time
from typing import Any

import pytest

from tests.support.sockets import read_reply
from tests.support.web import HOSTILE, WebSite

API = "/api/v1"
SECRETS = ("a-secret-key", "a-secret-path")


def refused(answer: Any, *statuses: int) -> str:
    """What the error says: one line, in the one form, without a word of how alertd is made."""
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert found.keys() == {"error", "description"}
    says = str(found["description"])
    assert "\n" not in says
    assert "Traceback" not in says
    assert len(says) < 3000
    return says


PATHS = [
    "/",
    "/nothing",
    "/alerts/",
    "/alerts/..%2f..%2fetc%2fpasswd",
    "/alerts/%00",
    "/alerts/%ff%fe",
    "/alerts/" + "a" * 201,
    "/alerts/<script>alert(1)</script>",
    "/alerts/low/nothing",
    "/instruments/%E2%80%AEevil",
    "/instruments/QT100000/",
    "/instruments/QT100000%00/rules",
    "/deliveries/0",
    "/deliveries/-1",
    "/deliveries/9223372036854775808",
    "/deliveries/1.5",
    "/deliveries/NaN",
    "/deliveries/١",
    "/silences/'; DROP TABLE silences; --",
    "/rules/%0d%0aSet-Cookie:%20x=y",
    "/events/x",
    "/rules/%0a",
]


@pytest.mark.parametrize("path", PATHS)
def test_paths(shared: WebSite, path: str):
    """A path to nothing is 404 or 422, and no header comes of it."""
    answer = shared.get(API + path)
    refused(answer, 404, 422)
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


QUERIES = [
    "/alerts?state=burning",
    "/alerts?state=firing&state=firing&state=firing&state=firing",
    "/alerts?severity=",
    "/alerts?rule=" + "a" * 201,
    "/alerts?limit=99999999999999999999",
    "/samples",
    "/samples?instrument=QT100000",
    "/samples?instrument=QT100000&field=voltage",
    "/samples?instrument=QT100000&field=current.__class__",
    "/samples?instrument=QT100000&field=current.voltage&start=tomorrow",
    "/samples?instrument=QT100000&field=current.voltage&start=1h&end=2h",
    "/samples?instrument=QT100000&field=current.voltage&start=500d",
    "/samples?instrument=QT100000&field=current.voltage&start=99999999w",
    "/samples?instrument=QT100000&field=current.voltage&start=0001-01-01",
    "/samples?instrument=QT100000&field=current.voltage&start=2026-11-24T00:00%2B24:00",
    "/samples?instrument=QT100000&field=current.voltage&step=0s",
    "/samples?instrument=QT100000&field=current.voltage&step=1ms",
    "/samples?instrument=QT100000&field=current.voltage&step=NaN",
    "/samples?instrument=QT100000&field=current.voltage&limit=10001",
    "/why?instrument=QT100000",
    "/why?instrument=QT100000&rule=LowVoltage&at=2099-01-01",
    "/why?instrument=QT100000&rule=LowVoltage&at=" + "9" * 61,
    "/why?instrument=%00&rule=LowVoltage",
    "/why?instrument=QT100000&rule=%3Cscript%3E",
    "/silences?all=perhaps",
    "/silences/preview",
    "/silences/preview?matcher=",
    "/silences/preview?matcher=site%3D~a%2B%2B",
    "/silences/preview?matcher=site%3D~%5B%5B",
    "/silences/preview?" + "&".join(["matcher=a%3Db"] * 51),
    "/silences/preview?matcher=a%3D" + "b" * 1001,
    "/alerts/low/render",
    "/alerts/low/render?channel=sms",
    "/deliveries?state=lost",
]


@pytest.mark.parametrize("path", QUERIES)
def test_queries(shared: WebSite, path: str):
    """A question that is none is refused at once, and says what is wrong."""
    started = time.monotonic()
    refused(shared.get(API + path), 404, 422)
    assert time.monotonic() - started < 5


BODIES: list[Any] = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b'{"for": 2}',
    b'{"for": null, "note": null}',
    b'{"note": ["x"]}',
    b'{"note": NaN}',
    b'{"note": "\\ud800"}',
    b'{"nothing": 1}',
    b'{"__proto__": {}}',
    json.dumps({"note": "x" * 2001}).encode(),
    b"[" * 100_000,
    b'{"a":' * 50_000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_bodies(shared: WebSite, body: bytes):
    """A body that is not what the description says is refused, and nothing is acknowledged."""
    answer = shared.post(f"{API}/alerts/low/ack", data=body, headers={"Content-Type": "application/json"})
    refused(answer, 400, 422)
    assert shared.store.standing.acks(["low"]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"matchers": []},
        {"matchers": "site=x"},
        {"matchers": [1]},
        {"matchers": ["site=x"] * 51},
        {"matchers": ["site=" + "x" * 1000]},
        {"matchers": ["site=~" + "(x" * 400]},
        {"reason": ""},
        {"reason": "x" * 2001},
        {"reason": None},
        {"author": ""},
        {"until_resolved": "yes"},
        {"until_resolved": 1},
        {"for": "99999999w"},
        {"for": "\x00"},
        {"rrule": "FREQ=SECONDLY;" + "BYHOUR=1;" * 60},
        {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
        {"start": "2026-02-30"},
        {"timezone": "../../etc/passwd"},
        {"id": "mine"},
    ],
)
def test_silences(shared: WebSite, change: dict[str, Any]):
    """A silence that is none is refused within a second or two, and none is made."""
    started = time.monotonic()
    asked = {"matchers": ["site=x"], "reason": "works", "for": "2h", **change}
    refused(shared.post(f"{API}/silences", json=asked), 422)
    assert shared.store.standing.silences() == []
    assert time.monotonic() - started < 5


def test_body_too_large(shared: WebSite):
    """More than a megabyte is not even read."""
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as raw:
        head = (f"POST {API}/silences HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 2000000")
        raw.sendall("\r\n".join((*head, "", "")).encode())
        answer = read_reply(raw)
    assert answer.status == 413
    assert answer.json == {"error": "too_large", "description": "the body is too large"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "BREW"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/alerts", "GET"), ("/silences", "GET, POST"), ("/drill", "POST"), ("/alerts/low/ack", "POST")],
)
def test_methods(shared: WebSite, method: str, path: str, allowed: str):
    """A method that a path does not have is refused, with those that it has."""
    answer = shared.ask(method, API + path)
    refused(answer, 405)
    assert answer.headers["allow"] == allowed


def test_hostile_names_are_told_as_they_are(shared: WebSite):
    """A monitor's name is text, in ASCII on the wire, whatever it holds."""
    for path in ("/instruments", "/alerts", "/alerts/strange", "/deliveries", "/alerts/strange/render?channel=teams"):
        answer = shared.get(API + path)
        assert answer.status_code == 200
        assert answer.content.isascii()
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert shared.get(f"{API}/alerts/strange").json()["labels"]["site"] == '<b>"B"</b>'
    assert shared.get(f"{API}/instruments/QT100002").json()["name"] == HOSTILE


def test_no_secret_is_told(site: WebSite):
    """Neither the key nor a target's address is in any answer, a failed drill's too."""
    paths = ["/alerts", "/instruments", "/rules", "/deliveries", "/silences", "/openapi.json", "/alerts/low"]
    said = [site.get(API + path).text for path in paths]
    said.append(site.post(f"{API}/drill", json={"instrument": "QT9"}).text)
    said.append(site.get(f"{API}/alerts?rule=a-secret-key&limit=a-secret-key").text)
    assert [secret for secret in SECRETS for text in said if secret in text] == []

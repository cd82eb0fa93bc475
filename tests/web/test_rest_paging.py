"""REST: pages. Every item comes once, whatever is added meanwhile; a cursor is nobody's way to anything else."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from alertd.model import Severity, State
from tests.support.web import WebSite, alert, minutes

API = "/api/v1"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """One server, with three silences, for tests that change nothing."""
    with WebSite(tmp_path_factory.mktemp("site")) as made:
        for number in range(3):
            body = {"matchers": ["site=x"], "for": "2h", "reason": f"work {number}"}
            assert made.post(f"{API}/silences", json=body).status_code == 201
        yield made


def pages(site: WebSite, path: str, limit: int) -> list[list[Any]]:
    """Every page of a list."""
    found: list[list[Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = site.get(API + path, params={"limit": limit, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        cursor = answer.json()["next"]
        assert len(found) < 50
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/instruments", "serial"),
        ("/alerts", "id"),
        ("/alerts?state=pending&state=firing&state=resolved", "id"),
        ("/rules", "alertname"),
        ("/deliveries", "id"),
        ("/silences", "id"),
    ],
)
def test_pages_are_the_whole(shared: WebSite, path: str, key: str, limit: int):
    """The pages of any size hold each item once, in the order of the whole list."""
    whole = shared.get(API + path, params={"limit": 500}).json()
    assert whole["next"] is None
    cut = pages(shared, path, limit)
    assert [each[key] for page in cut for each in page] == [each[key] for each in whole["items"]]
    assert all(len(page) == limit for page in cut[:-1])
    assert len({each[key] for each in whole["items"]}) == len(whole["items"]) > 0


def test_what_begins_meanwhile_moves_nothing(site: WebSite):
    """A reader who pages through alerts meets each one once, though newer ones begin."""
    site.record(*(_ended(f"old{number:02}", number) for number in range(30)))
    first = site.get(f"{API}/alerts?state=resolved&limit=10").json()
    site.record(_ended("newer", -1000))
    seen = [each["id"] for each in first["items"]]
    cursor = first["next"]
    while cursor is not None:
        page = site.get(f"{API}/alerts?state=resolved&limit=10&cursor={cursor}").json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 31
    assert "newer" not in seen


def _ended(name: str, ago: int) -> Any:
    ended = minutes(-1000 - ago)
    return alert(
        name,
        "Hot",
        f"QT{name}",
        State.RESOLVED,
        Severity.WARNING,
        active_at=ended - timedelta(minutes=5 * (ago // 3)),
        resolved_at=ended,
    )


def cursor_of(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "0",
        "é",
        "WyJ",
        cursor_of(),
        cursor_of(1),
        cursor_of("low", 1),
        cursor_of(None, "low"),
        cursor_of(True, "low"),
        cursor_of(-1, "low"),
        cursor_of(1.5, "low"),
        cursor_of(2**70, "low"),
        cursor_of(2**63 - 1, "low"),
        cursor_of(1, ["low"]),
        base64.urlsafe_b64encode(b"[" * 400).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        "A" * 5000,
    ],
)
def test_cursor_that_is_none(shared: WebSite, cursor: str):
    """What no page gave is refused in one line."""
    for path in ("/alerts", "/alerts?state=resolved"):
        answer = shared.get(API + path, params={"cursor": cursor})
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"] == "invalid"
        assert answer.json()["description"].startswith("cursor: ")


@pytest.mark.parametrize("path", ["/instruments", "/alerts", "/silences", "/rules", "/deliveries"])
def test_cursor_of_another_list(shared: WebSite, path: str):
    """A page is bounded, and the cursor of a samples' page with one number is none of a list of names."""
    for limit in ("0", "501", "-1", "many", "1e3", ""):
        assert shared.get(API + path, params={"limit": limit}).status_code == 422
    if path != "/deliveries":
        assert shared.get(API + path, params={"cursor": cursor_of(7)}).status_code == 422

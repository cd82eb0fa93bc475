"""Three targets, of which one is sick and one is dead: the healthy one does not wait for them."""

import socket
from datetime import datetime, timedelta

import pytest

from tests.support.processes import Site, wait_until
from tests.support.sinks import HANG, Answer, HttpSink

FIRST, SECOND = "QT100000", "QT100001"


@pytest.mark.parametrize("answer", [HANG, Answer(429)], ids=["hung", "429"])
def test_the_healthy_one_does_not_wait(site: Site, answer: Answer):
    """It is told within two seconds of the decision; the sick one hears all in order once it recovers, once."""
    sick = site.stack.enter_context(HttpSink())
    sick.answer = answer
    closed = site.stack.enter_context(socket.socket())  # bound and never listening: whoever calls is refused
    closed.bind(("127.0.0.1", 0))
    targets = [
        {"name": "sick", "url": sick.target("sick"), "timeout": "2s"},
        {"name": "dead", "url": f"json://127.0.0.1:{closed.getsockname()[1]}/dead"},
        {"name": "healthy", "url": site.sink.target("hook")},
    ]
    site.write(receivers=[{"name": "team", "targets": targets}])
    site.run()
    for serial in (FIRST, SECOND):
        site.simulator.pin(serial, voltage=11.0)
    site.wait_told(2)
    sick.wait_for(1)
    site.simulator.pin(FIRST, voltage=12.4)
    site.wait_told(3)
    unheard = len(sick.received)
    sick.answer = Answer()
    wait_until(lambda: len(_delivered(site, "sick")) >= 2)

    healthy = _delivered(site, "healthy")
    assert len(healthy) == 3
    assert all(_instant(row["delivered_at"]) - _instant(row["decided_at"]) < timedelta(seconds=2) for row in healthy)
    heard = [str(each.json["title"]) for each in sick.received[unheard:]]
    # What began and ended while it was away is one message, and nothing old comes after it.
    assert sorted(title.split()[0] for title in heard) == ["[CRITICAL]", "[RESOLVED]"]
    assert [FIRST in title for title in heard if title.startswith("[RESOLVED]")] == [True]
    assert _delivered(site, "dead") == []


def _delivered(site: Site, target: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = site.command("deliveries", "--target", target, "--state", "delivered", "--json").json
    return rows


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)

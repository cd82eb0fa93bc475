"""The page of the sources."""

import socket
from datetime import timedelta
from pathlib import Path

import requests

from alertd.daemon.poller import RoundReport
from alertd.model import Source
from alertd.web.pages.sources import spread
from tests.support.processes import Site, wait_until
from tests.support.visiting import words
from tests.support.web import NOW, WebSite, minutes


def test_how_each_source_answers(site: WebSite):
    """Good, refused in part, failed with its text, off."""
    rounds = site.service.rounds
    rounds.note(RoundReport(source="status", asked=5, answered=4, contained=[("QT1", "404")]), NOW)
    rounds.note(RoundReport(source="current", asked=5, failure="<b>HTTP 500</b>"), minutes(-5))
    text = words(site.get("/sources").text)
    assert "status late 1 min – 4 of 5 1 refused none" in text
    assert "current failed 1 min – 0 of 5 5 min ago: <b>HTTP 500</b>" in text
    assert "stats off" in text
    assert "Nothing is being asked now" in text
    rounds.note(RoundReport(source="current", asked=5, answered=5), NOW)
    assert "5 of 5 5 min ago: <b>HTTP 500</b>" in words(site.get("/sources").text)


def test_how_far_a_source_was_read(tmp_path: Path):
    """The middle of the fleet, and who lags behind."""
    with WebSite(tmp_path, poll={"status": "1m", "sic": "5m"}) as site:
        cursors = {(Source.SIC, f"QT10000{n}"): minutes(-n) for n in range(4)} | {
            (Source.SIC, "QT100004"): minutes(-300)
        }
        site.store.record_round(samples=[], cursors=cursors, alerts=[], transitions=[], now=NOW)
        text = words(site.get("/sources").text)
    assert "2 min ago for most, 5 h ago for QT100004" in text


def test_spread():
    """Newest, middle, oldest; a cursor ahead of the clock counts as now."""
    found = spread({"a": minutes(3), "b": minutes(-2), "c": minutes(-60)}, NOW)
    assert found is not None
    assert (found.newest, found.middle, found.oldest) == (
        timedelta(0),
        timedelta(minutes=2),
        timedelta(minutes=60),
    )
    assert (found.oldest_of, found.monitors) == ("c", 3)
    assert spread({}, NOW) is None


def test_budget_and_breaker_of_a_running_alertd(tmp_path: Path):
    """Requests of the last minute of those that may be made; an endpoint that fails is left alone, and it says why."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free_port = listener.getsockname()[1]
    with Site(tmp_path, http={"listen": f"127.0.0.1:{free_port}"}) as world:
        world.run()
        url = f"http://127.0.0.1:{free_port}/sources"
        wait_until(lambda: "of 6 000" in _words(url) and "current good" in _words(url), story=world.story)
        assert "Nothing is left alone" in _words(url)
        world.simulator.stop()
        wait_until(lambda: "is left alone after" in _words(url), story=world.story)
        wait_until(lambda: "current failed" in _words(url), story=world.story)


def _words(url: str) -> str:
    return words(requests.get(url, timeout=10).text)

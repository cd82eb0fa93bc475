"""`sync: auto` in a real `alertd run`: what the vendor removed, and what the fleet grew by, is registered again."""

from pathlib import Path

import pytest

from alertd.mycirrus.simulator.script import Fleet, Monitor
from alertd.mycirrus.simulator.world import Actor
from tests.support.processes import wait_until
from tests.web.hooked import Hooked

pytestmark = pytest.mark.timeout(180)
FLEET = Fleet(monitors=(Monitor(serial="QT1"), Monitor(serial="QT2")))


def test_the_daemon_heals(tmp_path: Path) -> None:
    """Registered at the start; after a change of the fleet what is missing is made, and others' stay as they are."""
    every = {"status": "1s", "sic": "1h"}
    with Hooked(tmp_path, fleet=FLEET, every=every, webhooks={"sync": "auto", "types": ["SicFinished"]}) as site:
        other = {"type": "SicFinished", "instrument": "QT1", "url": "https://other.example.com/x"}
        foreign = site.simulator.webhooks.register(other)
        daemon = site.run()

        def registered() -> list[str]:
            mine = [each for each in site.simulator.webhooks.all() if each.url == site.url]
            return sorted(each.instrument for each in mine)

        wait_until(lambda: registered() == ["QT1", "QT2"], 60, lambda: daemon.text)
        lost = next(each for each in site.simulator.webhooks.all() if each.url == site.url)
        site.simulator.webhooks.remove(lost.id)
        world = site.simulator.world
        world.actors = {**world.actors, "QT3": Actor(Monitor(serial="QT3"), FLEET, {})}
        wait_until(lambda: registered() == ["QT1", "QT2", "QT3"], 90, lambda: daemon.text)
        assert foreign in site.simulator.webhooks.all()
        again = next(
            each
            for each in site.simulator.webhooks.all()
            if each.url == site.url and each.instrument == lost.instrument
        )
        assert again.id != lost.id
        assert site.send(again) == 200
        daemon.wait_for("webhooks.synced", count=2)


def test_manual_says_what_is_missing(tmp_path: Path) -> None:
    """Once, in the log, with the remedy; and registers nothing."""
    with Hooked(tmp_path) as site:
        daemon = site.run()
        (line,) = daemon.wait_for("webhooks.missing", seconds=60)
        assert "missing=6" in line
        assert "alertd webhooks sync" in line
        assert site.simulator.webhooks.all() == []
        assert {request.method for request in site.simulator.requests} == {"GET"}

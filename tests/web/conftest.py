"""What the tests of the web server share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alertd.mycirrus.simulator.script import plain_fleet
from tests.support.processes import Site, wait_until
from tests.support.readers import TOKENS, USERS, add_probes, with_http
from tests.support.scrapes import Scraped, values
from tests.support.sockets import ask, free_port
from tests.support.visiting import launched
from tests.support.web import WebSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WebSite]:
    """The web server over a store with five monitors, a day of samples, five alerts, three messages."""
    with WebSite(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """The same, one for all tests that change nothing, be it that all they ask for is refused."""
    with WebSite(tmp_path_factory.mktemp("shared")) as made:
        yield made
        assert made.store.changes() == []
        assert made.store.standing.silences() == []
        assert made.sink.received == []


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[WebSite]:
    """A site with users and tokens."""
    with with_http(tmp_path, users=USERS, tokens=TOKENS) as made:
        add_probes(made)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium. No longer than a module, for Playwright's loop would be in the way of others'."""
    with launched() as found:
        yield found


@pytest.fixture(scope="session")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """For the tests of the group `metrics`, which leave it as they found it."""
    port = free_port()
    http = {"listen": f"127.0.0.1:{port}", "metrics_per_instrument": True}
    with Site(tmp_path_factory.mktemp("scraped"), fleet=plain_fleet(3), http=http) as site:
        site.simulator.pin("QT100000", voltage=11.0)
        site.simulator.pin("QT100002", online=False)
        daemon = site.run()
        site.wait_told(1)

        def now() -> dict[str, float]:
            return values(ask(port, "/metrics").text)

        wait_until(lambda: now().get('alertd_deliveries_total{outcome="delivered",target="hook"}', 0) > 0)
        wait_until(lambda: now().get('alertd_instrument_up{instrument="QT100002"}') == 0)
        yield Scraped(site, daemon, port)

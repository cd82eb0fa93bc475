"""/healthz and /readyz: that the process answers, and what is in the way of its work, by name."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alertd import logs
from alertd.clock import monotonic, wall
from alertd.daemon.house import ALIVE_WITHIN, WAITS_AT_MOST, House
from alertd.daemon.service import Service
from alertd.daemon.setup import load_setup
from alertd.daemon.tally import Tally
from alertd.store.store import Store
from alertd.web.app import application
from alertd.web.server import WebServer, bind
from tests.support.processes import Running, Site, wait_until
from tests.support.sockets import Reply, ask, free_port

pytestmark = pytest.mark.xdist_group("health")


def bad(reply: Reply) -> dict[str, str]:
    """The checks that say no, with what they say; the status says the same."""
    found = {name: check["says"] for name, check in reply.json["checks"].items() if not check["ok"]}
    assert reply.status == (503 if found else 200)
    assert reply.json["status"] == ("not ready" if found else "ready")
    return found


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def site(tmp_path: Path, port: int) -> Iterator[Site]:
    with Site(tmp_path, http={"listen": f"127.0.0.1:{port}"}) as made:
        yield made


@dataclass
class Ready:
    """A daemon that is ready; each test leaves it so."""

    site: Site
    daemon: Running
    port: int


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    port = free_port()
    with Site(tmp_path_factory.mktemp("ready"), http={"listen": f"127.0.0.1:{port}"}) as site:
        daemon = site.run()
        wait_until(lambda: ask(port, "/readyz").status == 200)
        yield Ready(site, daemon, port)


def test_ready(ready: Ready):
    """A daemon that has read every source once is ready; each of its checks says how it stands."""
    port = ready.port
    checks = ask(port, "/readyz").json["checks"]
    assert set(checks) == {"store", "scheduler", "poll", "outbox"}
    assert all(check["says"] for check in checks.values())
    assert ask(port, "/readyz", "HEAD").body == b""


def test_no_good_poll_yet(site: Site, port: int):
    """While MyCirrus has not answered, it is alive and not ready, and says which source it waits for."""
    site.simulator.stop()
    site.run()
    wait_until(lambda: ask(port, "/healthz").status == 200)
    assert bad(ask(port, "/readyz"))["poll"].endswith(": no good poll yet")


def test_a_store_that_broke(ready: Ready):
    """A database that does not answer any more is named, as long as it does not; the process is alive all the same."""
    with closing(sqlite3.connect(ready.site.database, isolation_level=None)) as aside:
        aside.execute("ALTER TABLE cursors RENAME TO elsewhere")
        answers = ask(ready.port, "/readyz"), ask(ready.port, "/healthz")
        aside.execute("ALTER TABLE elsewhere RENAME TO cursors")
    said = bad(answers[0])["store"]
    assert "alertd.db" in said
    assert "\n" not in said
    assert answers[1].text == "ok\n"
    wait_until(lambda: ask(ready.port, "/readyz").status == 200)


def test_a_stopped_process_answers_again(ready: Ready):
    """Time in which the whole process stood still is no reason to be restarted once it goes on."""
    ready.daemon.tell(signal.SIGSTOP)
    time.sleep(1)
    ready.daemon.tell(signal.SIGCONT)
    wait_until(lambda: ask(ready.port, "/readyz").status == 200)


# ── what takes longer than a test may ────────────────────────────────────────────────────────────────────────────────


class Later:
    """Clocks that can be set ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def wall(self) -> datetime:
        return wall() + self.ahead

    def monotonic(self) -> float:
        return monotonic() + self.ahead.total_seconds()


@contextmanager
def at_home(site: Site, later: Later, port: int) -> Iterator[Service]:
    """A service of this process behind a real server; its house looks at clocks of its own."""
    logs.configure()
    tally = Tally()
    setup = load_setup(site.path, {})
    with Store.open("sqlite:///alertd.db", base=site.folder, work=True) as store:
        service = Service(store, wall, monotonic, tally=tally)
        listen = setup.settings.http.listen
        assert listen is not None
        service.start(setup)
        web = WebServer(application(House(service, store, tally, later.wall, later.monotonic)), bind(listen))
        web.start()
        try:
            wait_until(lambda: ask(port, "/readyz").status == 200)
            yield service
        finally:
            web.stop()
            service.stop()


def test_a_stuck_scheduler(site: Site, port: int):
    """A scheduler that shows no sign of life is named, with how long it has been quiet."""
    later = Later()
    with at_home(site, later, port) as service:
        running = service._running
        assert running is not None
        running.scheduler.stop()
        later.ahead = timedelta(seconds=ALIVE_WITHIN + 5)
        said = bad(ask(port, "/readyz"))
        assert said["scheduler"].startswith("last sign of life 3")


def test_a_source_that_is_not_read(site: Site, port: int):
    """A source whose last good round is long ago is named, with its time."""
    later = Later()
    with at_home(site, later, port) as service:
        running = service._running
        assert running is not None
        running.scheduler.stop()
        later.ahead = timedelta(minutes=2)
        assert "last good poll" in bad(ask(port, "/readyz"))["poll"]


def test_an_old_outbox(site: Site, port: int):
    """Messages that nobody takes are named once the oldest has waited for long; before that they are no trouble."""
    site.sink.close()
    site.simulator.pin("QT100000", voltage=11.0)
    later = Later()
    with at_home(site, later, port):
        wait_until(lambda: ask(port, "/readyz").json["checks"]["outbox"]["says"].startswith("1 waiting"))
        assert "outbox" not in bad(ask(port, "/readyz"))
        later.ahead = WAITS_AT_MOST + timedelta(seconds=5)
        assert bad(ask(port, "/readyz"))["outbox"].startswith("1 waiting, the oldest for 9")

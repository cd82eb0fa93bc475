"""The service in this process: real threads, store, simulator and sinks; what it does when parts of it fail."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from alertd import logs
from alertd.clock import monotonic, wall
from alertd.daemon.service import Service
from alertd.daemon.setup import load_setup
from alertd.errors import StoreBusy
from alertd.model import TargetHealth
from alertd.store import outbox
from alertd.store.store import Store
from tests.support.processes import LOW_VOLTAGE, Site, wait_until
from tests.support.sinks import HANG, HttpSink

FIRST = "QT100000"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    logs.configure()
    with Site(tmp_path) as made:
        yield made


@pytest.fixture
def store(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An open store that is not as patient with a locked database as in earnest."""
    monkeypatch.setattr("alertd.store.engine._WAIT", 0.1)
    with Store.open("sqlite:///alertd.db", base=site.folder, work=True) as made:
        yield made


@pytest.fixture
def service(store: Store) -> Iterator[Service]:
    made = Service(store, wall, monotonic)
    yield made
    made.stop()


def beats(site: Site) -> int:
    return sum(each.path == "/beat" for each in list(site.sink.received))


def with_heartbeat(site: Site) -> None:
    site.write(heartbeat={"url": f"http://127.0.0.1:{site.sink.port}/beat", "every": "1s"})


def test_no_heartbeat_where_nobody_can_be_told(site: Site, service: Service, store: Store):
    """All targets failing stop the heartbeat; one that works is enough for it."""
    with_heartbeat(site)
    targets = [{"name": name, "url": site.sink.target(name)} for name in ("hook", "mail")]
    site.write(receivers=[{"name": "team", "targets": targets}])
    service.start(load_setup(site.path, {}))
    wait_until(lambda: beats(site) >= 1)
    running = service._running
    assert running is not None
    assert service._reaches_somebody(running, wall())
    dead = TargetHealth(target="hook", failures=5, failing_since=wall())
    _record(store, dead)
    assert service._reaches_somebody(running, wall())
    _record(store, replace(dead, target="mail"))
    assert not service._reaches_somebody(running, wall())


def _record(store: Store, health: TargetHealth) -> None:
    with store._database.writing() as connection:
        outbox.record_health(connection, health)


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Another program keeps everybody from writing while the block runs."""
    other = sqlite3.connect(site.database, isolation_level=None, timeout=20)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


def test_a_reload_that_the_store_refuses_can_be_repeated(site: Site, service: Service):
    """Where the database cannot be written at that moment, nothing runs, and the next try brings all of it to work."""
    service.start(load_setup(site.path, {}))
    site.write_rules({**LOW_VOLTAGE, "alert": "Renamed", "was": ["LowVoltage"]})
    setup = load_setup(site.path, {})
    with locked(site):
        with pytest.raises(StoreBusy):
            service.reload(setup)
        service.refuse_reload({"config.yaml": "config.yaml:1:1: wrong"})
        service.tick()
    site.simulator.pin(FIRST, voltage=11.0)
    service.reload(setup)
    assert "Renamed" in site.wait_told(1)[0]


def test_what_a_reload_cannot_change_is_said(site: Site, service: Service, caplog: pytest.LogCaptureFixture):
    """Another database needs a restart: a warning says so, the rest of the reload counts."""
    service.start(load_setup(site.path, {}))
    site.write(storage={"url": "sqlite:///other.db"})
    site.write_rules({**LOW_VOLTAGE, "alert": "Renamed"})
    service.reload(load_setup(site.path, {}))
    assert "reload.needs_restart" in caplog.text
    site.simulator.pin(FIRST, voltage=11.0)
    assert "Renamed" in site.wait_told(1)[0]
    assert not (site.folder / "other.db").exists()


def test_the_store_fails_and_recovers(site: Site, service: Service, caplog: pytest.LogCaptureFixture):
    """What cannot be written is said once for each source, not each second; when it can, the alert is told."""
    service.start(load_setup(site.path, {}))
    wait_until(lambda: any(each.source == "current" for each in site.simulator.requests))
    with locked(site):
        site.simulator.pin(FIRST, voltage=11.0)
        asked = len(site.simulator.requests)
        wait_until(lambda: len(site.simulator.requests) >= asked + 15)
        failed = [record for record in caplog.records if "store.failed" in str(record.msg)]
        assert 1 <= len(failed) <= 4
    assert site.wait_told(1)
    wait_until(lambda: "store.recovered" in caplog.text)


def test_a_slow_target_holds_up_nobody(site: Site, service: Service):
    """One target hangs: the other is told of all that begins and ends meanwhile."""
    slow = site.stack.enter_context(HttpSink())
    slow.answer = HANG
    targets = [{"name": name, "url": sink.target("hook")} for name, sink in (("slow", slow), ("hook", site.sink))]
    site.write(receivers=[{"name": "team", "targets": targets}])
    service.start(load_setup(site.path, {}))
    for voltage, count in ((11.0, 1), (12.5, 2), (11.0, 3)):
        site.simulator.pin(FIRST, voltage=voltage)
        site.wait_told(count)
    assert len(slow.received) == 1

"""The web server of an `alertd run` with a large fleet and a long past: how long pages take, and what readers cost.

The past is real rows, packed as alertd packs them: every monitor has a record of status, current and stats each hour of
all days, and those whose pages are looked at have one each minute. A store of 5 000 monitors with each minute of 90
days would take 14 GB and hours to make; a page reads one monitor's rows and finds them by an index.
"""

import http.client
import random
import socket
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from alertd.model import Source
from alertd.store import packing
from alertd.store.columns import to_micros
from alertd.store.store import Store
from alertd.store.tracks import Track
from benchmarks import history, past
from benchmarks.child import PATIENCE, Child
from benchmarks.config import write_config
from benchmarks.daemon import Sink, cpu, running
from benchmarks.simulation import Simulation
from benchmarks.table import Table

MONITORS, ALERTS, DAYS = 5_000, 100_000, 90
LOOKED_AT = 3
"""Monitors with a record each minute."""
TIMES = 15
READERS = 50
PAUSE = 1.0
"""Seconds between a reader's answer and the next reload."""
FAULTS = 8
INTERVAL = 5.0
"""Seconds between two polls."""
AT_ONCE = 20_000
"""Rows of history written in one go."""


@dataclass
class Page:
    """What one path takes while nothing else happens."""

    status: int = 0
    took: list[float] = field(default_factory=list)
    """Seconds of each request, as whoever asks has them."""
    cpu: float = 0.0
    """Seconds of CPU at the server, a request."""
    size: int = 0
    """Bytes."""


@dataclass
class WebCosts:
    """Of one fleet."""

    monitors: int
    alerts: int
    days: int
    pages: dict[str, Page] = field(default_factory=dict)
    """By path."""
    alone: list[float] = field(default_factory=list)
    """Seconds from a fault to its message, while nobody reads."""
    beside: list[float] = field(default_factory=list)
    """The same while READERS do."""
    read: list[float] = field(default_factory=list)
    """Seconds of each of their answers; -1 for none."""


def measure(
    monitors: int, alerts: int, days: int, folder: Path, *, faults: int = FAULTS, readers: int = READERS
) -> WebCosts:
    """Fill a store, let a daemon work on it, and read its pages."""
    costs = WebCosts(monitors, alerts, days)
    sink = Sink()
    port = _free_port()
    patience = PATIENCE + monitors / 50
    with Simulation(monitors) as simulation:
        serials = simulation.serials
        config = _config(folder, simulation, "10m", sink, port)
        past.fill(folder, serials, alerts)
        fill_history(folder, serials, days)
        with running(config) as pid:
            _wait_until_ready(port, patience)
            for path in (path.format(alert="past-7", serial=serials[0]) for path in PATHS):
                costs.pages[path] = _ask_often(port, path, pid)
        there = [path for path in READ if costs.pages[path].status == 200]
        _config(folder, simulation, f"{INTERVAL:g}s", sink, port)
        with running(config):
            _wait_until_ready(port, patience)
            costs.alone = list(_delays(simulation, sink, serials[:faults]))
            crowd = Child("benchmarks.readers", str(port), str(readers), f"{PAUSE:g}", *there)
            crowd.hear()
            costs.beside = list(_delays(simulation, sink, serials[faults : 2 * faults]))
            costs.read = crowd.ask("enough")
            crowd.end()
    sink.close()
    return costs


def _config(folder: Path, simulation: Simulation, every: str, sink: Sink, port: int) -> Path:
    config = write_config(folder, simulation, batch=100, poll={"status": every, "current": every}, target=sink.url)
    config.write_text(config.read_text().replace("http: {listen: off}", f'http: {{listen: "127.0.0.1:{port}"}}'))
    return config


PATHS = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
    "/alerts/{alert}",
    "/monitors/{serial}",
    "/monitors/{serial}?span=30d",
    "/rules",
    "/silences",
    "/deliveries",
    "/sources",
    "/api/v2/alerts",
    "/api/v2/silences",
    "/api/v1/instruments",
    "/api/v1/alerts",
)
READ = ("/", "/metrics")
"""What the crowd reads, as far as it is there."""


def tables(costs: WebCosts) -> Iterator[Table]:
    """What pages take, and what the alerting takes beside them."""
    title = f"{costs.monitors:,} monitors, {costs.days} days of records, {costs.alerts:,} past alerts"
    columns = ["path", "status", "CPU ms at the server", "median ms", "longest", "KB"]
    pages = Table(f"Answers of the web server, one after the other: {title}", columns)
    for path, page in costs.pages.items():
        cpu, middle, longest = (f"{value * 1e3:.0f}" for value in (page.cpu, median(page.took), max(page.took)))
        pages.add(path, page.status, cpu, middle, longest, f"{page.size / 1000:.0f}")
    yield pages
    title = f"From a fault to its message, polled each {INTERVAL:g} s, {costs.monitors:,} monitors; seconds"
    delay = Table(title, ["", "median", "longest", "median ÷ alone"])
    alone = median(costs.alone)
    for name, found in (("nobody reads", costs.alone), (f"{READERS} readers reload", costs.beside)):
        delay.add(name, f"{median(found):.2f}", f"{max(found):.2f}", f"{median(found) / alone:.2f}")
    yield delay
    answered = [each for each in costs.read if each >= 0]
    crowd = Table("What the readers had of it", ["answers", "none", "median s", "longest s"])
    middle, longest = (f"{value:.2f}" for value in (median(answered), max(answered))) if answered else ("", "")
    crowd.add(len(answered), len(costs.read) - len(answered), middle, longest)
    yield crowd


def fill_history(folder: Path, serials: Sequence[str], days: int) -> None:
    """Records of all days before today: each hour of every monitor, each minute of those that are looked at."""
    with Store.open("sqlite:///alertd.db", base=folder, work=True):
        pass  # makes the tables where nothing did
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [today - timedelta(days=back) for back in range(days, 0, -1)]
    statement = "INSERT INTO history (day, source, instrument, records, block) VALUES (?, ?, ?, ?, ?)"
    with closing(sqlite3.connect(folder / "alertd.db")) as database:
        database.execute("PRAGMA synchronous = OFF")
        for source in (Source.STATUS, Source.CURRENT, Source.STATS):
            minutes = list(history.a_day(source))
            for start in starts:
                day, rows = (start - datetime(1970, 1, 1, tzinfo=UTC)).days, []
                for each, some in ((1, serials[:LOOKED_AT]), (60, serials[LOOKED_AT:])):
                    track = _track(minutes[::each], start, each)
                    block = packing.pack(track)
                    rows += [(day, source.value, serial, len(track.times), block) for serial in some]
                for first in range(0, len(rows), AT_ONCE):
                    database.executemany(statement, rows[first : first + AT_ONCE])
        database.commit()


def _track(records: Sequence[dict[str, object]], start: datetime, minutes: int) -> Track:
    times = [to_micros(start + timedelta(minutes=minutes * number)) for number in range(len(records))]
    return Track(times, {name: [record[name] for record in records] for name in records[0]})  # type: ignore[misc]


def _delays(simulation: Simulation, sink: Sink, serials: Sequence[str]) -> Iterator[float]:
    """Faults at any time between two polls, each until its message is at the target."""
    for serial in serials:
        time.sleep(random.uniform(0, INTERVAL))
        since = time.monotonic()
        simulation.pin(serial, voltage=4.0)
        yield sink.wait_for(serial, since, 2 * PATIENCE) - since


def _ask_often(port: int, path: str, pid: int) -> Page:
    """One connection, as a browser has it; the first request of a path is not counted."""
    page, used = Page(), 0.0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for number in range(TIMES + 1):
        if number == 1:
            used = cpu(pid)
        began = time.monotonic()
        connection.request("GET", path)
        reply = connection.getresponse()
        page.size = len(reply.read())
        page.took.append(time.monotonic() - began)
        page.status = reply.status
    connection.close()
    page.cpu = (cpu(pid) - used) / TIMES
    del page.took[0]
    return page


def _wait_until_ready(port: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if _ask_once(port, "/readyz") == 200:
                return
        except OSError:
            pass
        if time.monotonic() > until:
            raise RuntimeError("alertd did not become ready")
        time.sleep(0.5)


def _ask_once(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    with closing(connection):
        return connection.getresponse().status


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

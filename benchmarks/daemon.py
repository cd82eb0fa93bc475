"""`alertd run` as a process, seen from outside: its memory, its CPU, and how soon a fault is told."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from benchmarks.child import PATIENCE, ROOT, memory
from benchmarks.config import EVERY_SOURCE, write_config
from benchmarks.simulation import Simulation
from benchmarks.table import Table

QUIET = 3.0
"""Seconds without a request after which every source was read once."""
FAULTS = 10
INTERVAL = 2.0
"""Seconds between two polls while faults are waited for."""


@dataclass(frozen=True)
class Footprint:
    """What a daemon with a whole fleet takes."""

    instruments: int
    before: float
    """MB resident after the first rounds of every source, before a message was sent."""
    most: float
    """MB at the most until then."""
    after: float
    """MB resident after the first message, with apprise loaded."""
    cpu: float
    """Seconds of CPU until every source was read once."""


@dataclass(frozen=True)
class Delays:
    """Seconds from a monitor's reading to its message at the target."""

    first: float
    """Of the process's first message, which loads apprise."""
    later: list[float] = field(default_factory=list)


class Sink:
    """A target that notes when a message came, and whose serial is in it."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._bodies: list[tuple[float, bytes]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """For a target."""
        return f"json://127.0.0.1:{self._server.server_address[1]}/"

    def wait_for(self, serial: str, since: float, seconds: float) -> float:
        """The monotonic time at which a message about this monitor came, after `since`."""
        word = serial.encode()

        def came() -> float | None:
            return next((at for at, body in self._bodies if at >= since and word in body), None)

        with self._arrived:
            if not self._arrived.wait_for(came, seconds):
                raise RuntimeError(f"no message about {serial} within {seconds:g} s")
            at = came()
            assert at is not None
            return at

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with sink._arrived:
                    sink._bodies.append((time.monotonic(), body))
                    sink._arrived.notify_all()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        return Handler


@contextmanager
def running(config: Path) -> Iterator[int]:
    """`alertd run` with this config, while the block lasts; its process's id."""
    with (config.parent / "log").open("w") as log:
        command = [sys.executable, "-m", "alertd.cli.main", "run", "-c", str(config)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            yield process.pid
            if process.poll() is not None:
                raise RuntimeError(f"alertd ended with {process.returncode}: {(config.parent / 'log').read_text()}")
        finally:
            process.terminate()
            process.wait(PATIENCE)


def footprints(sizes: Sequence[int], folder: Path) -> Iterator[Footprint]:
    """A daemon that reads every source of each of these fleets."""
    for size in sizes:
        sink = Sink()
        # What does not come round again leaves its first round's end to be seen; `current` does, for the fault.
        every = dict.fromkeys(EVERY_SOURCE, "1h") | {"current": f"{5 + size // 100}s"}
        with Simulation(size) as simulation:
            config = write_config(folder / f"run-{size}", simulation, poll=every, target=sink.url)
            with running(config) as pid:
                _wait_until_read(simulation)
                before, used = memory(pid), cpu(pid)
                since = time.monotonic()
                simulation.pin(simulation.serials[0], voltage=4.0)
                sink.wait_for(simulation.serials[0], since, PATIENCE + size / 50)
                yield Footprint(size, before["now"], before["most"], memory(pid)["now"], used)
        sink.close()


def delays(folder: Path, faults: int = FAULTS, interval: float = INTERVAL) -> Delays:
    """Faults at any time between two polls of a hundred monitors, each until its message is at the target."""
    sink = Sink()
    found: list[float] = []
    every = {"status": f"{interval:g}s", "current": f"{interval:g}s"}
    with Simulation(100) as simulation:
        config = write_config(folder / "delays", simulation, poll=every, target=sink.url)
        with running(config):
            _wait_for_requests(simulation)
            for serial in simulation.serials[: faults + 1]:
                time.sleep(random.uniform(0, interval))
                since = time.monotonic()
                simulation.pin(serial, voltage=4.0)
                found.append(sink.wait_for(serial, since, PATIENCE) - since)
    sink.close()
    return Delays(found[0], found[1:])


def footprint_table(found: Sequence[Footprint]) -> Table:
    """One line for each fleet."""
    table = Table(
        "`alertd run` with every source, MB resident",
        ["instruments", "before the first message", "at the most", "after it", "CPU s of the first rounds"],
    )
    for each in found:
        table.add(
            f"{each.instruments:,}", f"{each.before:.0f}", f"{each.most:.0f}", f"{each.after:.0f}", f"{each.cpu:.1f}"
        )
    return table


def delay_table(found: Delays, interval: float = INTERVAL) -> Table:
    """One line."""
    table = Table(
        f"From a fault to its message, polled each {interval:g} s, seconds",
        ["first message", "median of the later", "longest of them", "longest allowed: interval + 1"],
    )
    longest = f"{max(found.later):.2f}"
    table.add(f"{found.first:.2f}", f"{median(found.later):.2f}", longest, f"{interval + 1:.2f}")
    return table


def _wait_for_requests(simulation: Simulation) -> None:
    until = time.monotonic() + PATIENCE
    while not simulation.requests()["current"]:
        if time.monotonic() > until:
            raise RuntimeError("alertd asked for nothing")
        time.sleep(0.1)


def _wait_until_read(simulation: Simulation) -> None:
    """Until every source was asked for and nothing more is asked."""
    last, quiet_since = simulation.requests(), time.monotonic()
    while not last.keys() >= EVERY_SOURCE.keys() or time.monotonic() - quiet_since < QUIET:
        time.sleep(0.2)
        now = simulation.requests()
        relevant = {source: count for source, count in now.items() if source != "instruments"}
        if relevant != {source: count for source, count in last.items() if source != "instruments"}:
            quiet_since = time.monotonic()
        last = now


def cpu(pid: int) -> float:
    """Seconds of user and system time that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

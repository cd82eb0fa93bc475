"""`make bench`: measure what alertd costs on this machine, with the simulated MyCirrus in another process."""

import argparse
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import daemon, history, past, polls, replay, start, web, windows
from benchmarks.table import Table

SIZES = (100, 1_000, 10_000)
QUICK_SIZES = (100, 1_000)
RUN_SIZES = (100, 1_000, 2_000)


def main() -> None:
    """Measure and print, one table after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="smaller fleets, fewer rounds: about a minute")
    parser.add_argument("--sizes", help="how many instruments, with commas between")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    sizes = [int(size) for size in arguments.sizes.split(",")] if arguments.sizes else []
    print(f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory(prefix="alertd-bench-") as folder:
        for name in arguments.parts or PARTS:
            for table in PARTS[name](Path(folder), sizes, arguments.quick):
                print(table, flush=True)


def _polls(folder: Path, sizes: list[int], quick: bool) -> Iterator[Table]:
    yield polls.table(list(polls.measure(sizes or (QUICK_SIZES if quick else SIZES), 4 if quick else 10, folder)))


def _past(folder: Path, sizes: list[int], quick: bool) -> Iterator[Table]:
    alerts = 2_000 if quick else 50_000
    yield past.table(*past.measure(sizes[0] if sizes else 1_000, alerts, 4 if quick else 8, folder))


def _history(folder: Path, sizes: list[int], quick: bool) -> Iterator[Table]:
    monitors = sizes[0] if sizes else 10 if quick else history.MONITORS
    yield history.table([history.measure(monitors, folder / "history")])


def _replay(folder: Path, sizes: list[int], quick: bool) -> Iterator[Table]:
    monitors = sizes[0] if sizes else 4 if quick else replay.MONITORS
    yield replay.table(replay.measure(monitors, replay.DAYS, folder / "replay"))


def _windows(_folder: Path, sizes: list[int], quick: bool) -> Iterator[Table]:
    yield from windows.tables(sizes[0] if sizes else 500 if quick else windows.MONITORS)


def _memory(folder: Path, sizes: list[int], quick: bool) -> Iterator[Table]:
    yield daemon.footprint_table(list(daemon.footprints(sizes or (QUICK_SIZES if quick else RUN_SIZES), folder)))


def _delay(folder: Path, _sizes: list[int], quick: bool) -> Iterator[Table]:
    yield daemon.delay_table(daemon.delays(folder, faults=3 if quick else daemon.FAULTS))


def _start(_folder: Path, _sizes: list[int], quick: bool) -> Iterator[Table]:
    yield start.table(start.measure(3 if quick else start.TIMES))


def _web(folder: Path, sizes: list[int], quick: bool) -> Iterator[Table]:
    monitors, alerts, days = (500, 5_000, 30) if quick else (web.MONITORS, web.ALERTS, web.DAYS)
    yield from web.tables(web.measure(sizes[0] if sizes else monitors, alerts, days, folder / "web"))


PARTS: dict[str, Callable[[Path, list[int], bool], Iterator[Table]]] = {
    "polls": _polls,
    "past": _past,
    "history": _history,
    "windows": _windows,
    "replay": _replay,
    "memory": _memory,
    "delay": _delay,
    "start": _start,
    "web": _web,
}

if __name__ == "__main__":
    main()

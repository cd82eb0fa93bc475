"""How long a command takes from its call to its end."""

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

from benchmarks.child import ROOT
from benchmarks.table import Table

COMMANDS = (("--help",), ("--version",), ("alerts", "--help"))
TIMES = 7


def measure(times: int = TIMES) -> list[tuple[str, list[float]]]:
    """Wall seconds of a few commands, and of Python alone."""
    alone = [sys.executable, "-c", ""]
    called = [("python alone", alone)]
    called += [(" ".join(("alertd", *words)), [sys.executable, "-m", "alertd.cli.main", *words]) for words in COMMANDS]
    found: list[tuple[str, list[float]]] = [(name, []) for name, _ in called]
    for _ in range(times):
        for (_, command), (_, seconds) in zip(called, found, strict=True):
            before = time.perf_counter()
            subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
            seconds.append(time.perf_counter() - before)
    return found


def table(found: Sequence[tuple[str, Sequence[float]]]) -> Table:
    """One line for each command."""
    table = Table("Wall time of a command, seconds", ["command", "least", "median"])
    for name, seconds in found:
        table.add(name, f"{min(seconds):.2f}", f"{median(seconds):.2f}")
    return table

"""What a poll of one instrument costs: HTTP, parsing, five rules, state committed; batched and not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.config import ONLY_CURRENT, write_config
from benchmarks.simulation import Simulation
from benchmarks.table import Table
from benchmarks.worker import Costs, Worker, alternate

BATCH = 100
MOST_ALONE = 1_000
ROUNDS = 15


@dataclass(frozen=True)
class PollCosts:
    """Three ways to poll one fleet."""

    instruments: int
    bare_instruments: int
    batch: int
    alertd: Costs
    bare: Costs
    requests: Costs


def measure(sizes: Sequence[int], seconds: float, folder: Path) -> Iterator[PollCosts]:
    """Each size, batched and one at a time; at most about `seconds` for each."""
    for size in sizes:
        with Simulation(size) as simulation:
            for batch in (BATCH, 1):
                here = folder / f"polls-{size}-{batch}"
                config = write_config(here, simulation, batch=batch, poll=ONLY_CURRENT)
                # A single request costs the same in any fleet; a large one's would take minutes.
                bare = simulation.serials[: MOST_ALONE if batch == 1 else size]
                workers = [
                    Worker.alertd(config),
                    Worker.bare("bare", here / "bare", simulation, bare, batch),
                    Worker.bare("requests", here / "requests", simulation, bare, batch),
                ]
                alternate(workers, ROUNDS, seconds)
                yield PollCosts(size, len(bare), batch, *(worker.costs for worker in workers))


def table(found: Sequence[PollCosts]) -> Table:
    """One line for each size and batch."""
    table = Table(
        "CPU of an instrument-poll, µs: least (median) of the rounds; the first round after a start",
        ["instruments", "in batches of", "alertd", "first", "bare loop", "requests alone", "alertd ÷ bare", "peak MB"],
    )
    for each in found:
        table.add(
            f"{each.instruments:,}",
            each.batch,
            _least(each.alertd, each.instruments),
            f"{each.alertd.first / each.instruments * 1e6:.0f}",
            _least(each.bare, each.bare_instruments),
            _least(each.requests, each.bare_instruments),
            f"{min(each.alertd.cpu) / min(each.bare.cpu) * each.bare_instruments / each.instruments:.2f}",
            f"{each.alertd.memory:.0f}",
        )
    return table


def _least(costs: Costs, instruments: int) -> str:
    least, middle = (value / instruments * 1e6 for value in (min(costs.cpu), median(costs.cpu)))
    return f"{least:.0f} ({middle:.0f})" if least >= 100 else f"{least:.1f} ({middle:.1f})"

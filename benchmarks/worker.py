"""One way to poll, in a process of its own; it does one round for each question, and says what that cost.

python -m benchmarks.worker alertd CONFIG
python -m benchmarks.worker bare|requests FOLDER BASE_URL KEY BATCH
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.child import Child, memory
from benchmarks.simulation import Simulation


@dataclass
class Costs:
    """What the rounds of one worker cost."""

    cpu: list[float] = field(default_factory=list)
    """Seconds of user and system time of each round, the first one left out."""
    first: float = 0.0
    """The same of the first round."""
    memory: float = 0.0
    """MB at the most."""


class Worker:
    """A worker as its owner sees it."""

    def __init__(self, *arguments: str) -> None:
        self._child = Child("benchmarks.worker", *arguments)
        self.costs = Costs()

    @classmethod
    def alertd(cls, config: Path) -> "Worker":
        """alertd's own client, judge and store, by this config."""
        return cls("alertd", str(config))

    @classmethod
    def bare(cls, kind: str, folder: Path, simulation: Simulation, serials: Sequence[str], batch: int) -> "Worker":
        """A bare loop over these instruments; kind `requests` only asks."""
        folder.mkdir(exist_ok=True)
        (folder / "serials.json").write_text(json.dumps(serials))
        return cls(kind, str(folder), simulation.base_url, simulation.key, str(batch))

    def round(self, what: str = "poll") -> float:
        """Let it do one round; the CPU seconds it took."""
        answer = self._child.ask(what)
        cpu: float = answer["cpu"]
        if self.costs.first:
            self.costs.cpu.append(cpu)
        else:
            self.costs.first = cpu
        self.costs.memory = answer["memory"]
        return cpu

    def end(self) -> None:
        """Let it end."""
        self._child.end()


def alternate(workers: Sequence[Worker], rounds: int, seconds: float, what: str = "poll") -> None:
    """Let them do rounds in turn, so that all have the same share of a noisy machine; then let them end.

    A first round each, which is counted apart, then one at least, and on to `rounds` while `seconds` last.
    """
    until = float("inf")
    for number in range(rounds + 1):
        for worker in workers:
            worker.round(what)
        if number == 0:
            until = time.monotonic() + seconds
        elif time.monotonic() > until:
            break
    for worker in workers:
        worker.end()


def main(kind: str, *arguments: str) -> None:
    """Answer questions until standard input ends."""
    rounds, close = _alertd(*arguments) if kind == "alertd" else _bare(kind, *arguments)
    for line in sys.stdin:
        before = time.process_time()
        rounds[json.loads(line)]()
        cpu = time.process_time() - before
        print(json.dumps({"cpu": cpu, "memory": memory()["most"]}), flush=True)
    close()


Rounds = dict[str, Callable[[], object]]


def _alertd(config: str) -> tuple[Rounds, Callable[[], None]]:
    from alertd.clock import wall
    from alertd.daemon.compose import compose
    from alertd.daemon.setup import load_setup
    from alertd.daemon.stores import open_for_work
    from alertd.model import Source

    setup = load_setup(Path(config), lean=True)
    store = open_for_work(setup.config)
    parts = compose(setup, store)
    fleet = parts.poller.list_instruments()
    gc.collect()
    gc.freeze()  # as `alertd run` does

    def poll() -> None:
        report = parts.poller.poll(Source.CURRENT)
        if report.failure or report.answered != fleet.answered:
            raise RuntimeError(f"{report.answered} of {fleet.answered} answered: {report.failure}")

    def close() -> None:
        parts.client.close()
        store.close()

    rounds: Rounds = {
        "poll": poll,
        "list": parts.poller.list_instruments,
        "dispatch": lambda: parts.dispatcher.dispatch(wall()),
    }
    return rounds, close


def _bare(kind: str, folder: str, base_url: str, key: str, batch: str) -> tuple[Rounds, Callable[[], None]]:
    from benchmarks.bare import BareLoop

    serials = json.loads((Path(folder) / "serials.json").read_text())
    loop = BareLoop(base_url, key, serials, int(batch), Path(folder))
    return {"poll": loop.ask if kind == "requests" else loop.round}, loop.close


if __name__ == "__main__":
    main(*sys.argv[1:])

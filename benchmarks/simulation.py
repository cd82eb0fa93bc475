"""The simulated MyCirrus in a process of its own, so that its work is not counted as alertd's.

`python -m benchmarks.simulation COUNT` serves a plain fleet until its standard input ends; each line there is one
command as JSON, answered by one line.
"""

import json
import sys
from collections import Counter
from types import TracebackType
from typing import Self

from alertd.mycirrus.simulator.script import plain_fleet, serials
from alertd.mycirrus.simulator.simulator import Simulator
from benchmarks.child import Child

FIRST = "QT100000"


class Simulation:
    """A fleet of `count` monitors alike behind HTTP, while the `with` block runs."""

    def __init__(self, count: int) -> None:
        self.serials = serials(FIRST, count)
        self._child = Child("benchmarks.simulation", str(count))
        greeting = self._child.hear()
        self.base_url: str = greeting["base_url"]
        self.key: str = greeting["key"]

    def pin(self, serial: str, **values: object) -> None:
        """From now on this monitor reads so."""
        self._child.ask({"pin": serial, "values": values})

    def unpin(self, serial: str) -> None:
        """From now on this monitor reads as at first."""
        self._child.ask({"unpin": serial})

    def requests(self) -> Counter[str]:
        """How many requests came for each source."""
        return Counter(self._child.ask({"requests": True}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.end()


def serve(count: int) -> None:
    """Serve until standard input ends."""
    simulator = Simulator(plain_fleet(count, FIRST)).start()
    seen: Counter[str] = Counter()
    print(json.dumps({"base_url": simulator.base_url, "key": simulator.key}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        answer: object = True
        if "pin" in command:
            simulator.pin(command["pin"], **command["values"])
        elif "unpin" in command:
            simulator.unpin(command["unpin"])
        else:
            while simulator.requests:
                seen[simulator.requests.popleft().source] += 1
            answer = seen
        print(json.dumps(answer), flush=True)
    simulator.stop()


if __name__ == "__main__":
    serve(int(sys.argv[1]))

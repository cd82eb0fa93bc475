"""The simulator as one object: a scripted fleet behind a real HTTP server that speaks MyCirrus's API."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from alertd.clock import Clock, wall
from alertd.model import Source
from alertd.mycirrus.simulator.desk import Desk
from alertd.mycirrus.simulator.oddities import Faults, Oddities
from alertd.mycirrus.simulator.overrides import Overrides
from alertd.mycirrus.simulator.records import Records
from alertd.mycirrus.simulator.script import Fleet
from alertd.mycirrus.simulator.server import KEY, Request, Server, front
from alertd.mycirrus.simulator.webhooks import Webhooks
from alertd.mycirrus.simulator.world import World


class Simulator:
    """MyCirrus for one fleet. The port is taken when it is made; it answers from `start` to `stop`.

    The story starts at `start_at`, by default when it is made, and goes `speed` times as fast as `clock`. With a
    `SimulatedClock` that the reader shares leave `speed` at 1: the clock itself is fast then.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        key: str = KEY,
        clock: Clock = wall,
        start_at: datetime | None = None,
        speed: float = 1.0,
    ) -> None:
        self.fleet = fleet
        self.clock = clock
        self.world = World(fleet, start_at or clock(), speed)
        self.oddities = Oddities()
        self.oddities.change(**fleet.oddities)
        self.faults = Faults(list(fleet.faults))
        self.overrides = Overrides()
        self.records = Records(self.world, self.overrides)
        self.webhooks = Webhooks(self.world, self.records, self.oddities, clock)
        desk = Desk(self.world, self.records, self.oddities, self.webhooks, clock)
        self._front = front(desk, clock, self.world.tempo.story, self.faults, key)
        self._server = Server((host, port), self._front)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="simulator", daemon=True)

    @property
    def base_url(self) -> str:
        """For `mycirrus.base_url`."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/v1"

    @property
    def port(self) -> int:
        """The port it listens at."""
        return self._server.server_address[1]

    @property
    def key(self) -> str:
        """The only key that is not refused; may be changed."""
        return self._front.key

    @key.setter
    def key(self, key: str) -> None:
        self._front.key = key

    @property
    def scopes(self) -> frozenset[str]:
        """What the key allows; may be changed."""
        return self._front.scopes

    @scopes.setter
    def scopes(self, scopes: frozenset[str]) -> None:
        self._front.scopes = scopes

    @property
    def requests(self) -> deque[Request]:
        """Every request that came (the newest ten thousand); clear it at will."""
        return self._front.requests

    def pin(self, serial: str, **values: object) -> None:
        """From now on this monitor reads so: `voltage=11.2`, `online=False`, and the like.

        Raises:
            KeyError: no such monitor.
        """
        self.overrides.pin(self.world.actors[serial].monitor.serial, self.clock(), values)

    def unpin(self, serial: str) -> None:
        """From now on this monitor follows its script again."""
        self.overrides.unpin(serial, self.clock())

    def add_record(self, source: Source, serial: str, fields: Mapping[str, object], at: datetime | None = None) -> None:
        """One more record of a range source, fields spelt as on the wire; made now where no time is given."""
        self.overrides.add_record(source, serial, at or self.clock(), fields)

    def start(self) -> Self:
        """Answer requests, in threads of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End every connection, also those that hang, and give the port back."""
        self.webhooks.stop()
        if self._thread.is_alive():
            self._server.end()
            self._thread.join()
        else:
            self._server.server_close()

    def wait(self) -> None:
        """Until it is stopped from elsewhere, or KeyboardInterrupt."""
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    fleet: Fleet, announce: Callable[[Simulator], None], *, port: int = 0, key: str = KEY, speed: float = 1.0
) -> None:
    """Be MyCirrus on the real clock until KeyboardInterrupt; `announce` is called once it answers.

    With a `speed` the story is told that much faster, and its records carry the real times at which they came about.

    Raises:
        OSError: the port is taken.
    """
    with Simulator(fleet, port=port, key=key, speed=speed) as simulator:
        announce(simulator)
        simulator.wait()

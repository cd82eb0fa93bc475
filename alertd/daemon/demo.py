"""`alertd demo`: a simulated day, fast, through all the real parts.

A simulated MyCirrus answers over HTTP; poller, rules, store, dispatcher and deliverer are those of `alertd run`, driven
by the timetable; messages leave over sockets and arrive at sinks. Only the clock and the far ends are made up.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alertd.clock import Monotonic, monotonic
from alertd.daemon.compose import Parts, compose
from alertd.daemon.demo_channels import LoopbackChannels
from alertd.daemon.demo_sinks import Arrived, sinks
from alertd.daemon.demo_site import write_site
from alertd.daemon.poller import RoundReport
from alertd.daemon.setup import load_setup
from alertd.daemon.stores import open_for_work
from alertd.daemon.timetable import Timetable
from alertd.model import Alert, Transition
from alertd.mycirrus.simulator.script import Fleet
from alertd.mycirrus.simulator.simulator import Simulator

STEP = timedelta(minutes=1)
"""The demo's clock goes in steps of this: what happens within one is polled and told at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Something happened to an alert."""

    alert: Alert
    transition: Transition


Show = Callable[[datetime, Turn | Arrived], None]


class StepClock:
    """A clock that stands still until it is moved; `speed` is how much faster than the real one it may go."""

    def __init__(self, start: datetime, speed: float, real: Monotonic = monotonic) -> None:
        self._now = self._start = start
        self._speed = speed
        self._real = real
        self._origin = real()

    def __call__(self) -> datetime:
        """The demo's time now."""
        return self._now

    def monotonic(self) -> float:
        """The demo's seconds."""
        return (self._now - self._start).total_seconds()

    def step(self, stop: threading.Event) -> None:
        """Go on by one step as soon as its time has come; at once where `stop` is set."""
        due = (self.monotonic() + STEP.total_seconds()) / self._speed
        stop.wait(max(0.0, due - (self._real() - self._origin)))
        self._now += STEP


class Demo:
    """The parts at work; made by `open_demo`."""

    def __init__(self, parts: Parts, clock: StepClock, arrived: list[Arrived], show: Show) -> None:
        self._parts = parts
        self._clock = clock
        self._arrived = arrived
        self._show = show
        self._timetable = Timetable(parts, heard=self._hear)

    def run(self, lasts: timedelta, stop: threading.Event) -> None:
        """Live for so long in real time, or until `stop`."""
        end_at = monotonic() + lasts.total_seconds()
        while not stop.is_set() and monotonic() < end_at:
            self._timetable.run_due(self._clock())
            self._show_arrived()
            self._clock.step(stop)

    def alerts(self) -> list[Alert]:
        """Every alert that there was, newest first."""
        return self._parts.store.alerts()

    def _hear(self, report: RoundReport) -> None:
        for transition in report.transitions:
            alert = self._parts.store.alert(transition.alert_id)
            if alert is not None:
                self._show(self._clock(), Turn(alert=alert, transition=transition))

    def _show_arrived(self) -> None:
        arrived, self._arrived[:] = list(self._arrived), []
        for each in arrived:
            self._show(self._clock(), each)


@contextmanager
def open_demo(folder: Path, fleet: Fleet, now: datetime, speed: float, show: Show) -> Iterator[Demo]:
    """Put everything together in an empty folder; the demo's day begins at `fleet.opening(now)`."""
    clock = StepClock(fleet.opening(now), speed)
    arrived: list[Arrived] = []
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator(fleet, clock=clock))
        mail_port, hook_port = stack.enter_context(sinks(arrived.append))
        path = write_site(folder, fleet, base_url=simulator.base_url, api_key=simulator.key, mail_port=mail_port)
        setup = load_setup(path, {})
        store = stack.enter_context(open_for_work(setup.config))
        channels = LoopbackChannels(setup.addresses, hook_port)
        parts = compose(setup, store, clock=clock, monotonic=clock.monotonic, channels=channels)
        stack.callback(parts.client.close)
        yield Demo(parts, clock, arrived, show)

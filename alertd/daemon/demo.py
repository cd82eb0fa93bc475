"""`alertd demo`: a simulated day, fast, through all the real parts.

A simulated MyCirrus answers over HTTP; poller, rules, store, dispatcher and deliverer are those of `alertd run`, driven
by the timetable; messages leave over sockets and arrive at sinks; the web server shows how it stands, as ever. Only the
clock and the far ends are made up.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alertd.clock import Monotonic, monotonic
from alertd.config.forms import Address
from alertd.daemon.compose import compose
from alertd.daemon.demo_channels import LoopbackChannels
from alertd.daemon.demo_sinks import Arrived, sinks
from alertd.daemon.demo_site import ADDRESSEES, write_site
from alertd.daemon.demo_stage import Stage
from alertd.daemon.house import House
from alertd.daemon.rounds import RoundReport
from alertd.daemon.setup import load_setup
from alertd.daemon.stores import open_for_work
from alertd.daemon.tally import Tally
from alertd.daemon.timetable import Timetable
from alertd.model import Alert, Source, State, Transition
from alertd.mycirrus.simulator.script import Fleet
from alertd.mycirrus.simulator.simulator import Simulator
from alertd.web.app import application
from alertd.web.server import WebServer, bind

STEP = timedelta(minutes=1)
"""The demo's clock goes in steps of this: what happens within one is polled and told at its end."""

SECOND = timedelta(seconds=1)

_ORDER = [each.channel for each in ADDRESSEES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Something happened to an alert."""

    alert: Alert
    transition: Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """How things stand at a full hour."""

    monitors: int
    online: int
    firing: int
    lowest: str
    """The serial of the monitor with the lowest supply voltage; empty where none is known."""
    volts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One alert that fired, and which targets were told: that it began, and that it ended."""

    alert: Alert
    told: tuple[str, ...]
    told_its_end: tuple[str, ...]


Show = Callable[[datetime, Turn | Arrived | Hour], None]


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

    def follow(self, stop: threading.Event) -> None:
        """Go on by a second after a real one, as fast as life; does not where `stop` is set."""
        if not stop.wait(SECOND.total_seconds()):
            self._now += SECOND


class Demo:
    """The parts at work; made by `open_demo`."""

    def __init__(self, stage: Stage, clock: StepClock, arrived: list[Arrived], show: Show, address: str) -> None:
        self.address = address
        """Of its pages."""
        self._parts = parts = stage.parts
        self._stage = stage
        self._clock = clock
        self._arrived = arrived
        self._show = show
        self._timetable = Timetable(parts, heard=self._hear)
        self.failures: list[str] = []
        """Rounds and deliveries that failed; a sound demo has none."""

    def run(self, lasts: timedelta, stop: threading.Event) -> None:
        """Live for so long in the demo's time, or until `stop`."""
        end_at = self._clock() + lasts
        while not stop.is_set() and self._clock() < end_at:
            now = self._clock()
            self._live(now)
            if now.minute == 0:
                self._show(now, self._hour())
            self._clock.step(stop)

    def stay(self, stop: threading.Event) -> None:
        """Live on as fast as life until `stop`, for whoever looks at its pages and acts there."""
        while not stop.is_set():
            self._live(self._clock())
            self._clock.follow(stop)

    def _live(self, now: datetime) -> None:
        self._stage.live()
        attempts = self._timetable.run_due(now)
        self.failures += [attempt.error for attempt in attempts if not attempt.delivered]
        self._show_arrived(now)

    def stories(self) -> list[Story]:
        """Every alert that fired, in the order they began, and who was told of it."""
        alerts = [alert for alert in self._parts.store.alerts() if alert.fired_at is not None]
        told = self._parts.store.told([alert.id for alert in alerts])
        return [
            Story(
                alert=alert,
                told=tuple(each.target for each in told if each.alert_id == alert.id and each.firing_at),
                told_its_end=tuple(each.target for each in told if each.alert_id == alert.id and each.ended_at),
            )
            for alert in sorted(alerts, key=lambda alert: (alert.fired_at or alert.active_at, alert.subject))
        ]

    def _hear(self, report: RoundReport) -> None:
        self._stage.hear(report)
        if report.failure:
            self.failures.append(f"{report.source}: {report.failure}")
        for transition in report.transitions:
            alert = self._parts.store.alert(transition.alert_id)
            if alert is not None:
                self._show(self._clock(), Turn(alert=alert, transition=transition))

    def _show_arrived(self, now: datetime) -> None:
        arrived, self._arrived[:] = list(self._arrived), []
        for each in sorted(arrived, key=lambda each: _ORDER.index(each.channel)):
            self._show(now, each)

    def _hour(self) -> Hour:
        newest = self._parts.store.newest()
        volts = {
            sample.instrument: sample.values.get("voltage") for sample in newest if sample.source is Source.CURRENT
        }
        known = {serial: value for serial, value in volts.items() if isinstance(value, int | float)}
        lowest = min(known, key=lambda serial: known[serial], default="")
        statuses = [sample.values.get("online") for sample in newest if sample.source is Source.STATUS]
        return Hour(
            monitors=len(statuses),
            online=statuses.count(True),
            firing=sum(alert.state is State.FIRING for alert in self._parts.store.active_alerts()),
            lowest=lowest,
            volts=known.get(lowest, 0.0),
        )


@contextmanager
def open_demo(folder: Path, fleet: Fleet, now: datetime, speed: float, show: Show) -> Iterator[Demo]:
    """Put everything together in an empty folder; the demo's day begins at `fleet.opening(now)`."""
    clock = StepClock(fleet.opening(now), speed)
    arrived: list[Arrived] = []
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator(fleet, clock=clock))
        mail_port, hook_port = stack.enter_context(sinks(arrived.append))
        listener = stack.enter_context(bind(Address("127.0.0.1", 0)))
        listen = f"127.0.0.1:{listener.getsockname()[1]}"
        path = write_site(
            folder, fleet, base_url=simulator.base_url, api_key=simulator.key, mail_port=mail_port, listen=listen
        )
        setup = load_setup(path, {})
        store = stack.enter_context(open_for_work(setup.config))
        channels = LoopbackChannels(setup.addresses, hook_port)
        tally = Tally()
        parts = compose(setup, store, clock=clock, monotonic=clock.monotonic, channels=channels, tally=tally)
        stack.callback(parts.client.close)
        stage = Stage(parts, clock, clock.monotonic, tally)
        web = WebServer(application(House(stage, store, tally, clock, clock.monotonic)), listener)
        web.start()
        stack.callback(web.stop)
        yield Demo(stage, clock, arrived, show, f"http://{listen}/")

"""The wall clock is set while alertd watches: it is told, and no timer counts the step."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alertd.daemon.clockwatch import ClockWatch
from alertd.daemon.own_alerts import OwnAlerts
from alertd.model import State
from alertd.store.store import Store
from tests.support.world import NewWorld, told

OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "for": "10m"}
MINUTE = timedelta(minutes=1)


@dataclass
class Clocks:
    """Two clocks that a test moves, and what alertd keeps by them."""

    store: Store
    wall: datetime = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)
    boot: float = 1000.0

    def __post_init__(self) -> None:
        self.own = OwnAlerts(self.store, lambda: self.wall, lambda: None)
        self.watch = ClockWatch(lambda: self.wall, lambda: self.boot)

    def look(self, seconds: float = 1.0, step: float = 0.0) -> float:
        """So much time passes, and the wall clock is set by so much; what was noticed, in seconds."""
        self.boot += seconds
        self.wall += timedelta(seconds=seconds + step)
        noticed = self.watch.look().total_seconds()
        self.watch.tell(self.own)
        return noticed

    def firing(self) -> list[str]:
        return [alert.explanation for alert in self.store.alerts(states=[State.FIRING])]


@pytest.fixture
def clocks(tmp_path: Path) -> Iterator[Clocks]:
    """An hour like any other, with a store of its own."""
    with Store.open("sqlite:///alertd.db", base=tmp_path, work=True) as store:
        yield Clocks(store)


@pytest.mark.parametrize(
    ("seconds", "step", "noticed", "words"),
    [
        (1, 0, False, []),
        (1, 1.5, False, []),
        (1, 30, True, []),
        (1, 3600, True, ["the wall clock was set forward by 1 h"]),
        (1, -90, True, ["the wall clock was set back by 1 min 30 s"]),
        (5, -90, True, ["the wall clock was set back by 1 min 30 s"]),
        (3600, 0, False, []),
        (3600, 3600, True, []),
    ],
)
def test_what_is_noticed_and_what_is_told(
    clocks: Clocks, seconds: float, step: float, noticed: bool, words: list[str]
) -> None:
    """Over two seconds is noticed, over a minute is told; a long sleep is no step."""
    clocks.look()
    assert clocks.look(seconds, step) == pytest.approx(step if noticed else 0)
    assert clocks.firing() == words
    assert clocks.watch.unsettled == bool(words)


def test_it_ends_after_ten_minutes_whatever_the_wall_clock_says(clocks: Clocks) -> None:
    """A second step while it fires is the same alert, with its ten minutes from there on."""
    clocks.look(1, 3600)
    clocks.look(5)
    clocks.look(5, -3600)
    assert clocks.firing() == ["the wall clock was set back by 1 h"]
    clocks.look(599)
    assert len(clocks.firing()) == 1
    clocks.look(1)
    assert clocks.firing() == []
    assert not clocks.watch.unsettled


def test_a_new_process_ends_what_another_began(clocks: Clocks) -> None:
    """Killed while the alert fires: the next process ends it, ten minutes after its start."""
    clocks.look(1, 3600)
    clocks.watch = ClockWatch(lambda: clocks.wall, lambda: clocks.boot)
    clocks.watch.take_over(clocks.own)
    clocks.look(599)
    assert len(clocks.firing()) == 1
    clocks.look(1)
    assert clocks.firing() == []


@pytest.mark.parametrize(("at", "step", "fires"), [("3m", 2 * MINUTE, "13m"), ("5m", -3 * MINUTE, "8m")])
def test_no_for_counts_a_step(world: NewWorld, at: str, step: timedelta, fires: str) -> None:
    """Ten observed minutes are ten minutes, though the wall clock was set forward or back meanwhile."""
    w = world(OFFLINE)
    w.at("0m").online("QT1", False).at(at).clock_steps(step)
    w.expect(told("mail", "first", at=fires))
    w.run(until="20m")


def test_no_for_counts_a_sleep(world: NewWorld) -> None:
    """The process stood still for twenty minutes, as with a sleeping machine: they were not observed."""
    w = world(OFFLINE)
    w.at("0m").online("QT1", False).at("5m").stopped_for("20m")
    w.expect(told("mail", "first", at="31m"))
    w.run(until="40m")

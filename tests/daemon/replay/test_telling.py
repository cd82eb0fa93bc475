"""A replay of what a daemon recorded says what that daemon said: the same alerts, the same messages."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.daemon.replay.replay import Asked, replay
from alertd.model import State
from alertd.notify.silences import Silence
from tests.support.world import LOW_VOLTAGE, START, World

MakeWorld = Callable[..., World]

OFFLINE = {"alert": "Offline", "when": "not status.online", "for": "2m", "severity": "critical"}
WARM = {
    "alert": "Warm",
    "levels": {
        "warning": {"when": "current.temp > 60", "for": "5m"},
        "critical": {"when": "current.temp > 80", "until": "current.temp < 70"},
    },
}
SIC = {"alert": "SicFailed", "when": 'sic.status != "Success"', "severity": "critical"}


class Silent:
    """Nobody watches."""

    def show(self, what: str, done: int, total: int) -> None:
        pass


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    made: list[World] = []

    def make(*rules: dict[str, object], **more: object) -> World:
        made.append(World(tmp_path, *rules, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for world in made:
        world.close()


def compare(world: World, lasts: str) -> list[tuple[str, str, str]]:
    """Live through it, replay it, and compare; returns what was told."""
    world.run_to(lasts)
    told = [(each.target, each.reason, each.at, each.text.splitlines()[0]) for each in world.heard]
    alerts = {a.id: a for a in world.store.alerts(states=list(State)) if a.fired_at is not None}
    end = world.now - timedelta(minutes=1)
    asked = Asked(config=world.parts.setup.config, start=START, end=end, source="store")
    outcome = replay(asked, Silent(), {}, now=end).outcome
    replayed = [
        (m.target, m.reason.value, f"{(m.decided_at - START) // timedelta(minutes=1)}m", m.message.title)
        for m in outcome.messages
    ]
    assert replayed == told
    seen = {a.id: a for a in outcome.alerts if a.fired_at is not None}
    assert seen.keys() == alerts.keys()
    for alert_id, alert in alerts.items():
        again = seen[alert_id]
        assert (again.state, again.severity, again.active_at, again.fired_at, again.resolved_at, again.labels) == (
            alert.state,
            alert.severity,
            alert.active_at,
            alert.fired_at,
            alert.resolved_at,
            alert.labels,
        )
    assert outcome.failures == []
    return [each[:3] for each in told]


def test_an_evening(make_world: MakeWorld) -> None:
    """Pending times, group_wait, reminders and endings come at the same minutes, with the same words."""
    world = make_world(
        {**LOW_VOLTAGE, "for": "3m"},
        WARM,
        serials=("QT1", "QT2", "QT3"),
        route={"group_wait": "2m", "repeat_max": "8h"},
    )
    world.at("1m").voltage("QT1", 11.2).at("20m").voltage("QT1", 12.4)
    world.at("40m").voltage("QT2", 11.0).at("5h").voltage("QT2", 12.0)
    world.at("2h").value("QT3", "temp", 65.0).at("3h").value("QT3", "temp", 85.0).at("4h").value("QT3", "temp", 40.0)
    told = compare(world, "6h")
    assert ("mail", "reminder", "285m") in told
    assert len(told) >= 7


def test_failed_sics(make_world: MakeWorld) -> None:
    """Records count at their own time."""
    world = make_world(SIC, poll={"sic": "1m"})
    world.at("10m").sic("QT1", "Error").at("30m").sic("QT1", "Success").at("50m").sic("QT1", "Error")
    assert [reason for _, reason, _ in compare(world, "1h")] == ["first", "all_resolved", "first"]


def test_a_site_goes_down(make_world: MakeWorld) -> None:
    """The cause speaks, its symptoms do not."""
    serials = ("QT1", "QT2", "QT3", "QT4")
    labels = {serial: {"site": "Quarry A"} for serial in serials}
    world = make_world(OFFLINE, LOW_VOLTAGE, serials=serials, instruments={"labels": labels})
    world.at("5m").voltage("QT1", 11.0)
    for serial in serials:
        world.at("30m").online(serial, False).at("90m").online(serial, True)
    told = compare(world, "2h")
    assert ("mail", "first", "30m") in told


def test_flapping(make_world: MakeWorld) -> None:
    """What flaps is told once, and its end once."""
    world = make_world(LOW_VOLTAGE, flapping={"changes": 4, "within": "2h", "quiet": "1h"})
    for minute in range(10, 70, 10):
        world.at(f"{minute}m").voltage("QT1", 11.0).at(f"{minute + 5}m").voltage("QT1", 12.5)
    told = compare(world, "4h")
    assert {"flapping", "flapping_ended"} <= {reason for _, reason, _ in told}


def test_holds(make_world: MakeWorld) -> None:
    """Silences on record and quiet hours hold messages as they did."""
    quiet = {"times": [{"start_time": "16:00", "end_time": "17:00"}], "mode": "defer"}
    receivers = [
        {"name": "team", "targets": [{"name": "mail", "url": "json://127.0.0.1:9/mail"}], "quiet_hours": quiet}
    ]
    world = make_world(LOW_VOLTAGE, serials=("QT1", "QT2"), receivers=receivers)
    world.at("70m").voltage("QT1", 11.0).at("150m").voltage("QT1", 12.5)
    silence = Silence(
        id="battery",
        matchers=(),
        starts_at=START + timedelta(minutes=170),
        ends_at=START + timedelta(minutes=230),
        reason="battery swap",
        created_at=START,
    )
    world.does(lambda: world.store.standing.add_silence(silence)).at("180m").voltage("QT2", 11.0)
    told = compare(world, "5h")
    assert [reason for _, reason, _ in told] == ["quiet_ended", "all_resolved", "silence_ended"]


def test_unknown_and_gaps(make_world: MakeWorld) -> None:
    """A time without answers neither counts nor ends anything."""
    world = make_world({**LOW_VOLTAGE, "for": "10m"})
    world.at("5m").voltage("QT1", 11.0).at("10m").fails("current").at("30m").heals("current")
    world.at("60m").fails("status").at("80m").heals("status").at("100m").voltage("QT1", 12.5)
    assert [reason for _, reason, _ in compare(world, "2h")] == ["first", "all_resolved"]

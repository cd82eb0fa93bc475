"""Why, as of an earlier time: judged from the stored history, with the alert, the holds and the messages of then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alertd.config.load import load_config
from alertd.daemon.reasons import Reasons
from alertd.daemon.why import why
from alertd.model import Severity, Source, Verdict
from tests.support.world import LOW_VOLTAGE, START, World

B, C, U = Verdict.BREACHED, Verdict.CLEAR, Verdict.UNKNOWN
SLOW = LOW_VOLTAGE | {"for": "10m", "keep_firing_for": "5m"}
LEVELS = {
    "alert": "LowVoltage",
    "levels": {"warning": {"when": "current.voltage < 12"}, "critical": {"when": "current.voltage < 11"}},
}
OFFLINE = {"alert": "MonitorOffline", "when": "not status.online"}


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


def asked(world: World, at: float, rule: str = "LowVoltage", serial: str = "QT1") -> Reasons:
    """Why, so many minutes after the start."""
    config, rules = load_config(world.folder / "config.yaml"), world.parts.setup.rules
    return why(config, world.store, rules, (serial, rule), now=world.now, at=minutes(at))


def short(reasons: Reasons) -> tuple[Verdict, str]:
    return reasons.verdict, reasons.state


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A battery that is flat from minute 5 to minute 40, and silent from minute 20 to minute 25; a while later."""
    world = World(tmp_path_factory.mktemp("lived"), SLOW)
    world.at("5m").voltage("QT1", 11.0).at("20m").fails("QT1").at("25m").heals("QT1").at("40m").voltage("QT1", 12.5)
    world.at("30m").silence('instrument="QT1"', until="35m")
    world.run_to("62m")
    yield world
    world.close()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (-5, (U, "inactive")),
        (2, (C, "inactive")),
        (7, (B, "pending")),
        (16, (B, "firing")),
        (24.5, (U, "firing")),
        (28, (B, "firing")),
        (42, (C, "firing")),
        (60, (C, "resolved")),
    ],
)
def test_verdict_and_state_of_then(lived: World, at: float, expected: tuple[Verdict, str]):
    """Before it began, pending, firing, without data, clear and not over yet, over."""
    assert short(asked(lived, at)) == expected


def test_values_of_then(lived: World):
    """The record that was newest then, with its age then; one that no longer counted is named with why not."""
    seen = asked(lived, 7.5).values["current.voltage"]
    assert (seen.value, seen.measured_at, seen.age) == (11.0, minutes(7), timedelta(seconds=30))
    late = asked(lived, 23.5).values["current.voltage"]
    assert (late.value, late.last, late.measured_at, late.why) == (None, 11.0, minutes(19), "no sign of life")
    assert asked(lived, -5).explanation == "nothing on record of that time"


def test_timers_of_then(lived: World):
    """What of `for` had passed, by the alert's steps."""
    timer = asked(lived, 9).timers[Severity.CRITICAL]
    assert (timer.breached_for, timer.missing) == (timedelta(minutes=4), timedelta(minutes=6))
    assert asked(lived, 28).timers[Severity.CRITICAL].missing == timedelta(0)
    assert asked(lived, 24.5).timers[Severity.CRITICAL].observed_at is None


def test_who_was_told_by_then(lived: World):
    """Messages up to then, and no later ones."""

    def told(at: float) -> dict[str, list[str]]:
        return {target: [each.reason.value for each in all_] for target, all_ in asked(lived, at).told.items()}

    assert told(10) == {}
    assert told(16) == {"mail": ["first"]}
    assert told(61) == {"mail": ["first", "silence_ended", "all_resolved"]}


def test_what_held_it_then(lived: World):
    """The silence of then, which is over now."""
    assert asked(lived, 32).stand.muted_by == ("silence s0",)
    assert asked(lived, 28).stand.muted_by == ()


def test_levels_of_then(tmp_path: Path):
    """The severity of then, in the labels too: by them it was routed."""
    world = World(tmp_path, LEVELS)
    world.at("5m").voltage("QT1", 11.5).at("10m").voltage("QT1", 10.5).at("20m").voltage("QT1", 11.5)
    world.run_to("45m")
    severities = [alert.severity.word for at in (6, 11, 25) if (alert := asked(world, at).alert) is not None]
    assert severities == ["warning", "critical", "warning"]
    alert = asked(world, 11).alert
    assert alert is not None
    assert alert.labels["severity"] == "critical"
    world.close()


def test_a_cause_of_then(tmp_path: Path):
    """What explained it then fires no more."""
    world = World(tmp_path, LOW_VOLTAGE, OFFLINE)
    world.at("5m").voltage("QT1", 11.0).at("10m").online("QT1", False).at("30m").online("QT1", True)
    world.run_to("45m")
    assert asked(world, 20).stand.muted_by == ("cause MonitorOffline/QT1",)
    assert short(asked(world, 20)) == (U, "firing")
    assert asked(world, 40).stand.muted_by == ()
    world.close()


def test_an_api_that_was_gone(tmp_path: Path):
    """Why nothing was known then: MyCirrus gave no answer."""
    world = World(tmp_path, LOW_VOLTAGE)
    world.at("5m").voltage("QT1", 11.0).at("10m").fails("*").at("30m").heals("*")
    world.run_to("45m")
    reasons = asked(world, 20)
    assert short(reasons) == (U, "firing")
    assert "no usable answer" in reasons.values["current.voltage"].why
    assert reasons.stand.muted_by == ("cause ApiUnreachable/MyCirrus API",)
    world.close()


def test_a_check_of_then(tmp_path: Path):
    """A failed check counts until a newer one came, however old; it is found in the history."""
    rule = {"alert": "SicFailed", "when": "sic.status != 'Success'"}
    world = World(tmp_path, rule, poll={"sic": "15m"})
    world.at("3m").sic("QT1", "Error").at("5h").sic("QT1", "Success")
    world.run_to("6h", step="15m")
    assert short(asked(world, 200, "SicFailed")) == (B, "firing")
    seen = asked(world, 200, "SicFailed").values["sic.status"]
    assert (seen.value, seen.measured_at) == ("Error", minutes(3))
    assert short(asked(world, 350, "SicFailed")) == (C, "resolved")
    world.close()


def test_a_record_without_the_value(tmp_path: Path):
    """The newest record counts, though it lacks what an older one has."""
    world = World(tmp_path, LOW_VOLTAGE)
    world.at("5m").voltage("QT1", None).at("10m").voltage("QT1", 12.0)
    world.run_to("45m")
    seen = asked(world, 7).values["current.voltage"]
    assert (seen.value, seen.measured_at, seen.why) == (None, minutes(7), "not given")
    assert world.store.newest_record("QT1", Source.CURRENT, minutes(0), minutes(7)) is not None
    world.close()


def test_windows_of_then(tmp_path: Path):
    """A function over the past looks back from then: its samples, its result; of too few it is unknown."""
    world = World(tmp_path, {"alert": "Mean", "when": 'avg(current.voltage, "20m") < 11.5'})
    world.at("20m").voltage("QT1", 11.0)
    world.run_to("45m")
    (window,) = asked(world, 42, "Mean").levels[0].when.windows
    assert (window.field, window.span, window.samples) == ("current.voltage", timedelta(minutes=20), 20)
    assert window.value == pytest.approx(11.0)
    assert short(asked(world, 42, "Mean")) == (B, "firing")
    (early,) = asked(world, 2, "Mean").levels[0].when.windows
    assert (early.samples, early.value) == (3, None)
    assert early.explanation == "mean voltage of 20 min unknown (3 of about 20 values)"
    world.close()

"""The shipped library over simulated fleets, days long: each rule fires where something is wrong, and nowhere else.

Poller, rules, store and dispatcher are the real ones, and so is the HTTP between them and the simulator.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from alertd.config.files import expand_patterns
from alertd.daemon.compose import compose
from alertd.daemon.setup import load_setup
from alertd.daemon.stores import open_for_work
from alertd.daemon.timetable import Timetable
from alertd.model import State
from alertd.mycirrus.simulator.fleet import DEMO_FLEET, load_fleet
from alertd.mycirrus.simulator.script import Battery, Fleet, Monitor, Power
from alertd.mycirrus.simulator.simulator import Simulator
from alertd.rules.load import load_rules
from alertd.shipped import shipped
from tests.support.fakes import FakeChannels

LIBRARY_FLEET = DEMO_FLEET.with_name("library_fleet.yaml")
START = datetime(2026, 11, 5, 12, tzinfo=UTC)
RULES = {rule.name for rule in load_rules(expand_patterns([str(shipped("rules") / "*.yaml")], Path())[0])}

FIRST_DAY = {
    "QT510001": {"SupplyVoltage", "BatteryFlatByMorning", "MonitorOffline"},
    "QT510003": {"SolarNotCharging"},
    "QT510004": {"ColdBattery"},
    "QT520001": {"HighTemperature"},
    "QT520003": {"MemoryNearlyFull"},
    "QT520004": {"RebootingRepeatedly", "Rebooted"},
    "QT530001": {"MonitorOffline"},
    "QT530002": {"ConnectionFlapping"},
    "QT530003": {"PoorSignal"},
    "QT530004": {"NoNewRecords", "DataGap"},
    "QT530005": {"NotMeasuring"},
    "QT530006": {"SubscriptionNotActive"},
    "QT540001": {"SicFailed"},
    "QT540002": {"SicFailed"},
    "QT540004": {"CalibrationFailed", "CalibrationDrift"},
    "QT540005": {"CalibrationOverdue", "CalibrationDrift"},
}
"""Serial → what fires there, and nothing else."""

FOUR_DAYS = {
    "QT510002": {"SolarBatterySinking", "SolarNotCharging", "BatteryFlatByMorning", "SupplyVoltage"},
    "QT520002": {"DiskFilling", "DiskNearlyFull"},
    "QT520005": {"SimRunsOut", "SimQuota"},
    "QT540003": {"SicDrift", "CalibrationShift", "CalibrationDrift"},
}

pytestmark = pytest.mark.timeout(300)


def fired(folder: Path, fleet: Fleet, *, lasts: timedelta, step: timedelta) -> dict[str, set[str]]:
    """Serial → the rules that fired on it. Everything is polled once a step."""
    now = START
    with Simulator(fleet, clock=lambda: now) as simulator:
        setup = load_setup(_config(folder, fleet, simulator, step), {})
        with open_for_work(setup.config) as store:
            parts = compose(
                setup,
                store,
                clock=lambda: now,
                monotonic=lambda: (now - START).total_seconds(),  # noqa: PLW0108 - `now` moves
                channels=FakeChannels(),  # type: ignore[arg-type]
            )
            timetable = Timetable(parts)
            while now < START + lasts:
                timetable.run_due(now)
                now += step
            parts.client.close()
            found: dict[str, set[str]] = {}
            for alert in store.alerts(states=list(State)):
                if alert.fired_at:
                    found.setdefault(alert.subject, set()).add(alert.rule)
            return found


def _config(folder: Path, fleet: Fleet, simulator: Simulator, step: timedelta) -> Path:
    sources = ("status", "current", "stats", "events", "sic", "calibrations")
    config = {
        "mycirrus": {"base_url": simulator.base_url, "api_key": simulator.key, "max_requests_per_minute": 1_000_000},
        "instruments": {"labels": fleet.labels()},
        "poll": dict.fromkeys(sources, f"{step.seconds}s"),
        "rules": [str(shipped("rules") / "*.yaml")],
        "receivers": [{"name": "team", "targets": [{"name": "mail", "url": "json://127.0.0.1:9/"}]}],
        "route": {"receiver": "team"},
        "http": {"listen": "off"},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def some(serials: Collection[str]) -> Fleet:
    """Of the library's fleet only these."""
    fleet = load_fleet(LIBRARY_FLEET)
    return replace(fleet, monitors=tuple(each for each in fleet.monitors if each.serial in serials))


def test_each_rule_has_a_monitor_on_which_it_fires() -> None:
    """A new rule gets a story."""
    expected = FIRST_DAY | FOUR_DAYS
    assert set().union(*expected.values()) == RULES
    assert expected.keys() == {monitor.serial for monitor in load_fleet(LIBRARY_FLEET).monitors}


def test_what_shows_within_a_day(tmp_path: Path) -> None:
    """A dawn, a gap, a hot processor: each fires what is about it, and no more."""
    got = fired(tmp_path, some(FIRST_DAY), lasts=timedelta(hours=20), step=timedelta(minutes=20))
    assert got == FIRST_DAY


def test_what_takes_days_to_show(tmp_path: Path) -> None:
    """A battery that sinks, a disk and a SIM that fill, a microphone that drifts."""
    got = fired(tmp_path, some(FOUR_DAYS), lasts=timedelta(days=3, hours=20), step=timedelta(minutes=30))
    assert got == FOUR_DAYS


def test_a_healthy_fleet_tells_nobody(tmp_path: Path) -> None:
    """On mains, on 24 V, and on a panel in November: two nights, two dawns, and nothing fires."""
    good = Battery(capacity=60, charge=0.9, solar=40, load=6)
    monitors = (
        Monitor(serial="QT1", labels={"power": "mains"}, sim_quota=2000, sim_usage=400),
        Monitor(serial="QT2", labels={"power": "mains", "supply": "24v"}, volts=24, features=("SIC",)),
        Monitor(serial="QT3", labels={"power": "solar"}, power=Power.SOLAR, battery=good, sic_every=timedelta(hours=4)),
        Monitor(serial="QT4", labels={"power": "solar", "supply": "24v"}, power=Power.SOLAR, volts=24, battery=good),
    )
    got = fired(tmp_path, Fleet(monitors=monitors), lasts=timedelta(hours=44), step=timedelta(minutes=20))
    assert got == {}

"""Fleet files: what they may say, and where a mistake is."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from alertd.errors import ConfigError
from alertd.mycirrus.simulator.fleet import DEMO_FLEET, load_fleet
from alertd.mycirrus.simulator.oddities import FaultKind, Oddities
from alertd.mycirrus.simulator.script import What

WHOLE = """\
opens_at: "15:00"
repeat: 24h
oddities: {serial_in: [events], digits: 7, offline_as: "404"}
faults:
  - {kind: status, status: 429, retry_after: "30", source: current, at: 1h, for: 5m}
sites:
  - name: Quarry
    labels: {crew: 7}
    stories:
      - {what: power_lost, at: 1h, for: 2h}
instruments:
  - serial: QT100009
    count: 2
    name: Gate
    site: Quarry
    volts: 24
    labels: {crew: night}
    stories:
      - {what: reading, field: temp, to: 91, at: 30m, rise: 10m, for: 1h}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "fleet.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_fleet_is_what_its_file_says(tmp_path: Path) -> None:
    """Monitors numbered on, their site's stories and labels before their own, faults and oddities."""
    fleet = load_fleet(written(tmp_path, WHOLE))
    first, second = fleet.monitors
    assert (first.serial, first.name, second.serial, second.name) == ("QT100009", "Gate 1", "QT100010", "Gate 2")
    assert first.labels == {"site": "Quarry", "power": "mains", "supply": "24v", "crew": "night"}
    assert [story.what for story in first.stories] == [What.POWER_LOST, What.READING]
    assert first.stories[1].rise == timedelta(minutes=10)
    assert fleet.labels() == {"QT100009": dict(first.labels), "QT100010": dict(second.labels)}
    assert (fleet.opens_at, fleet.repeat) == (time(15), timedelta(hours=24))
    (fault,) = fleet.faults
    assert (fault.kind, fault.status, fault.lasts) == (FaultKind.STATUS, 429, timedelta(minutes=5))
    oddities = Oddities()
    oddities.change(**fleet.oddities)
    assert (oddities.digits, oddities.offline_as, oddities.order) == (7, "404", "asc")


def test_what_happens_again_and_again_is_written_once(tmp_path: Path) -> None:
    """`times` stories, `every` so far apart, alike but for when."""
    text = WHOLE.replace("for: 2h}", "for: 2m, times: 3, every: 30m}")
    first, *_ = load_fleet(written(tmp_path, text)).monitors
    cuts = [story for story in first.stories if story.what is What.POWER_LOST]
    assert [story.at for story in cuts] == [timedelta(minutes=m) for m in (60, 90, 120)]
    assert {story.lasts for story in cuts} == {timedelta(minutes=2)}


@pytest.mark.parametrize(
    ("before", "after", "place", "words"),
    [
        ("what: power_lost", "what: power_cut", "10:16", "power_lost"),
        ("at: 1h, for: 2h", "at: 1 hour", "10:32", "duration"),
        ("repeat: 24h", "repeats: 24h", "2:1", 'did you mean "repeat"'),
        ("site: Quarry", "site: Quary", "15:11", 'no site "Quary"'),
        ("serial: QT100009", "serial: QTX", "12:13", "digit"),
        ("field: temp, ", "", "19:9", '"field"'),
        ("what: power_lost", "what: power_lost, to: 4", "10:9", "for a reading"),
        ("field: temp", "field: temperature", "19:32", "temp"),
        ("at: 30m", "at: 30m, times: 3", "19:9", "how far apart"),
        ("at: 30m", "at: 30m, every: 1h", "19:9", "how often"),
        ('opens_at: "15:00"', "opens_at: teatime", "1:11", "time of day"),
        ("digits: 7", "digits: 5", "3:41", "7"),
        ("instruments:\n", "instruments: []\nextra:\n", "11:14", ""),
        ("opens_at", "sunrise: '19:00'\nopens_at", "1:1", "must rise"),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, before: str, after: str, place: str, words: str) -> None:
    """`file:line:column`, and what is wanted there."""
    path = written(tmp_path, WHOLE.replace(before, after, 1))
    with pytest.raises(ConfigError) as caught:
        load_fleet(path)
    lines = [str(mistake) for mistake in caught.value.mistakes]
    assert any(line.startswith(f"{path}:{place}: ") and words in line for line in lines), lines


def test_two_monitors_of_one_serial_are_a_mistake(tmp_path: Path) -> None:
    """It names the line of the first, also where one was numbered on."""
    path = written(tmp_path, WHOLE + "  - serial: QT100010\n")
    with pytest.raises(ConfigError, match=r':20:13: there is another "QT100010" in line 12'):
        load_fleet(path)


def test_the_demo_has_a_story_of_every_kind_that_a_newcomer_should_see() -> None:
    """Three sites, a dozen monitors; each thing of the list begins and ends within a day."""
    fleet = load_fleet(DEMO_FLEET)
    assert len(fleet.monitors) == 12
    assert len({monitor.site for monitor in fleet.monitors}) == 3
    told = [story for monitor in fleet.monitors for story in monitor.stories]
    wanted = {What.OFFLINE, What.POWER_LOST, What.SIC_FAILS, What.CALIBRATION_FAILS, What.REBOOT, What.STOPS_MEASURING}
    assert wanted <= {story.what for story in told}
    assert {"temp", "simUsage", "mem"} <= {story.field for story in told}
    assert all(story.at + (story.lasts or timedelta(0)) + story.fall <= timedelta(hours=24) for story in told)

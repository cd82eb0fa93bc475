"""What letters carry beside their alerts, from decisions to the words, on the virtual clock."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import LOW_VOLTAGE, World

OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "severity": "warning"}
NewWorld = Callable[..., World]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[NewWorld]:
    made: list[World] = []

    def make(*rules: dict[str, object], **given: Any) -> World:
        made.append(World(tmp_path, *rules, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_site_that_is_down_lists_its_monitors(world: NewWorld) -> None:
    """The first message of a cause names what it explains already then; its ending also names what is over."""
    serials = ("QT1", "QT2", "QT3", "QT4")
    labels = {"labels": {serial: {"site": "Quarry A"} for serial in serials}}
    w = world(OFFLINE, LOW_VOLTAGE, serials=serials, instruments=labels)
    for serial in serials:
        w.at("10m").online(serial, False).at("2h").online(serial, True)
    w.run_to("3h")
    first, over = [each.text for each in w.heard if "SiteDown" in each.text]
    assert first.startswith("[CRITICAL] SiteDown · Quarry A\n")
    assert "explains 4 alerts:\nMonitorOffline: Monitor QT1 (QT1)\n" in first
    assert over.startswith("[RESOLVED] SiteDown · Quarry A\n")
    assert "explains 4 alerts, " in over
    assert "MonitorOffline: Monitor QT4 (QT4) (over)" in over


def test_an_offline_monitor_whose_supply_fell(world: NewWorld) -> None:
    """Its message says from what to what, out of the history."""
    w = world(OFFLINE)
    for number in range(10):
        w.at(f"{number}m").voltage("QT1", 12.1 - number * 0.08)
    w.at("10m").online("QT1", False)
    w.run_to("20m")
    assert "supply voltage fell from 12.1 to 11.4 V in the 12 h before" in w.heard[0].text


def test_a_reminder_says_the_day_and_the_trend(world: NewWorld) -> None:
    """Day 1 is the first 24 hours; the trend is that of the last 24."""
    w = world(LOW_VOLTAGE, route={"repeat_interval": "30h", "repeat_max": "30h"})
    for hour in range(72):
        w.at(f"{hour}h").voltage("QT1", 11.2 - hour * 0.2 / 24)
    w.run_to("62h", step="30m")
    reminders = [each.text for each in w.heard if each.reason == "reminder"]
    assert [text.split("\n\n")[0].split("\n")[1] for text in reminders] == [
        "Reminder: day 2, still falling 0.2 V a day.",
        "Reminder: day 3, still falling 0.2 V a day.",
    ]


def test_an_acknowledged_alert_says_so(world: NewWorld) -> None:
    """Who has it in hand stands in what is told of it beside."""
    w = world(LOW_VOLTAGE, serials=("QT1", "QT2"), route={"group_by": ["alertname"]})
    w.at("10m").voltage("QT1", 11.0).at("20m").ack("LowVoltage", "QT1").at("30m").voltage("QT2", 11.0)
    w.run_to("1h")
    assert "acknowledged by field at 10 Jan 15:20 GMT" not in w.heard[0].text
    assert "acknowledged by field at 10 Jan 15:20 UTC" in w.heard[1].text


def test_a_storm_of_many_parts_is_told_once(world: NewWorld) -> None:
    """Parts of one storm are delivered one by one; afterwards nobody is told again, and each ending is owed."""
    serials = tuple(f"QUARRY-MONITOR-{number:04}" for number in range(1500))
    w = world(LOW_VOLTAGE, serials=serials, route={"group_by": ["instrument"]}, flapping="off")
    w.channels.kinds["mail"] = "teams"
    for serial in serials:
        w.at("5m").voltage(serial, 11.0).at("15m").voltage(serial, 12.4)
    w.run_to("30m", step="5m")
    reasons = [each.reason for each in w.heard]
    assert len(reasons) == 4
    assert reasons == ["first", "first", "all_resolved", "all_resolved"]
    for told in (w.heard[:2], w.heard[2:]):
        assert [each.text.splitlines()[0][-5:] for each in told] == ["(1/2)", "(2/2)"]
        text = "".join(each.text for each in told)
        assert all(serial in text for serial in serials)


def test_a_mail_shows_how_it_came_to_that(world: NewWorld) -> None:
    """A chart of the history comes with the first mail, the reminder and the ending, through the outbox."""
    w = world(LOW_VOLTAGE, route={"repeat_interval": "1h", "repeat_max": "1h"})
    w.channels.kinds["mail"] = "email"
    for minute in range(0, 120, 5):
        w.at(f"{minute}m").voltage("QT1", 12.0 - minute / 40)
    w.at("120m").voltage("QT1", 12.5)
    w.run_to("130m", step="5m")
    mails = [message for _, message, _ in w.channels.taken]
    assert [each.reason for each in w.heard] == ["first", "reminder", "all_resolved"]
    for mail in mails:
        (image,) = mail.images
        assert image.png.startswith(b"\x89PNG")
        assert f'<img src="cid:{image.cid}"' in mail.html
        assert image.alt.startswith("Voltage · Monitor QT1 from 12 V to ")

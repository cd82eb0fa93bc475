"""`alertd alerts`: what keeps an alert from whom, who has it in hand, and what flaps; also beside a daemon."""

import time
from copy import deepcopy
from pathlib import Path

import pytest

from alertd.mycirrus.simulator.script import plain_fleet
from tests.support.processes import LOW_VOLTAGE, Alertd, Site

FIRST, SECOND, THIRD = "QT100000", "QT100001", "QT100002"
OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "severity": "warning"}
HOT = {"alert": "Hot", "when": "current.temp > 70", "severity": "warning"}
ALWAYS = {"times": [{"start_time": "00:00", "end_time": "24:00"}]}
NEVER = {"years": ["1971"]}


def alerts(alertd: Alertd, site: Site, *words: str):
    return alertd("alerts", "--json", *words, "-c", site.path).json


def muted(alertd: Alertd, site: Site) -> dict[str, list[str]]:
    """RULE/SERIAL → what holds it."""
    return {f"{each['alertname']}/{each['subject']}": each["muted_by"] for each in alerts(alertd, site)}


def poll(alertd: Alertd, site: Site, **pinned: float) -> None:
    for name, value in pinned.items():
        site.simulator.pin(FIRST, **{name: value})
    assert alertd("poll", "-c", site.path).code == 0


def test_nothing_holds_it(polled: Site, alertd: Alertd):
    """An ordinary alert: nothing, nobody, no flapping."""
    (alert,) = alerts(alertd, polled)
    assert (alert["muted_by"], alert["acknowledged"], alert["flapping"], alert["changes"]) == ([], None, False, 0)
    assert len(alert["id"]) == 12
    assert [each["id"] for each in alerts(alertd, polled, "--all")] == [alert["id"]]


def test_silences(polled: Site, alertd: Alertd):
    """Every silence that is on and matches, by its id; one that is yet to come is none."""
    ids = [
        alertd("silence", "add", *words, "--reason", "x", "-c", polled.path).out.strip()
        for words in (
            ["alertname=LowVoltage", "--for", "1h"],
            ["severity=critical", "--for", "1h"],
            ["instrument=QT1", "--for", "1h"],
            ["instrument=~.*", "--start", "1h", "--for", "1h"],
        )
    ]
    assert muted(alertd, polled) == {f"LowVoltage/{FIRST}": [f"silence {ids[0]}", f"silence {ids[1]}"]}


def test_causes(tmp_path: Path, alertd: Alertd):
    """A monitor that is offline explains what else fires there; a site that is down explains its monitors."""
    labels = {f"QT10000{n}": {"site": "Quarry A"} for n in range(3)}
    with Site(tmp_path, fleet=plain_fleet(3), rules=[LOW_VOLTAGE, OFFLINE], instruments={"labels": labels}) as site:
        poll(alertd, site, voltage=11.0)
        site.simulator.pin(FIRST, voltage=11.0, online=False)
        poll(alertd, site)
        assert muted(alertd, site) == {
            f"LowVoltage/{FIRST}": [f"cause MonitorOffline/{FIRST}"],
            f"MonitorOffline/{FIRST}": [],
        }
        for serial in (SECOND, THIRD):
            site.simulator.pin(serial, online=False)
        poll(alertd, site)
        held = muted(alertd, site)
        assert held.pop("SiteDown/Quarry A") == []
        assert set(map(tuple, held.values())) == {("cause SiteDown/Quarry A",)}
        assert len(held) == 4


def test_inhibitions(tmp_path: Path, alertd: Alertd):
    """A rule of the config that one alert holds another back."""
    rule = {"source_matchers": ["alertname=Hot"], "target_matchers": ["alertname=LowVoltage"], "equal": ["instrument"]}
    with Site(tmp_path, rules=[LOW_VOLTAGE, HOT], inhibit_rules=[rule]) as site:
        poll(alertd, site, voltage=11.0)
        assert muted(alertd, site) == {f"LowVoltage/{FIRST}": []}
        site.simulator.pin(FIRST, voltage=11.0, temp=80.0)
        poll(alertd, site)
        assert muted(alertd, site) == {f"LowVoltage/{FIRST}": [f"inhibited by Hot/{FIRST}"], f"Hot/{FIRST}": []}


@pytest.mark.parametrize(
    ("route", "quiet", "held"),
    [
        ({"mute_time_intervals": ["always", "never"]}, None, ["interval always"]),
        ({"active_time_intervals": ["never"]}, None, ["interval never"]),
        ({"active_time_intervals": ["never", "always"]}, None, []),
        ({}, ALWAYS, ["quiet_hours team"]),
        ({}, ALWAYS | {"bypass": ["severity=critical"]}, []),
        ({"mute_time_intervals": ["always"]}, ALWAYS, ["interval always", "quiet_hours team"]),
    ],
)
def test_times_of_day(site: Site, alertd: Alertd, route: dict, quiet: dict | None, held: list[str]):
    """A route's intervals and a receiver's quiet hours, by name."""
    receiver = site.config["receivers"][0] | ({"quiet_hours": quiet} if quiet else {})
    child = {"matchers": ["severity=critical"], **route}
    site.write(
        receivers=[deepcopy(receiver)],  # YAML would make an alias of what is twice in it
        route=site.config["route"] | {"routes": [child]},
        time_intervals=[
            {"name": "always", "time_intervals": [ALWAYS]},
            {"name": "never", "time_intervals": [NEVER]},
        ],
    )
    poll(alertd, site, voltage=11.0)
    assert muted(alertd, site) == {f"LowVoltage/{FIRST}": held}
    assert len(site.told()) == (0 if held else 1)


def test_everything_at_once(polled: Site, alertd: Alertd):
    """Who has it in hand and what holds it stand in the table too."""
    made = alertd("silence", "add", "alertname=~.*", "--for", "1h", "--reason", "x", "-c", polled.path).out.strip()
    alertd("ack", f"LowVoltage/{FIRST}", "-c", polled.path)
    (row,) = alertd("alerts", "-c", polled.path).out.splitlines()[1:]
    assert "acknowledged by " in row
    assert row.rstrip().endswith(f"silence {made}")


def test_what_ended_is_held_by_nothing(polled: Site, alertd: Alertd):
    """Once everybody knows that it is over, nothing stands between it and anybody."""
    alertd("silence", "add", "alertname=~.*", "--for", "1h", "--reason", "x", "-c", polled.path)
    for _ in range(2):
        poll(alertd, polled, voltage=12.5)
    time.sleep(1.05)  # the shortest group_interval
    poll(alertd, polled)
    (alert,) = alerts(alertd, polled, "--all")
    assert (alert["state"], alert["muted_by"]) == ("resolved", [])


def test_an_end_that_nobody_heard_yet(site: Site, alertd: Alertd):
    """What began and ended in a quiet time is held by it still: its end is to be told."""
    site.write(receivers=[site.config["receivers"][0] | {"quiet_hours": ALWAYS}])
    poll(alertd, site, voltage=11.0)
    poll(alertd, site, voltage=12.5)
    (alert,) = alerts(alertd, site, "--all")
    assert (alert["state"], alert["muted_by"]) == ("resolved", ["quiet_hours team"])
    assert alerts(alertd, site) == []


def test_flapping(site: Site, alertd: Alertd):
    """While it flaps the newest alert is listed whatever its state, and its changes are counted."""
    site.write(flapping={"changes": 4, "within": "1h", "quiet": "1h"})
    seen = []
    for voltage in (11.0, 12.5, 11.0, 12.5, 11.0, 12.5):
        poll(alertd, site, voltage=voltage)
        seen.append([(each["state"], each["flapping"], each["changes"]) for each in alerts(alertd, site)])
    assert seen == [
        [("firing", False, 1)],
        [],
        [("firing", False, 3)],
        [("resolved", True, 4)],
        [("firing", True, 5)],
        [("resolved", True, 6)],
    ]
    assert [each["flapping"] for each in alerts(alertd, site, "--all")] == [True, False, False]
    assert alerts(alertd, site, "--state", "firing") == []
    (row,) = alertd("alerts", "-c", site.path).out.splitlines()[1:]
    assert "flaps: 6 changes" in row
    (silenced,) = alertd("silence", "preview", "alertname=LowVoltage", "--json", "-c", site.path).json["alerts"]
    assert silenced["changes"] == 6


def test_without_secrets_and_beside_a_daemon(site: Site, alertd: Alertd):
    """It reads no secret, and the database while another process works on it."""
    site.environment = {"KEY": site.simulator.key, "URL": site.sink.target("hook")}
    site.write(
        mycirrus=site.config["mycirrus"] | {"api_key": {"env": "KEY"}},
        receivers=[{"name": "team", "targets": [{"name": "hook", "url": {"env": "URL"}}]}],
    )
    site.simulator.pin(FIRST, voltage=11.0)
    site.run()
    site.wait_told(1)
    (alert,) = alerts(alertd, site)
    assert list(alert["told"]) == ["hook"]
    assert alertd("ack", alert["id"], "-c", site.path).code == 0
    assert alertd("route", "test", "severity=critical", "-c", site.path).code == 0
    assert alertd("silence", "preview", "severity=critical", "-c", site.path).code == 0


def test_a_rule_file_with_a_mistake(polled: Site, alertd: Alertd):
    """Alerts are listed all the same; one line says which file was left out."""
    (polled.folder / "rules" / "wrong.yaml").write_text("rules: [{alert: X, when: 'current.voltge < 1'}]\n")
    ran = alertd("alerts", "--json", "-c", polled.path)
    assert (ran.code, len(ran.json)) == (0, 1)
    assert ran.errors == ["warning: left out for its mistakes, which alertd check names: wrong.yaml"]


def test_poll_prints_the_same(polled: Site, alertd: Alertd):
    """An alert has one form, whoever prints it."""
    report = alertd("poll", "--json", "-c", polled.path).json
    assert report["alerts"] == alerts(alertd, polled)
    assert set(report) == {"sources", "transitions", "alerts", "deliveries", "waiting"}

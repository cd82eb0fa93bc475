"""The commands that only look: what they list, as a table and as JSON, and how they fit what was told."""

import json
import re
from pathlib import Path

import pytest

from alertd.mycirrus.simulator.script import Fleet, Monitor
from alertd.store.store import Store
from tests.support.processes import Alertd, Site

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_alerts_as_json(polled: Site, alertd: Alertd):
    """Every key that the contract names is there, times in ISO 8601, and whom it was told."""
    (alert,) = alertd("alerts", "--json", "-c", polled.path).json
    assert alert["alertname"] == "LowVoltage"
    assert (alert["instrument"], alert["state"], alert["severity"]) == ("QT100000", "firing", "critical")
    assert alert["labels"]["alertname"] == "LowVoltage"
    assert alert["values"] == {"current.voltage": 11.0}
    assert "11 V < 11.3 V" in alert["explanation"]
    assert TIME.fullmatch(alert["active_at"])
    assert TIME.fullmatch(alert["fired_at"])
    assert (alert["resolved_at"], alert["resolved_reason"]) == (None, None)
    assert TIME.fullmatch(alert["told"]["hook"])


def test_alerts_by_state(polled: Site, alertd: Alertd):
    """Pending and firing by default; `--all` has what ended, too, `--state` one state."""
    polled.simulator.pin("QT100000", voltage=12.5)
    polled.simulator.pin("QT100001", voltage=11.0)
    assert alertd("poll", "-c", polled.path).code == 0

    def states(*words: str) -> list[str]:
        return [alert["state"] for alert in alertd("alerts", "--json", *words, "-c", polled.path).json]

    assert states() == ["firing"]
    assert sorted(states("--all")) == ["firing", "resolved"]
    assert states("--state", "resolved") == ["resolved"]
    assert states("--state", "pending") == []
    (ended,) = alertd("alerts", "--json", "--state", "resolved", "-c", polled.path).json
    assert ended["resolved_reason"] == "recovered"
    assert TIME.fullmatch(ended["resolved_at"])


def test_tables(polled: Site, alertd: Alertd):
    """Without a terminal each row is one line, whatever its width; the header says what the columns are."""
    for words, header, row in (
        (["alerts"], "STATE", ["firing", "critical", "LowVoltage", "QT100000", "hook"]),
        (["instruments"], "SERIAL", ["QT100000", "online", "11.0 V"]),
        (["rules"], "RULE", ["LowVoltage", "critical", "current.voltage < 11.3", "3", "site.yaml:2"]),
        (["deliveries"], "ID", ["delivered", "hook", "first", "[CRITICAL] LowVoltage"]),
    ):
        ran = alertd(*words, "-c", polled.path)
        assert (ran.code, ran.err) == (0, "")
        lines = ran.out.splitlines()
        assert lines[0].startswith(header)
        (found,) = [line for line in lines[1:] if row[0] in line]
        assert all(word in found for word in row), found


def test_instruments_as_json(polled: Site, alertd: Alertd):
    """Each watched instrument with its newest values by source."""
    fleet = alertd("instruments", "--json", "-c", polled.path).json
    assert [each["serial"] for each in fleet] == ["QT100000", "QT100001", "QT100002"]
    assert fleet[0]["newest"]["current"]["values"]["voltage"] == 11.0
    assert fleet[0]["newest"]["status"]["values"]["online"] is True


def test_rules_as_json(polled: Site, alertd: Alertd):
    """Each rule as it was understood, where it stands, and on how many instruments."""
    (rule,) = alertd("rules", "--json", "-c", polled.path).json
    assert (rule["alertname"], rule["instruments"]) == ("LowVoltage", 3)
    assert rule["levels"]["critical"]["until"] == "current.voltage >= 11.6"
    assert rule["source"].endswith("rules/site.yaml:2")


def test_deliveries_as_json(polled: Site, alertd: Alertd):
    """Newest first, with the alerts that each is about; by target, by state, at most so many."""
    (alert,) = alertd("alerts", "--json", "-c", polled.path).json
    (first,) = alertd("deliveries", "--json", "-c", polled.path).json
    assert (first["state"], first["target"], first["reason"], first["attempts"]) == ("delivered", "hook", "first", 1)
    assert (first["error"], first["alerts"]) == ("", [alert["id"]])
    polled.simulator.pin("QT100001", voltage=10.9)
    alertd("poll", "-c", polled.path)
    assert [each["id"] for each in alertd("deliveries", "--json", "-c", polled.path).json] == [2, 1]
    assert len(alertd("deliveries", "--json", "--limit", "1", "-c", polled.path).json) == 1
    assert alertd("deliveries", "--json", "--target", "nobody", "-c", polled.path).json == []
    assert alertd("deliveries", "--json", "--state", "dead", "-c", polled.path).json == []
    assert alertd("deliveries", "--target", "nobody", "-c", polled.path).out == "no messages\n"


@pytest.mark.parametrize("words", [["alerts"], ["instruments"], ["deliveries"], ["db", "check"], ["db", "backup", "x"]])
def test_nothing_to_look_at_yet(site: Site, alertd: Alertd, words: list[str]):
    """Before the first poll there is no database: exit 2, and one line says what to do."""
    ran = alertd(*words, "-c", site.path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.errors == [f"no database at {site.database}: run alertd poll or alertd run first"]
    assert not site.database.exists()


def test_rules_need_no_database(site: Site, alertd: Alertd):
    """The rules are listed before anything was polled; on how many instruments is not known then."""
    (rule,) = alertd("rules", "--json", "-c", site.path).json
    assert rule["instruments"] is None


def test_db(polled: Site, alertd: Alertd):
    """`check` finds it sound, `migrate` has nothing to do, `backup` makes a copy that is whole; all speak JSON."""
    assert alertd("db", "check", "-c", polled.path).out == "the store is sound\n"
    assert alertd("db", "check", "--json", "-c", polled.path).json == {"wrong": []}
    assert alertd("db", "migrate", "--json", "-c", polled.path).json == {"migrated": False}
    copy = polled.folder / "copy.db"
    assert alertd("db", "backup", copy, "--json", "-c", polled.path).json == {"file": str(copy)}
    with Store.open(f"sqlite:///{copy}", base=polled.folder, work=False) as store:
        assert len(store.alerts()) == 1
    again = alertd("db", "backup", copy, "-c", polled.path)
    assert (again.code, again.errors) == (2, [f"{copy} is there already; name a new file"])
    polled.database.unlink()
    assert alertd("db", "migrate", "--json", "-c", polled.path).json == {"migrated": True}


def test_damage_is_found(polled: Site, alertd: Alertd):
    """`db check` says what is wrong with a damaged file, exit 1 or 2, in plain lines."""
    content = bytearray(polled.database.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    polled.database.write_bytes(content)
    ran = alertd("db", "check", "-c", polled.path)
    assert ran.code in (1, 2)
    assert ran.errors


HOSTILE = {
    "QT000001": "\x1b[31mred\x1b[0m\nsecond line\r\tA",
    "QT000002": "N" * 10_000,
    "QT000003": "[bold]markup[/bold] :smile: <!channel> & <b>",
    "QT000004": "\u202eright to left\u202c zero\u200bwidth \x9b31m",
    "QT000005": "音" * 300,
    "QT000006": "lone \ud800 surrogate",
    "QT000007": "",
}


def test_hostile_names(tmp_path: Path, alertd: Alertd):
    """A monitor's name may be anything: no control character reaches the terminal, no row breaks, nothing fails."""
    fleet = Fleet(monitors=tuple(Monitor(serial=serial, name=name) for serial, name in HOSTILE.items()))
    rule = {"alert": "Any", "when": "current.voltage < 99"}
    with Site(tmp_path, fleet=fleet, rules=[rule]) as site:
        for words in (["poll"], ["alerts"], ["instruments"], ["deliveries"], ["check"]):
            ran = alertd(*words, "-c", site.path)
            assert ran.code == 0, ran
            assert all(char.isprintable() for char in ran.out.replace("\n", "") + ran.err.replace("\n", "")), words
            if words[0] in ("alerts", "instruments", "deliveries"):
                assert len(ran.out.splitlines()) == 1 + len(HOSTILE)
                assert max(map(len, ran.out.splitlines())) < 3000
        for words in (["alerts"], ["instruments"], ["deliveries"], ["poll"]):
            ran = alertd(*words, "--json", "-c", site.path)
            assert json.loads(ran.out)
            assert all(char.isprintable() for char in ran.out.replace("\n", "")), words
        names = {each["serial"]: each["name"] for each in alertd("instruments", "--json", "-c", site.path).json}
        assert len(site.told()) == len(HOSTILE)
    assert names["QT000003"] == HOSTILE["QT000003"]

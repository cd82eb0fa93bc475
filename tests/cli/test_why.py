"""`alertd why`: the verdict and its parts, timers, holds, messages and places, now and at an earlier time."""

import re
from copy import deepcopy

import pytest

from alertd.mycirrus.simulator.script import plain_fleet
from alertd.store.store import Store
from tests.support.processes import LOW_VOLTAGE, Alertd, Site, wait_until
from tests.support.sinks import Answer

FIRST, SECOND, THIRD = "QT100000", "QT100001", "QT100002"
KEYS = {
    *("instrument", "alertname", "at", "verdict", "explanation", "values", "state", "timers", "muted_by", "told"),
    *("source", "subject", "applies", "why_not", "asks", "alert", "acknowledged", "flapping", "changes", "parts"),
    *("params", "undelivered", "route", "receivers", "targets", "notes", "mode"),
}
SUPPLY = {
    "alert": "Supply",
    "match": ['power=~"battery|solar"'],
    "params": {"low": 11.3, "clear": 11.6},
    "overrides": [{"match": ['supply="24v"'], "params": {"low": 22.6}}],
    "when": "current.voltage < params.low and (status.online or sic.status == 'Error')",
    "until": "current.voltage >= params.clear",
    "for": "10m",
    "keep_firing_for": "5m",
    "severity": "critical",
}
OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "severity": "warning"}


def why(alertd: Alertd, site: Site, *words: str):
    ran = alertd("why", *words, "--json", "-c", site.path)
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == KEYS
    return ran.json


def poll(alertd: Alertd, site: Site) -> None:
    assert alertd("poll", "-c", site.path).code == 0


@pytest.fixture
def labelled(site: Site) -> Site:
    """Two monitors with labels, and a rule with limits of its own for each; nothing was polled yet."""
    labels = {FIRST: {"power": "solar", "supply": "24v", "site": "Cliff"}, SECOND: {"power": "mains"}}
    site.write(instruments={"labels": labels})
    site.write_rules(SUPPLY, LOW_VOLTAGE)
    return site


def test_one_that_fires(polled: Site, alertd: Alertd):
    """The value and its age, the verdict, whom it was told, where the rule stands."""
    found = why(alertd, polled, FIRST, "LowVoltage")
    assert (found["instrument"], found["alertname"], found["verdict"]) == (FIRST, "LowVoltage", "breached")
    assert (found["state"], found["explanation"]) == ("firing", "voltage 11 V < 11.3 V")
    (value,) = found["values"].items()
    assert (value[0], value[1]["value"]) == ("current.voltage", 11.0)
    assert 0 <= value[1]["age"] < 30
    assert value[1]["measured_at"] < found["at"]
    assert found["muted_by"] == []
    ((target, (message,)),) = found["told"].items()
    assert (target, message["reason"]) == ("hook", "first")
    assert message["title"].startswith("[CRITICAL] LowVoltage")
    assert message["at"] <= found["at"]
    assert found["source"] == "rules/site.yaml:2"
    assert (found["receivers"], found["targets"]) == (["team"], ["hook"])
    (alert,) = alertd("alerts", "--json", "-c", polled.path).json
    assert found["alert"]["id"] == alert["id"]


def test_what_holds_it_in_the_words_of_alerts(polled: Site, alertd: Alertd):
    """`muted_by`, `acknowledged` and flapping are what `alerts` says; a clear rule says what would hold it."""
    silence = alertd("silence", "add", "alertname=LowVoltage", "--for", "1h", "--reason", "x", "-c", polled.path)
    alertd("ack", f"LowVoltage/{FIRST}", "--note", "on the way", "-c", polled.path)
    (alert,) = alertd("alerts", "--json", "-c", polled.path).json
    found = why(alertd, polled, FIRST, "LowVoltage")
    assert found["muted_by"] == alert["muted_by"] == [f"silence {silence.out.strip()}"]
    assert found["acknowledged"] == alert["acknowledged"]
    assert (found["flapping"], found["changes"]) == (alert["flapping"], alert["changes"])
    assert why(alertd, polled, SECOND, "LowVoltage")["muted_by"] == alert["muted_by"]


def test_a_cause_holds_it(tmp_path, alertd: Alertd):
    """A monitor that went offline: its voltage is unknown and says why, and the offline alert explains it."""
    with Site(tmp_path, fleet=plain_fleet(3), rules=[LOW_VOLTAGE, OFFLINE]) as site:
        site.simulator.pin(FIRST, voltage=11.0)
        poll(alertd, site)
        site.simulator.pin(FIRST, voltage=11.0, online=False)
        poll(alertd, site)
        found = why(alertd, site, FIRST, "LowVoltage")
        assert (found["verdict"], found["state"]) == ("unknown", "firing")
        assert found["explanation"] == "voltage unknown (offline)"
        value = found["values"]["current.voltage"]
        assert (value["value"], value["last"], value["why"]) == (None, 11.0, "offline")
        assert found["muted_by"] == [f"cause MonitorOffline/{FIRST}"]
        assert found["alert"]["stale_since"] is not None
        assert "no data that counts since" in alertd("why", FIRST, "LowVoltage", "-c", site.path).out


def test_each_part_and_each_param(labelled: Site, alertd: Alertd):
    """Every comparison with its own verdict; who gave each param, by file and line; what `for` still lacks."""
    labelled.simulator.pin(FIRST, voltage=20.0)
    poll(alertd, labelled)
    found = why(alertd, labelled, FIRST, "Supply")
    assert (found["verdict"], found["state"], found["told"]) == ("breached", "pending", {})
    when, until = found["parts"]
    assert (when["severity"], when["of"], when["verdict"]) == ("critical", "when", "breached")
    low, either = when["parts"]
    assert (low["text"], low["verdict"]) == ("current.voltage < params.low", "breached")
    assert low["explanation"] == "voltage 20 V < 22.6 V"
    assert [each["verdict"] for each in either["parts"]] == ["breached", "unknown"]
    assert either["parts"][1]["explanation"] == "SIC status unknown (not polled)"
    assert (until["of"], until["verdict"]) == ("until", "breached")
    lines = (labelled.folder / "rules" / "site.yaml").read_text().splitlines()
    assert found["params"]["low"] == {
        "value": 22.6,
        "source": f"rules/site.yaml:{lines.index('      low: 22.6') + 1}",
        "override": ['supply="24v"'],
    }
    assert found["params"]["clear"]["override"] is None
    timer = found["timers"]["critical"]
    assert (timer["state"], timer["for"], timer["missing"]) == ("pending", 600, 600 - timer["breached_for"])
    assert (timer["keep_firing_for"], timer["clear_for"]) == (300, None)
    assert set(found["values"]) == {"current.voltage", "status.online", "sic.status"}
    out = alertd("why", FIRST, "Supply", "-c", labelled.path).out
    assert "low = 22.6, from rules/site.yaml:" in out
    assert 'the override for supply="24v"' in out
    assert "critical: breached for 0s of 10m, 10m missing" in out


def test_a_rule_that_does_not_watch_the_monitor(labelled: Site, alertd: Alertd):
    """Which matcher fails, and what it met; nothing was judged."""
    poll(alertd, labelled)
    found = why(alertd, labelled, SECOND, "Supply")
    why_not = 'power=~"battery|solar" is asked for, and power is "mains"'
    assert (found["applies"], found["verdict"], found["state"]) == (False, "unknown", "inactive")
    assert found["why_not"] == why_not
    assert found["explanation"] == f"Supply does not watch {SECOND}: {why_not}"
    assert found["parts"] == []


def test_what_ended(polled: Site, alertd: Alertd):
    """The newest alert's story is told to its end; the verdict is that of now."""
    polled.simulator.pin(FIRST, voltage=12.5)
    wait_until(lambda: (poll(alertd, polled), len(polled.told()) == 2)[1])
    found = why(alertd, polled, FIRST, "LowVoltage")
    assert (found["verdict"], found["state"]) == ("clear", "resolved")
    assert found["alert"]["resolved_reason"] == "recovered"
    assert [each["reason"] for each in found["told"]["hook"]] == ["first", "all_resolved"]


def test_between_when_and_until(polled: Site, alertd: Alertd):
    """Above the limit and below the end: it is breached still, and says what it waits for."""
    polled.simulator.pin(FIRST, voltage=11.4)
    poll(alertd, polled)
    found = why(alertd, polled, FIRST, "LowVoltage")
    assert (found["verdict"], found["state"]) == ("breached", "firing")
    waits = "it ends only where current.voltage >= 11.6, and voltage 11.4 V < 11.6 V"
    assert found["explanation"] == f"voltage 11.4 V ≥ 11.3 V; {waits}"


def test_the_route_from_the_root_down(labelled: Site, alertd: Alertd):
    """Each route that was come to, with its line, whether it took the alert, and why not."""
    config = labelled.config
    receiver = deepcopy(config["receivers"][0])
    duty = {"name": "duty", "targets": [{**receiver["targets"][0], "name": "phone"}]}
    routes = [
        {"matchers": ['site="Quarry A"'], "receiver": "team"},
        {"matchers": ['site="Cliff"'], "routes": [{"matchers": ["severity=critical"], "receiver": "duty"}]},
    ]
    labelled.write(receivers=[receiver, duty], route=config["route"] | {"routes": routes})
    found = why(alertd, labelled, FIRST, "LowVoltage")
    assert [(each["taken"], each["ends"], each["why"]) for each in found["route"]] == [
        (True, False, None),
        (False, False, 'site is "Cliff"'),
        (True, False, None),
        (True, True, None),
    ]
    lines = labelled.path.read_text().splitlines()
    for each in found["route"][1:]:
        line = int(each["source"].removeprefix("config.yaml:"))
        assert "matchers:" in lines[line - 1]
    assert (found["receivers"], found["targets"]) == (["duty"], ["phone"])
    out = alertd("why", FIRST, "LowVoltage", "-c", labelled.path).out
    assert re.search(r'    severity="critical": yes, to duty, .*\(config.yaml:\d+\)', out)


def test_what_did_not_arrive(polled: Site, alertd: Alertd):
    """A message that waits or was given up is named with its error, and tells nobody."""
    polled.simulator.pin(SECOND, voltage=11.0)
    polled.sink.answer = Answer(status=500)
    assert alertd("poll", "-c", polled.path).code == 1
    found = why(alertd, polled, SECOND, "LowVoltage")
    (message,) = found["undelivered"]
    assert (found["told"], message["target"], message["reason"], message["state"]) == ({}, "hook", "first", "queued")
    assert "500" in message["error"]
    assert "hook: waits (" in alertd("why", SECOND, "LowVoltage", "-c", polled.path).out


@pytest.mark.parametrize("words", [(), ("--at", "2h"), ("--at", "2026-01-10T15:00:00Z")])
def test_before_anything_is_known(site: Site, alertd: Alertd, words: tuple[str, ...]):
    """With no database: unknown, nothing on record, and no database is made."""
    found = why(alertd, site, FIRST, "LowVoltage", *words)
    nothing = "nothing on record of that time" if words else "nothing on record yet"
    assert (found["verdict"], found["explanation"], found["state"]) == ("unknown", nothing, "inactive")
    assert found["values"]["current.voltage"]["value"] is None
    assert (found["told"], found["muted_by"], found["notes"]) == ({}, [], [nothing])
    assert not site.database.exists()
    Store.open(f"sqlite:///{site.database}", base=site.folder, work=True).close()
    assert why(alertd, site, FIRST, "LowVoltage", *words)["explanation"] == nothing


def test_beside_a_daemon(site: Site, alertd: Alertd):
    """It looks on while the daemon works."""
    site.simulator.pin(FIRST, voltage=11.0)
    site.run()
    site.wait_told(1)
    assert why(alertd, site, FIRST, "LowVoltage")["state"] == "firing"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((FIRST, "LowVotage"), "there is no rule LowVotage: did you mean LowVoltage?"),
        ((FIRST, "Zz"), "there is no rule Zz: alertd rules lists them"),
        (("QT10000", "LowVoltage"), "there is no monitor QT10000: did you mean QT10000"),
        (("zz", "LowVoltage"), "there is no monitor zz: alertd instruments lists them"),
        ((THIRD, "LowVoltage"), f"{THIRD} is not watched: instruments in the config leaves it out"),
        (("hok", "TargetFailing"), "TargetFailing is about a target, and hok is none: did you mean hook?"),
        ((FIRST, "ApiUnreachable"), f"ApiUnreachable is about MyCirrus, and {FIRST} is none: MyCirrus API"),
        ((FIRST, "LowVoltage", "--at", "2100-01-01T00:00Z"), "--at: 2100-01-01T00:00Z is yet to come"),
        (
            (FIRST, "LowVoltage", "--at", "noon"),
            '--at: "noon" is no time: write 2026-12-01T22:00, with an offset such as Z or +01:00, or 2h ago',
        ),
    ],
)
def test_mistakes(polled: Site, alertd: Alertd, words: tuple[str, ...], says: str):
    """What is not there is exit 2 and one line, with a suggestion."""
    polled.write(instruments={"exclude": [THIRD]})
    ran = alertd("why", *words, "-c", polled.path)
    assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith(says)


def test_a_former_name(polled: Site, alertd: Alertd):
    """A rule is found by the name that it had."""
    polled.write_rules({**LOW_VOLTAGE, "alert": "Supply", "was": ["LowVoltage"]})
    assert why(alertd, polled, FIRST, "LowVoltage")["alertname"] == "Supply"


def test_own_alerts(polled: Site, alertd: Alertd):
    """What they ask, and whether it is so; where one fires, what it says, who was told, what holds it."""
    found = why(alertd, polled, "hook", "TargetFailing")
    asks = "fires when it did not take five messages in a row, or any for ten minutes"
    assert (found["instrument"], found["subject"], found["source"]) == ("", "hook", "alertd itself")
    assert (found["verdict"], found["state"], found["asks"]) == ("clear", "inactive", asks)
    assert found["explanation"] == f"it {asks}, and that is not so"
    polled.write(instruments={"labels": {serial: {"site": "Quarry A"} for serial in (FIRST, SECOND, THIRD)}})
    for serial in (FIRST, SECOND, THIRD):
        polled.simulator.pin(serial, online=False)
    poll(alertd, polled)
    down = why(alertd, polled, "Quarry A", "SiteDown")
    assert (down["verdict"], down["state"], down["explanation"]) == (
        "breached",
        "firing",
        "3 of 3 monitors are offline",
    )
    assert [each["reason"] for each in down["told"]["hook"]] == ["first"]
    assert why(alertd, polled, "Quarry A", "SiteDown", "--at", "1d")["state"] == "inactive"


def test_a_rule_without_a_verdict(polled: Site, alertd: Alertd):
    """A refused key is why nothing is known."""
    polled.write(mycirrus=polled.config["mycirrus"] | {"api_key": "mycirrus-000000-0000000000000000"})
    assert alertd("poll", "-c", polled.path).code == 1
    found = why(alertd, polled, SECOND, "LowVoltage")
    assert found["verdict"] == "unknown"
    assert "401" in found["values"]["current.voltage"]["why"]

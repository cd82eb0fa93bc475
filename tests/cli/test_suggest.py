"""`alertd suggest`: from a store's history to limits that can be pasted, and what they would have changed."""

import math
import random
import re
from datetime import timedelta

import pytest
import yaml

from alertd.clock import wall
from alertd.model import Instrument, Sample, Source
from alertd.store.store import Store
from tests.support.processes import Alertd, Site

MINUTE = timedelta(minutes=1)
RULE = {
    "alert": "LowVoltage",
    "params": {"low": 12.2, "clear": 12.25},
    "when": "current.voltage < params.low",
    "until": "current.voltage >= params.clear",
    "for": "1m",
}
HOT = {"alert": "Hot", "when": "current.temp > 80"}


def fill(site: Site, days: float) -> None:
    """A battery whose voltage sinks to 12.1 each night, online all the time."""
    dice = random.Random(3)
    now = wall().replace(microsecond=0)
    records = []
    for n in range(int(days * 1440)):
        at = now - n * MINUTE
        voltage = 12.4 + 0.3 * math.sin(2 * math.pi * n / 1440) + dice.gauss(0, 0.02)
        records += [
            Sample(instrument="QT1", source=Source.STATUS, at=at, values={"online": True}),
            Sample(instrument="QT1", source=Source.CURRENT, at=at, values={"voltage": round(voltage, 2), "temp": 50.0}),
        ]
    with Store.open("sqlite:///alertd.db", base=site.folder, work=True) as store:
        store.record_fleet([Instrument(serial="QT1"), Instrument(serial="QT2")], now)
        store.record_round(samples=[], cursors={}, alerts=[], transitions=[], now=now, history=records)


@pytest.fixture
def filled(site: Site) -> Site:
    site.write(poll=site.config["poll"] | {"status": "1m", "current": "1m"})
    site.write_rules(RULE, HOT)
    fill(site, 5)
    return site


def test_json(filled: Site, alertd: Alertd):
    """Each monitor's figures, the limits as they are and as proposed, and each alert that both would have made."""
    ran = alertd("suggest", "LowVoltage", "--json", "-c", filled.path)
    assert (ran.code, ran.err) == (0, "")
    found, other = ran.json
    assert (found["alertname"], found["instrument"], found["field"]) == ("LowVoltage", "QT1", "current.voltage")
    assert found["values"] == 7200
    assert found["noise"] == pytest.approx(0.02, abs=0.004)
    assert found["params"]["low"] == pytest.approx(12.0, abs=0.07)
    assert found["params"]["clear"] > found["params"]["low"] + 0.1
    assert len(found["fired"]["present"]) >= 4
    assert len(found["fired"]["proposed"]) == 0
    assert "0 values" in other["why_not"]


def test_what_can_be_pasted(filled: Site, alertd: Alertd):
    """The YAML at the end fits into the rule; then the rule is as proposed, and nothing was edited before."""
    before = (filled.folder / "rules" / "site.yaml").read_text()
    ran = alertd("suggest", "LowVoltage", "-c", filled.path)
    assert (filled.folder / "rules" / "site.yaml").read_text() == before
    pasted = yaml.safe_load(ran.out.split("# LowVoltage")[1].split("\n", 1)[1])
    filled.write_rules({**RULE, **pasted})
    assert alertd("check", "-c", filled.path).code == 0
    again = alertd("suggest", "LowVoltage", "--json", "-c", filled.path).json[0]
    assert all(limit["present"] == limit["proposed"] for limit in again["limits"])
    assert again["fired"]["present"] == []


def test_every_rule(filled: Site, alertd: Alertd):
    """Without a name, all rules with a limit; one whose limit is a number in the condition says the number."""
    ran = alertd("suggest", "-c", filled.path)
    assert ran.code == 0
    assert re.search(r"# QT1: [\d.]+ in place of 80 in when of warning", ran.out)


@pytest.mark.parametrize(("words", "code"), [(["Nobody"], 2), (["--since", "soon"], 2), (["--since", "1h"], 0)])
def test_words(filled: Site, alertd: Alertd, words: list[str], code: int):
    """A rule that there is not and a span that is none are exit 2; too little history is said, exit 0."""
    ran = alertd("suggest", *words, "-c", filled.path)
    assert ran.code == code
    if code:
        assert len(ran.errors) == 1
    else:
        assert "are too few" in ran.out


def test_nothing_polled_yet(site: Site, alertd: Alertd):
    """Before the first poll there is no database: one line."""
    ran = alertd("suggest", "-c", site.path)
    assert ran.code == 2
    assert len(ran.errors) == 1

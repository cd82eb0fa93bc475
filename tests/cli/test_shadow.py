"""`mode: shadow` from the command line: where its alerts are listed, and what it would have sent."""

import pytest

from tests.support.processes import LOW_VOLTAGE, Alertd, Site, wait_until

FIRST, SECOND = "QT100000", "QT100001"
SHADOW = LOW_VOLTAGE | {"mode": "shadow"}


def poll(alertd: Alertd, site: Site) -> None:
    assert alertd("poll", "-c", site.path).code == 0


@pytest.fixture
def shadowed(site: Site, alertd: Alertd) -> Site:
    """Two monitors are low on voltage by a rule in shadow; one of them was already, and is again."""
    site.write_rules(SHADOW, {"alert": "Hot", "when": "current.temp > 90"})
    site.simulator.pin(FIRST, voltage=11.0)
    poll(alertd, site)
    site.simulator.pin(FIRST, voltage=12.5)
    poll(alertd, site)
    site.simulator.pin(FIRST, voltage=11.0)
    site.simulator.pin(SECOND, voltage=11.0)
    poll(alertd, site)
    return site


def test_nobody_is_told(shadowed: Site, alertd: Alertd):
    """No message is made; `poll` counts it as little as `alerts` lists it."""
    assert shadowed.told() == []
    assert alertd("deliveries", "--json", "-c", shadowed.path).json == []
    assert alertd("poll", "-c", shadowed.path).out.splitlines()[-1] == "0 firing, 0 pending"
    assert alertd("poll", "--json", "-c", shadowed.path).json["alerts"] == []


def test_where_its_alerts_are_listed(shadowed: Site, alertd: Alertd):
    """With `--all` and `--state`, marked; not among what needs a hand."""

    def listed(*words: str) -> list[tuple[str, str]]:
        found = alertd("alerts", *words, "--json", "-c", shadowed.path).json
        return [(each["state"], each["mode"]) for each in found]

    assert listed() == []
    assert sorted(listed("--all")) == [("firing", "shadow"), ("firing", "shadow"), ("resolved", "shadow")]
    assert listed("--state", "firing") == [("firing", "shadow")] * 2
    (alert, *_) = alertd("alerts", "--state", "firing", "--json", "-c", shadowed.path).json
    assert (alert["muted_by"], alert["told"]) == (["mode shadow"], {})
    assert "firing (shadow)" in alertd("alerts", "--all", "-c", shadowed.path).out
    assert alertd("alerts", "-c", shadowed.path).out == "no alerts\n"


def test_what_it_would_have_sent(shadowed: Site, alertd: Alertd):
    """How many firings, since when, the last one, to whom; live rules say nothing of the kind."""
    low, hot = alertd("rules", "--json", "-c", shadowed.path).json
    alerts = alertd("alerts", "--all", "--json", "-c", shadowed.path).json
    fired = sorted(each["fired_at"] for each in alerts)
    assert (low["mode"], low["instruments"]) == ("shadow", 3)
    assert low["would_have_sent"] == {
        "firings": 3,
        "firing": 2,
        "since": fired[0],
        "last": fired[-1],
        "receivers": {"team": 3},
    }
    assert (hot["mode"], hot["would_have_sent"]) == ("live", None)
    header, row, _ = alertd("rules", "-c", shadowed.path).out.splitlines()
    assert header.rstrip().endswith("WOULD HAVE SENT")
    assert "in shadow: 3 firings since " in row
    assert row.rstrip().endswith("to team ×3")


def test_before_anything_is_known(site: Site, alertd: Alertd):
    """A rule in shadow is listed as such with no database, and before it fired."""
    site.write_rules(SHADOW)
    (rule,) = alertd("rules", "--json", "-c", site.path).json
    assert (rule["mode"], rule["would_have_sent"]) == ("shadow", None)
    poll(alertd, site)
    (rule,) = alertd("rules", "--json", "-c", site.path).json
    nothing = {"firings": 0, "firing": 0, "since": None, "last": None, "receivers": {}}
    assert rule["would_have_sent"] == nothing
    assert "in shadow: nothing so far" in alertd("rules", "-c", site.path).out


def test_live_while_it_fires(shadowed: Site, alertd: Alertd):
    """It is announced then, as the first; of what ended in shadow nobody hears."""
    shadowed.write_rules(LOW_VOLTAGE)
    poll(alertd, shadowed)
    assert sorted(each["reason"] for each in alertd("deliveries", "--json", "-c", shadowed.path).json) == ["first"] * 2
    assert [each["mode"] for each in alertd("alerts", "--json", "-c", shadowed.path).json] == ["live"] * 2


def test_into_shadow_while_it_fires(polled: Site, alertd: Alertd):
    """The target that was told hears the ending."""
    polled.write_rules(SHADOW)
    poll(alertd, polled)
    assert alertd("alerts", "-c", polled.path).out == "no alerts\n"
    polled.simulator.pin(FIRST, voltage=12.5)
    wait_until(lambda: (poll(alertd, polled), len(polled.told()) == 2)[1])
    assert polled.told()[1].startswith("[RESOLVED] LowVoltage")


def test_what_else_speaks_of_it(shadowed: Site, alertd: Alertd):
    """`why`, `rules show` and `route test` say so; there is nothing to acknowledge or to wait for; a drill goes out."""
    found = alertd("why", FIRST, "LowVoltage", "--json", "-c", shadowed.path).json
    assert (found["mode"], found["state"], found["muted_by"]) == ("shadow", "firing", ["mode shadow"])
    assert found["targets"] == ["hook"]
    assert alertd("why", "QT100002", "LowVoltage", "--json", "-c", shadowed.path).json["mode"] == "shadow"
    assert found["notes"] == ["the rule is in shadow: it is judged and recorded, and nobody is told that it fires"]
    assert alertd("rules", "show", FIRST, "--json", "-c", shadowed.path).json[0]["mode"] == "shadow"
    assert "LowVoltage (rules/site.yaml:2), in shadow" in alertd("rules", "show", FIRST, "-c", shadowed.path).out
    route = alertd("route", "test", "alertname=LowVoltage", "--json", "-c", shadowed.path).json
    assert (route["receivers"], route["muted_by"]) == (["team"], ["mode shadow"])
    ran = alertd("ack", f"LowVoltage/{FIRST}", "-c", shadowed.path)
    assert (ran.code, len(ran.errors)) == (2, 1)
    assert "is in shadow" in ran.errors[0]
    wanted = ("silence", "add", "alertname=LowVoltage", "--reason", "x", "--until-resolved", "-c", shadowed.path)
    assert alertd(*wanted).errors == ["--until-resolved: nothing that matches is pending or firing"]
    preview = alertd("silence", "preview", "alertname=LowVoltage", "--json", "-c", shadowed.path).json
    assert preview["alerts"] == []
    assert alertd("drill", "--rule", "LowVoltage", "-c", shadowed.path).code == 0
    assert shadowed.told() == [title for title in shadowed.told() if title.startswith("[DRILL]")] != []


def test_a_mode_that_there_is_not(site: Site, alertd: Alertd):
    """Named with its place."""
    site.write_rules(LOW_VOLTAGE | {"mode": "silent"})
    ran = alertd("rules", "-c", site.path)
    assert ran.code == 2
    assert "mode" in ran.errors[0]

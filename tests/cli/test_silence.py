"""`alertd silence`: made, listed, ended and looked at before, on a real store that others share."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alertd.store.store import Store
from tests.support.processes import LOW_VOLTAGE, Alertd, Site

FIRST, SECOND, THIRD = "QT100000", "QT100001", "QT100002"
LABELS = {FIRST: {"site": "Quarry A"}, SECOND: {"site": "Quarry A", "team": "north"}, THIRD: {"site": "Cliff"}}
KEYS = {
    "id",
    "state",
    "matchers",
    "starts_at",
    "ends_at",
    "until_resolved",
    "rrule",
    "timezone",
    "author",
    "reason",
}


@pytest.fixture
def quarry(site: Site, alertd: Alertd) -> Site:
    """A site whose monitors have labels, polled once: QT100000 is low on voltage and told so."""
    site.write(instruments={"labels": LABELS})
    site.simulator.pin(FIRST, voltage=11.0)
    assert alertd("poll", "-c", site.path).code == 0
    return site


def add(alertd: Alertd, site: Site, *words: str) -> str:
    """A silence's id."""
    ran = alertd("silence", "add", *words, "--reason", "works", "-c", site.path)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran.out.strip()


def listed(alertd: Alertd, site: Site, *words: str):
    return alertd("silence", "list", "--json", *words, "-c", site.path).json


def test_add_prints_the_id_alone(quarry: Site, alertd: Alertd):
    """Eight characters that nobody guesses, a new one each time, and nothing else."""
    ids = [add(alertd, quarry, "site=Quarry A", "--for", "2h") for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{8}", each) for each in ids)


def test_list(quarry: Site, alertd: Alertd):
    """Oldest first, with every key that the contract names and no other; expired ones only when asked for."""
    first = add(alertd, quarry, 'site="Quarry A"', "severity=~critical|warning", "--for", "2h", "--author", "Ann")
    second = add(alertd, quarry, "team=north", "--start", "1h", "--until", "3h")
    third = add(alertd, quarry, "alertname=LowVoltage", "--until-resolved")
    found = listed(alertd, quarry)
    assert [each["id"] for each in found] == [first, second, third]
    assert all(set(each) == KEYS for each in found)
    assert found[0]["matchers"] == ['site="Quarry A"', 'severity=~"critical|warning"']
    assert (found[0]["author"], found[0]["reason"], found[0]["state"]) == ("Ann", "works", "active")
    assert (found[1]["state"], found[2]["state"]) == ("pending", "active")
    assert (found[2]["until_resolved"], found[2]["ends_at"]) == (True, None)
    assert alertd("silence", "expire", first, "-c", quarry.path).code == 0
    assert [each["id"] for each in listed(alertd, quarry)] == [second, third]
    assert [each["state"] for each in listed(alertd, quarry, "--all")] == ["expired", "pending", "active"]
    table = alertd("silence", "list", "--all", "-c", quarry.path).out.splitlines()
    assert [line.split()[:2] for line in table[1:]] == [[first, "expired"], [second, "pending"], [third, "active"]]
    assert alertd("silence", "list", "-c", quarry.path).out != "no silences\n"


def test_nothing_to_list(quarry: Site, alertd: Alertd):
    """Without a silence there is an empty array, or a line that says so."""
    assert listed(alertd, quarry) == []
    assert alertd("silence", "list", "-c", quarry.path).out == "no silences\n"


@pytest.mark.parametrize("variable", ["LOGNAME", "SUDO_USER"])
def test_the_author(quarry: Site, alertd: Alertd, monkeypatch: pytest.MonkeyPatch, variable: str):
    """Who is logged in, under sudo who was, unless `--author` says another."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv(variable, "ann")
    add(alertd, quarry, "site=Cliff", "--for", "1h")
    assert listed(alertd, quarry)[0]["author"] == "ann"


def test_a_series_in_each_monitors_zone(quarry: Site, alertd: Alertd):
    """Without a zone of its own it is active as long as it is on at some monitor that it covers."""
    far = {"timezone": "Pacific/Kiritimati"}  # +14:00
    quarry.write(instruments={"labels": {**LABELS, FIRST: {"site": "Quarry A", **far}}})
    rule = ("--rrule", "FREQ=DAILY", "--for", "1m")
    there = datetime.now(UTC) + timedelta(hours=14)
    start = (there - timedelta(seconds=20)).isoformat(timespec="seconds").split("+")[0]
    add(alertd, quarry, "site=Quarry A", *rule, "--start", start)
    add(alertd, quarry, "site=Cliff", *rule, "--start", start)
    found = listed(alertd, quarry)
    assert [each["state"] for each in found] == ["active", "pending"]
    assert [(each["rrule"], each["timezone"], each["ends_at"]) for each in found] == [("FREQ=DAILY", None, None)] * 2


def test_expire(quarry: Site, alertd: Alertd):
    """It ends at once, and only once; what is told of it is the daemon's or the next poll's."""
    made = add(alertd, quarry, "site=Quarry A", "--for", "2h")
    (before,) = listed(alertd, quarry)
    ended = alertd("silence", "expire", made, "--json", "-c", quarry.path).json
    assert (ended["id"], ended["state"], set(ended)) == (made, "expired", KEYS)
    assert before["starts_at"] < ended["ends_at"] < before["ends_at"]
    assert listed(alertd, quarry, "--all") == [ended]
    for wrong, said in ((made, f"silence {made} is over already"), ("0000", "there is no silence 0000")):
        ran = alertd("silence", "expire", wrong, "-c", quarry.path)
        assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1)
        assert said in ran.err


def test_until_resolved(quarry: Site, alertd: Alertd):
    """It is over once nothing that it matches is pending or firing, without a word; it needs something to wait for."""
    ran = alertd("silence", "add", "site=Cliff", "--until-resolved", "--reason", "x", "-c", quarry.path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.errors == ["--until-resolved: nothing that matches is pending or firing"]
    made = add(alertd, quarry, "site=Quarry A", "--until-resolved")
    alertd("poll", "-c", quarry.path)
    assert [each["id"] for each in listed(alertd, quarry)] == [made]
    quarry.simulator.pin(FIRST, voltage=12.5)
    time.sleep(1.05)  # the shortest group_interval
    alertd("poll", "-c", quarry.path)
    assert listed(alertd, quarry) == []
    assert [title.split()[0] for title in quarry.told()] == ["[CRITICAL]", "[RESOLVED]"]


def test_it_waits_for_what_is_pending(quarry: Site, alertd: Alertd):
    """An alert that nobody was told of yet is something to wait for."""
    quarry.write_rules(LOW_VOLTAGE | {"for": "10m"})
    quarry.simulator.pin(THIRD, voltage=11.0)
    alertd("poll", "-c", quarry.path)
    add(alertd, quarry, "site=Cliff", "--until-resolved")


def test_preview(quarry: Site, alertd: Alertd):
    """The alerts that it would hold now, as `alerts` prints them, and the monitors that could have some."""
    quarry.simulator.pin(THIRD, voltage=11.0)
    alertd("poll", "-c", quarry.path)

    def preview(*words: str):
        found = alertd("silence", "preview", *words, "--json", "-c", quarry.path).json
        assert set(found) == {"alerts", "instruments"}
        return [alert["instrument"] for alert in found["alerts"]], found["instruments"]

    assert preview("site=Quarry A") == ([FIRST], [FIRST, SECOND])
    assert preview("site=~.*", "team=") == ([FIRST, THIRD], [FIRST, THIRD])
    assert preview("alertname=LowVoltage", "severity=critical", "site=Cliff") == ([THIRD], [THIRD])
    assert preview("severity=warning") == ([], [])  # no rule here makes such an alert
    assert preview("instrument=QT999999") == ([], [])
    whole = alertd("silence", "preview", "site=Cliff", "--json", "-c", quarry.path).json["alerts"]
    assert whole == [each for each in alertd("alerts", "--json", "-c", quarry.path).json if each["instrument"] == THIRD]
    lines = alertd("silence", "preview", "site=Quarry A", "-c", quarry.path).out.splitlines()
    assert FIRST in lines[1]
    assert alertd("silence", "preview", "site=Cliff", "-c", quarry.path).out.endswith(f"1 monitor: {THIRD}\n")
    assert lines[-1] == f"2 monitors: {FIRST}, {SECOND}"
    assert alertd("silence", "preview", "site=Cliff", "-c", quarry.path).out.splitlines()[-1] == f"1 monitor: {THIRD}"


@pytest.mark.parametrize(
    "words",
    [
        ["add"],
        ["add", "--for", "2h", "--reason", "x"],
        ["add", "site=A", "--for", "2h"],
        ["add", "site=A", "--for", "2h", "--reason", ""],
        ["add", "site=A", "--reason", "x"],
        ["add", "site=A", "--for", "2h", "--until", "3h", "--reason", "x"],
        ["add", "site", "--for", "2h", "--reason", "x"],
        ["add", "site=~(", "--for", "2h", "--reason", "x"],
        ["add", "site==A", "--for", "2h", "--reason", "x"],
        ["add", "site!==A", "--for", "2h", "--reason", "x"],
        ["add", "site=A", "--rrule", "FREQ=NEVER", "--for", "2h", "--reason", "x"],
        ["add", "site=A", "--for", "\x1b[31m", "--reason", "x"],
        ["preview"],
        ["preview", "site"],
        ["expire"],
        ["expire", "\x1b[31m\n"],
        ["list", "--every"],
    ],
)
def test_what_is_refused(quarry: Site, alertd: Alertd, words: list[str]):
    """Exit 2 and one line without a control character; nothing is made."""
    ran = alertd("silence", *words, "-c", quarry.path)
    assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1), ran
    assert ran.err.rstrip("\n").isprintable()
    assert listed(alertd, quarry, "--all") == []


def test_before_the_first_poll(site: Site, alertd: Alertd):
    """A silence may be made before anything was ever polled; one until resolved has nothing to wait for."""
    site.simulator.pin(FIRST, voltage=11.0)
    waits = alertd("silence", "add", "site=A", "--until-resolved", "--reason", "x", "-c", site.path)
    assert (waits.code, waits.out, len(waits.errors)) == (2, "", 1)
    assert not site.database.exists()
    made = add(alertd, site, f"instrument={FIRST}", "--for", "2h")
    assert [each["id"] for each in listed(alertd, site)] == [made]
    assert alertd("poll", "-c", site.path).code == 0
    (low,) = (each for each in alertd("alerts", "--json", "-c", site.path).json if each["instrument"] == FIRST)
    assert (low["told"], low["muted_by"]) == ({}, [f"silence {made}"])


HOSTILE = "\x1b[31mred\x1b[0m\nsecond line <!channel> {{ 1/0 }} <b> \udc80 \u202e" + "N" * 1500


def test_hostile_texts(quarry: Site, alertd: Alertd):
    """A reason and a matcher may be anything: kept, shown without what steers a terminal, told without harm."""
    made = add(alertd, quarry, f"name!={HOSTILE}", "site=Quarry A", "--for", "2h", "--author", HOSTILE)
    ran = alertd("silence", "add", "site=Cliff", "--for", "1h", "--reason", HOSTILE, "-c", quarry.path)
    assert ran.code == 0
    for words in (["list"], ["list", "--json"], ["preview", f"site!={HOSTILE}"], ["preview", f"a={HOSTILE}", "--json"]):
        shown = alertd("silence", *words, "-c", quarry.path)
        assert (shown.code, shown.err) == (0, "")
        assert shown.out.replace("\n", "").isprintable()
    assert len(alertd("silence", "list", "-c", quarry.path).out.splitlines()) == 3
    (alert,) = alertd("alerts", "--json", "-c", quarry.path).json
    assert alert["muted_by"] == [f"silence {made}"]
    quarry.simulator.pin(THIRD, voltage=11.0)
    alertd("poll", "-c", quarry.path)
    second = listed(alertd, quarry)[1]["id"]
    for each in (made, second):
        assert alertd("silence", "expire", each, "-c", quarry.path).code == 0
    polled = alertd("poll", "-c", quarry.path)
    assert (polled.code, polled.err) == (0, "")
    assert quarry.told()[-1].startswith(f"[SILENCE ENDED] LowVoltage · Monitor {THIRD}")
    assert "<!channel>" in quarry.sink.received[-1].json["message"]


def test_what_a_rate_leaves(quarry: Site, alertd: Alertd):
    """`poll` waits for no token: one line says what stays for the next, exit 0."""
    receiver = {"name": "team", "targets": [{"name": "hook", "url": quarry.sink.target("hook"), "rate": "1/h"}]}
    quarry.write(receivers=[receiver])
    silences = [add(alertd, quarry, f"instrument={serial}", "--for", "1h") for serial in (SECOND, THIRD)]
    for serial in (SECOND, THIRD):
        quarry.simulator.pin(serial, voltage=11.0)
    assert alertd("poll", "-c", quarry.path).err == ""
    for each in silences:
        alertd("silence", "expire", each, "-c", quarry.path)
    polled = alertd("poll", "-c", quarry.path)
    assert (polled.code, polled.errors) == (0, ["1 message waits in the outbox for the next poll"])
    assert alertd("poll", "-c", quarry.path).err == ""
    assert [title.split(" · ")[0] for title in quarry.told()[1:]] == ["[SILENCE ENDED] LowVoltage"] * 2


def test_an_end_by_a_clock_far_to_the_west(quarry: Site, alertd: Alertd, tmp_path: Path):
    """A series that ended by UTC's clock goes on where the clocks are behind it."""
    west = {"site": "Quarry A", "timezone": "Pacific/Pago_Pago"}  # -11:00
    quarry.write(instruments={"labels": {FIRST: west}})
    alertd("poll", "-c", quarry.path)
    now = datetime.now(UTC)
    start = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    until = (now + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    made = add(
        alertd, quarry, "site=Quarry A", "--rrule", "FREQ=HOURLY", "--for", "1h", "--start", start, "--until", until
    )
    with Store.open(f"sqlite:///{quarry.database}", base=tmp_path, work=False) as store:
        later = now + timedelta(hours=10)
        assert [each.id for each in store.standing.silences(now=later)] == [made]
        assert store.standing.silences(now=now + timedelta(hours=14)) == []

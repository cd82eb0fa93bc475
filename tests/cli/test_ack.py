"""`alertd ack`: somebody has it in hand."""

import time

import pytest

from tests.support.processes import Alertd, Site

FIRST, SECOND = "QT100000", "QT100001"


def alerts(alertd: Alertd, site: Site, *words: str):
    return alertd("alerts", "--json", *words, "-c", site.path).json


def by_instrument(alertd: Alertd, site: Site, *words: str):
    return {alert["instrument"]: alert for alert in alerts(alertd, site, *words)}


def ack(alertd: Alertd, site: Site, *words: str):
    return alertd("ack", *words, "-c", site.path)


@pytest.fixture(autouse=True)
def _login_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("LOGNAME", "ann")


def test_by_name_and_by_id(polled: Site, alertd: Alertd):
    """RULE/SERIAL and the id mean the same alert; `alerts` has who, when and the note; nobody is told."""
    said = ack(alertd, polled, f"LowVoltage/{FIRST}")
    assert (said.code, said.err) == (0, "")
    assert said.out == f"LowVoltage/{FIRST} is acknowledged by ann until it ends\n"
    (alert,) = alerts(alertd, polled)
    first = alert["acknowledged"]
    assert (first["by"], first["until"], first["note"]) == ("ann", None, "")
    again = ack(alertd, polled, alert["id"], "--for", "4h", "--note", "on my way", "--json").json
    (alert,) = alerts(alertd, polled)
    assert again["acknowledged"] == alert["acknowledged"]
    assert (again["id"], again["alertname"], again["subject"]) == (alert["id"], "LowVoltage", FIRST)
    assert (alert["acknowledged"]["note"], alert["acknowledged"]["at"] > first["at"]) == ("on my way", True)
    assert alert["acknowledged"]["until"][:10] >= alert["acknowledged"]["at"][:10]
    assert "acknowledged by ann until" in alertd("alerts", "-c", polled.path).out
    assert alertd("poll", "-c", polled.path).code == 0
    assert len(polled.told()) == 1


def test_it_lapses(polled: Site, alertd: Alertd):
    """After its time it counts no more."""
    ack(alertd, polled, f"LowVoltage/{FIRST}", "--for", "900ms")
    time.sleep(1)
    assert alerts(alertd, polled)[0]["acknowledged"] is None


def test_it_ends_with_the_alert(polled: Site, alertd: Alertd):
    """The ending is told as ever, and the next alert of the same kind is nobody's."""
    ack(alertd, polled, f"LowVoltage/{FIRST}")
    for voltage in (12.5, 11.0):
        time.sleep(1.05)  # the shortest group_interval
        polled.simulator.pin(FIRST, voltage=voltage)
        assert alertd("poll", "-c", polled.path).code == 0
    assert [title.split()[0] for title in polled.told()] == ["[CRITICAL]", "[RESOLVED]", "[CRITICAL]"]
    found = sorted(alerts(alertd, polled, "--all"), key=lambda alert: alert["active_at"])
    assert [(alert["state"], alert["acknowledged"]) for alert in found] == [("resolved", None), ("firing", None)]


def test_an_own_alert(polled: Site, alertd: Alertd):
    """alertd's alerts about itself go by their name and what they are about."""
    polled.simulator.key = "another"
    assert alertd("poll", "-c", polled.path).code == 1
    said = ack(alertd, polled, "ApiKeyRefused/MyCirrus API", "--for", "1d")
    assert said.code == 0
    (own,) = [alert for alert in alerts(alertd, polled) if alert["alertname"] == "ApiKeyRefused"]
    assert own["acknowledged"]["by"] == "ann"


def test_what_flaps(site: Site, alertd: Alertd):
    """While it flaps the newest alert counts whatever its state, by name or by any id, for all that is to come."""
    site.write(flapping={"changes": 3, "within": "1h", "quiet": "1h"})
    for voltage in (11.0, 12.5, 11.0, 12.5):
        site.simulator.pin(FIRST, voltage=voltage)
        assert alertd("poll", "-c", site.path).code == 0
    (alert,) = alerts(alertd, site)
    assert (alert["state"], alert["flapping"], alert["changes"]) == ("resolved", True, 4)
    assert ack(alertd, site, f"LowVoltage/{FIRST}", "--note", "loose plug").code == 0
    assert alerts(alertd, site)[0]["acknowledged"]["note"] == "loose plug"
    oldest = min(alerts(alertd, site, "--all"), key=lambda each: each["active_at"])["id"]
    assert oldest != alert["id"]
    assert ack(alertd, site, oldest, "--json").json["id"] == alert["id"]
    site.simulator.pin(FIRST, voltage=11.0)
    alertd("poll", "-c", site.path)
    (newest,) = alerts(alertd, site)
    assert (newest["state"], newest["id"] != alert["id"]) == ("firing", True)
    assert newest["acknowledged"]["by"] == "ann"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["LowVoltage/QT999999"], "nothing fires as LowVoltage/QT999999"),
        ([f"LowVoltage/{SECOND}"], f"nothing fires as LowVoltage/{SECOND}"),
        (["LowVoltage"], "nothing fires as LowVoltage"),
        (["0123456789ab"], "nothing fires as 0123456789ab"),
        ([""], "nothing fires as"),
        (["\x1b[31m/\udc80"], "nothing fires as"),
        ([f"LowVoltage/{FIRST}", "--for", "0"], "--for: 0 is no time at all"),
        ([f"LowVoltage/{FIRST}", "--for", "-1h"], "--for: a duration is wanted"),
        ([f"LowVoltage/{FIRST}", "--for", "99999999w"], "--for: 99999999w is longer than a hundred years"),
        ([f"LowVoltage/{FIRST}", "--note", "N" * 2001], "--note: 2001 characters; 2000 are the most"),
        ([], "Missing argument"),
    ],
)
def test_what_is_refused(polled: Site, alertd: Alertd, words: list[str], said: str):
    """Exit 2, one line, and nothing is recorded."""
    ran = ack(alertd, polled, *words)
    assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1)
    assert said in ran.err
    assert ran.err.rstrip("\n").isprintable()
    assert alerts(alertd, polled)[0]["acknowledged"] is None


def test_what_is_over_or_pending(polled: Site, alertd: Alertd):
    """There is nothing to have in hand yet, or any more."""
    (alert,) = alerts(alertd, polled)
    polled.simulator.pin(FIRST, voltage=12.5)
    polled.write_rules({"alert": "Cold", "when": "current.voltage < 99", "for": "1h"})
    alertd("poll", "-c", polled.path)
    assert ack(alertd, polled, alert["id"]).errors == [f"LowVoltage/{FIRST} is over: there is nothing to acknowledge"]
    pending = ack(alertd, polled, f"Cold/{SECOND}")
    assert (pending.code, len(pending.errors)) == (2, 1)
    assert "is pending" in pending.err


def test_hostile_note(polled: Site, alertd: Alertd):
    """A note may be anything, and reaches no terminal."""
    note = "\x1b[31m\n" + "N" * 1900 + "\udc80"
    for words in ([], ["--json"]):
        ran = ack(alertd, polled, f"LowVoltage/{FIRST}", "--note", note, *words)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.replace("\n", "").isprintable()
    assert alerts(alertd, polled)[0]["acknowledged"]["note"].startswith("\x1b[31m\nNNN")

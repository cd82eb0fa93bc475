"""A rule in shadow on a virtual clock: judged and recorded, told to nobody; what a change of its mode means."""

import pytest

from alertd.model import State
from tests.support.world import LOW_VOLTAGE, NewWorld, World, told

SHADOW = LOW_VOLTAGE | {"mode": "shadow"}
OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "severity": "warning"}


def records(world: World) -> list[tuple[str, bool]]:
    """State, and whether it was in shadow, of each alert on record."""
    return [(alert.state.value, alert.shadow) for alert in world.store.alerts(states=list(State))]


def test_it_is_recorded_and_told_to_nobody(world: NewWorld):
    """It fires, would remind, ends: all on record, no message."""
    w = world(SHADOW)
    w.at("5m").voltage("QT1", 11.0).at("7h").voltage("QT1", 12.5)
    w.expect().run(until="8h", step="5m")
    assert records(w) == [("resolved", True)]
    assert w.store.known(w.now).alerts == []


def test_live_while_it_fires(world: NewWorld):
    """From shadow to live: announced as the first, once; its ending is told."""
    w = world(SHADOW)
    w.at("5m").voltage("QT1", 11.0).at("30m").rules(LOW_VOLTAGE).at("50m").voltage("QT1", 12.5)
    w.expect(told("mail", "first", at="30m"), told("mail", "all_resolved", at="50m")).run(until="70m")
    assert records(w) == [("resolved", False)]


def test_live_once_it_is_over(world: NewWorld):
    """What ended in shadow stays untold when its rule goes live."""
    w = world(SHADOW)
    w.at("5m").voltage("QT1", 11.0).at("20m").voltage("QT1", 12.5).at("30m").rules(LOW_VOLTAGE)
    w.expect().run(until="40m")


def test_live_while_nothing_is_known(world: NewWorld):
    """Unknown announces nothing: it waits for a verdict, and what is clear by then is never told."""
    w = world(SHADOW)
    w.at("5m").voltage("QT1", 11.0).at("20m").fails("QT1").at("30m").rules(LOW_VOLTAGE).at("40m").heals("QT1")
    w.at("50m").voltage("QT1", 12.5).at("60m").rules(SHADOW).voltage("QT1", 11.0)
    w.at("70m").fails("QT1").at("80m").rules(LOW_VOLTAGE).voltage("QT1", 12.5).at("90m").heals("QT1")
    w.expect(told("mail", "first", at="40m"), told("mail", "all_resolved", at="50m")).run(until="100m")


def test_into_shadow_while_it_fires(world: NewWorld):
    """From live to shadow: no reminder, no news, and then the ending to whom it was told."""
    w = world(LOW_VOLTAGE)
    w.at("5m").voltage("QT1", 11.0).at("30m").rules(SHADOW).at("9h").voltage("QT1", 12.5)
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="9h")).run(until="10h", step="5m")
    assert records(w) == [("resolved", True)]


def test_there_and_back(world: NewWorld):
    """Live, shadow and live again: nothing is announced twice."""
    w = world(LOW_VOLTAGE)
    w.at("5m").voltage("QT1", 11.0).at("20m").rules(SHADOW).at("40m").rules(LOW_VOLTAGE).at("60m").voltage("QT1", 12.5)
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="60m")).run(until="80m")


@pytest.mark.parametrize("gone", ["rule", "monitor"])
def test_what_is_gone(world: NewWorld, gone: str):
    """A rule that is removed in shadow, or a monitor that is, ends its alerts without a word."""
    w = world(SHADOW, serials=("QT1", "QT2"))
    w.at("5m").voltage("QT1", 11.0).at("20m")
    w.rules(OFFLINE) if gone == "rule" else w.remove("QT1")
    w.expect().run(until="40m")
    assert records(w) == [("resolved", True)]


def test_a_target_that_was_down(world: NewWorld):
    """A message that waits is taken back as its rule goes into shadow."""
    w = world(LOW_VOLTAGE)
    w.target_down("mail").at("5m").voltage("QT1", 11.0).at("15m").rules(SHADOW).at("20m").target_up("mail")
    w.at("40m").voltage("QT1", 12.5)
    w.run_to("60m")
    assert [heard.text.splitlines()[0] for heard in w.heard if "LowVoltage" in heard.text] == []


def test_flapping(world: NewWorld):
    """In shadow nothing flaps; flapping that was told ends with what it is about, and is not told to go on."""
    flapping = {"changes": 4, "within": "2h", "quiet": "1h"}
    w = world(SHADOW, flapping=flapping)
    for begin in range(5, 60, 10):
        w.at(f"{begin}m").voltage("QT1", 11.0).at(f"{begin + 5}m").voltage("QT1", 12.5)
    w.at("65m").rules(LOW_VOLTAGE).at("70m").voltage("QT1", 11.0).at("80m").voltage("QT1", 12.5)
    w.expect(told("mail", "first", at="70m"), told("mail", "all_resolved", at="80m")).run(until="100m")


def test_into_shadow_while_it_flaps(world: NewWorld):
    """Whoever heard that it flaps hears that it is clear, once it is."""
    flapping = {"changes": 2, "within": "2h", "quiet": "1h"}
    w = world(LOW_VOLTAGE, flapping=flapping)
    w.at("5m").voltage("QT1", 11.0).at("10m").voltage("QT1", 12.5).at("15m").voltage("QT1", 11.0)
    w.at("30m").rules(SHADOW).at("60m").voltage("QT1", 12.5)
    w.run_to("3h")
    assert [(each.reason, each.at) for each in w.heard] == [
        ("first", "5m"),
        ("flapping", "10m"),
        ("flapping_ended", "60m"),
    ]
    assert w.heard[-1].text.startswith("[RESOLVED]")


def test_it_explains_nothing(world: NewWorld):
    """A rule on `status.online` in shadow is no cause: the monitor's other alerts speak for themselves."""
    w = world(LOW_VOLTAGE | {"when": "current.voltage < 11.3 or not status.online"}, OFFLINE | {"mode": "shadow"})
    w.at("5m").online("QT1", False).at("20m").online("QT1", True)
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="20m")).run(until="40m")


def test_no_digest_speaks_of_it(world: NewWorld):
    """Neither as firing nor as ended, nor for its limits, nor as a rule without a monitor."""
    receiver = {
        "name": "team",
        "targets": [{"name": "mail", "url": "json://127.0.0.1:9/mail"}],
        "digest": {"cron": "0 16 * * *"},
    }
    nowhere = {"alert": "Nowhere", "when": "current.temp > 99", "match": ["site=none"], "mode": "shadow"}
    w = world(SHADOW, nowhere, receivers=[receiver])
    w.at("5m").voltage("QT1", 11.0).at("30m").voltage("QT1", 12.5).at("40m").voltage("QT1", 11.0)
    w.run_to("70m")
    (digest,) = w.heard
    assert digest.reason == "digest"
    assert "LowVoltage" not in digest.text
    assert "Nowhere" not in digest.text

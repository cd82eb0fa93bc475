"""Notifications people can live with, as stories on a virtual clock: what each target hears, and when.

START is a Saturday, 10 January 2026, 15:00 in London.
"""

from functools import partial

import pytest

from tests.support.situations import FIVE, HOT, LEVELS, NIGHT, OFFLINE, ON_CALL, at_site, flap, quiet, targets
from tests.support.world import LOW_VOLTAGE, NewWorld, told


@pytest.fixture
def world(world: NewWorld) -> NewWorld:
    """Nothing flaps here, unless a story is about that."""
    return partial(world, flapping="off")


# ── routing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reroute_tells_new_targets_and_the_old_ones_the_end(world: NewWorld) -> None:
    """Elsewhere while it fires: `first` there, nothing more here but its ending; back again announces nothing."""
    w = world(receivers=targets("mail", "chat"), route={"receiver": "for-mail"})
    to_chat = {"receiver": "for-mail", "routes": [{"matchers": ['alertname="LowVoltage"'], "receiver": "for-chat"}]}
    w.at("5m").voltage("QT1", 11.0)
    w.at("20m").config(route=to_chat).at("40m").config(route={"receiver": "for-mail"}).at("60m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "first", at="5m"),
        told("chat", "first", at="20m"),
        told("mail", "all_resolved", at="60m"),
        told("chat", "all_resolved", at="60m"),
    )
    w.run(until="2h")


def test_a_target_that_was_taken_out_and_brought_back_gets_its_ending(world: NewWorld) -> None:
    """The ending is owed by name, however long the name was gone."""
    both, one = targets("mail", "chat"), targets("mail")
    fan = {"receiver": "for-mail", "routes": [{"receiver": "for-chat", "continue": True}, {"receiver": "for-mail"}]}
    w = world(receivers=both, route=fan)
    w.at("5m").voltage("QT1", 11.0)
    w.at("20m").config(receivers=one, route={"receiver": "for-mail", "routes": []}).at("30m").voltage("QT1", 12.4)
    w.at("60m").config(receivers=both, route=fan)
    w.expect(
        told("chat", "first", at="5m"),
        told("mail", "first", at="5m"),
        told("mail", "all_resolved", at="30m"),
        told("chat", "all_resolved", at="60m"),
    )
    w.run(until="90m")


def test_reordering_targets_and_regrouping_announces_nothing(world: NewWorld) -> None:
    """Identity is the target's name."""
    w = world(receivers=targets("mail", "chat"), route={"receiver": "for-mail"})
    w.at("5m").voltage("QT1", 11.0)
    w.at("10m").config(receivers=targets("chat", "mail")).at("15m").config(
        route={"receiver": "for-mail", "group_by": ["..."]}
    )
    w.expect(told("mail", "first", at="5m"))
    w.run(until="30m")


# ── causes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_site_that_is_down_is_one_message(world: NewWorld) -> None:
    """Five monitors lost in one poll: one message that lists them, and one when they are back."""
    w = world(OFFLINE, serials=FIVE, instruments=at_site("Quarry A", *FIVE), route={"group_by": ["alertname"]})
    for serial in FIVE:
        w.at("5m").online(serial, False).at("30m").online(serial, True)
    w.expect(
        told("mail", "first", at="5m", contains=("SiteDown", "Quarry A", "5 of 5")),
        told("mail", "all_resolved", at="30m", contains="SiteDown"),
    )
    w.run(until="2h")


def test_those_still_offline_at_a_sites_end_are_told_then(world: NewWorld) -> None:
    """In their own group."""
    w = world(OFFLINE, serials=FIVE, instruments=at_site("Quarry A", *FIVE), route={"group_by": ["alertname"]})
    for serial in FIVE:
        w.at("5m").online(serial, False)
    for serial in FIVE[:3]:
        w.at("30m").online(serial, True)
    w.expect(
        told("mail", "first", at="5m", contains="SiteDown"),
        told("mail", "all_resolved", at="30m", contains="SiteDown"),
        told("mail", "first", at="30m", contains=("QT4", "QT5")),
    )
    w.run(until="2h")


def test_an_offline_monitor_speaks_for_its_metrics(world: NewWorld) -> None:
    """What began under it waits for a value after it; told before, it gets its own ending and no reminder meanwhile."""
    w = world(OFFLINE, LOW_VOLTAGE, HOT)
    w.at("6m").voltage("QT1", 11.0).at("10m").online("QT1", False)
    w.at("12m").value("QT1", "temp", 90.0).at("600m").online("QT1", True).at("620m").voltage("QT1", 12.4)
    w.at("620m").value("QT1", "temp", 50.0)
    w.expect(
        told("mail", "first", at="6m", contains="LowVoltage"),
        told("mail", "first", at="10m", contains="MonitorOffline"),
        told("mail", "reminder", at="250m", contains="MonitorOffline"),
        told("mail", "all_resolved", at="600m", contains="MonitorOffline"),
        told("mail", "first", at="600m", contains="Hot"),
        told("mail", "reminder", at="600m", contains="LowVoltage"),
        told("mail", "all_resolved", at="620m", contains="LowVoltage"),
        told("mail", "all_resolved", at="620m", contains="Hot"),
    )
    w.run(until="11h", step="2m")


def test_inhibition_lets_go_after_a_poll(world: NewWorld) -> None:
    """While the source fires nothing is told of the target; then it is."""
    inhibit = {
        "source_matchers": ['alertname="Hot"'],
        "target_matchers": ['alertname="LowVoltage"'],
        "equal": ["instrument"],
    }
    w = world(LOW_VOLTAGE, HOT, inhibit_rules=[inhibit])
    w.at("5m").value("QT1", "temp", 90.0).at("10m").voltage("QT1", 11.0).at("30m").value("QT1", "temp", 50.0)
    w.at("50m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "first", at="5m", contains="Hot"),
        told("mail", "all_resolved", at="30m", contains="Hot"),
        told("mail", "first", at="30m", contains="LowVoltage"),
        told("mail", "all_resolved", at="50m", contains="LowVoltage"),
    )
    w.run(until="1h")


# ── silences and quiet times ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_owed_ending_goes_through_a_silence(world: NewWorld) -> None:
    """Who silenced it and swapped the battery hears on site that it worked."""
    w = world()
    w.at("5m").voltage("QT1", 11.0).at("10m").silence('instrument="QT1"', until="2h").at("60m").voltage("QT1", 12.4)
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="60m"))
    w.run(until="3h")


def test_the_end_of_a_silence_says_how_it_stands(world: NewWorld) -> None:
    """What still fires, and what began and ended meanwhile; no `first` beside it; each ending owed as ever."""
    w = world(LOW_VOLTAGE, HOT)
    w.at("0m").silence('instrument="QT1"', until="2h", reason="battery swap")
    w.at("10m").value("QT1", "temp", 90.0).at("40m").value("QT1", "temp", 50.0)
    w.at("60m").voltage("QT1", 11.0).at("150m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "silence_ended", at="2h", contains=("battery swap", "LowVoltage", "Hot")),
        told("mail", "all_resolved", at="150m", contains="LowVoltage"),
    )
    w.run(until="3h")


def test_a_silence_that_held_nothing_ends_in_silence(world: NewWorld) -> None:
    """No message for its own sake."""
    w = world()
    w.at("0m").silence('instrument="QT1"', until="1h")
    w.run(until="2h")


def test_a_silence_that_is_expired_by_hand(world: NewWorld) -> None:
    """As at its time."""
    w = world()
    w.at("0m").silence('instrument="QT1"', until="5h").at("5m").voltage("QT1", 11.0).at("60m").expire("s0")
    w.expect(told("mail", "silence_ended", at="60m", contains="battery swap"))
    w.run(until="2h")


def test_a_silence_until_it_resolves(world: NewWorld) -> None:
    """Told of nothing until all is clear; it has expired then, and the next one is told."""
    w = world()
    w.at("5m").voltage("QT1", 11.0).at("10m").silence('instrument="QT1"').at("60m").voltage("QT1", 12.4)
    w.at("90m").voltage("QT1", 11.0)
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="60m"), told("mail", "first", at="90m"))
    w.run(until="2h")


def test_a_silence_outlives_a_restart(world: NewWorld) -> None:
    """Its end too, that came while alertd was down."""
    w = world()
    w.at("0m").silence('instrument="QT1"', until="2h").at("5m").voltage("QT1", 11.0)
    w.at("90m").restart().at("100m").stopped_for("60m")
    w.expect(told("mail", "silence_ended", at="160m"))
    w.run(until="4h")


def test_quiet_hours_defer_what_happens_in_them(world: NewWorld) -> None:
    """An ending too; at their end one message says what is new."""
    w = world(LOW_VOLTAGE, HOT, **quiet("defer"))
    w.at("5m").voltage("QT1", 11.0).at("40m").voltage("QT1", 12.4).at("50m").value("QT1", "temp", 90.0)
    w.expect(
        told("mail", "first", at="5m"),
        told("mail", "quiet_ended", at="90m", contains=("LowVoltage", "Hot")),
    )
    w.run(until="2h")


def test_quiet_hours_that_nothing_happened_in_say_nothing(world: NewWorld) -> None:
    """A long alert is no news each morning."""
    w = world(**quiet("defer"))
    w.at("5m").voltage("QT1", 11.0)
    w.expect(told("mail", "first", at="5m"))
    w.run(until="3h")


def test_quiet_hours_that_drop(world: NewWorld) -> None:
    """What began and ended inside is left out; what still fires and each owed ending is told."""
    w = world(LOW_VOLTAGE, HOT, **quiet("drop"))
    w.at("5m").voltage("QT1", 11.0).at("35m").value("QT1", "temp", 90.0).at("45m").value("QT1", "temp", 50.0)
    w.at("60m").voltage("QT1", 12.4)
    w.expect(told("mail", "first", at="5m"), told("mail", "quiet_ended", at="90m", contains="LowVoltage"))
    w.run(until="2h")


def test_quiet_hours_put_into_the_digest(world: NewWorld) -> None:
    """Nothing at their end; the next digest counts as told, so the ending after it is owed."""
    w = world(**quiet("digest", digest={"cron": "0 17 * * *", "location": "Europe/London"}))
    w.at("40m").voltage("QT1", 11.0).at("150m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "digest", at="2h", contains="[DIGEST]"),
        told("mail", "all_resolved", at="150m", contains="LowVoltage"),
    )
    w.run(until="3h")


def test_critical_bypasses_quiet_hours(world: NewWorld) -> None:
    """Its ending too; the others wait."""
    bypass = {**NIGHT, "mode": "defer", "bypass": ['severity="critical"']}
    w = world(
        LOW_VOLTAGE, HOT, receivers=[{**targets("mail")[0], "quiet_hours": bypass}], route={"receiver": "for-mail"}
    )
    w.at("40m").voltage("QT1", 11.0).value("QT1", "temp", 90.0).at("60m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "first", at="40m", contains="LowVoltage"),
        told("mail", "all_resolved", at="60m", contains="LowVoltage"),
        told("mail", "quiet_ended", at="90m", contains="Hot"),
    )
    w.run(until="2h")


def test_a_routes_mute_interval_by_the_monitors_own_clock(world: NewWorld) -> None:
    """Without a location it is each monitor's zone that counts: a group can be held in part."""
    labels = {"labels": {"QT1": {"timezone": "Europe/London"}, "QT2": {"timezone": "Asia/Kathmandu"}}}
    interval = {"name": "afternoon", "time_intervals": [{"times": [{"start_time": "15:00", "end_time": "16:00"}]}]}
    w = world(
        serials=("QT1", "QT2"),
        instruments=labels,
        time_intervals=[interval],
        route={"mute_time_intervals": ["afternoon"], "group_by": ["alertname"]},
    )
    w.at("5m").voltage("QT1", 11.0).voltage("QT2", 11.0)
    w.expect(told("mail", "first", at="5m", contains="QT2"), told("mail", "quiet_ended", at="60m", contains="QT1"))
    w.run(until="2h")


# ── acknowledge and escalate ─────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_acknowledges(world: NewWorld) -> None:
    """The next step is told, and everybody its end."""
    w = world(**ON_CALL)
    w.at("5m").voltage("QT1", 11.0).at("3h").voltage("QT1", 12.4)
    w.expect(
        told("mail", "first", at="5m"),
        told("sms", "unacknowledged", at="35m", contains="LowVoltage"),
        told("boss", "unacknowledged", at="125m"),
        *(told(name, "all_resolved", at="3h") for name in ("mail", "sms", "boss")),
    )
    w.run(until="4h")


def test_an_acknowledgement_stops_the_clock_until_it_lapses(world: NewWorld) -> None:
    """It goes on from where it stood; reminders too."""
    w = world(**ON_CALL)
    w.at("5m").voltage("QT1", 11.0).at("25m").ack("LowVoltage", "QT1", lasts="60m")
    w.expect(told("mail", "first", at="5m"), told("sms", "unacknowledged", at="95m"))
    w.run(until="2h")


def test_an_acknowledgement_ends_when_it_gets_worse(world: NewWorld) -> None:
    """What got worse was not acknowledged: the clock runs again, and the targets hear of it."""
    w = world(LEVELS, **ON_CALL)
    w.at("5m").voltage("QT1", 11.7).at("10m").ack("Supply", "QT1").at("60m").voltage("QT1", 11.0)
    w.expect(
        told("mail", "first", at="5m"), told("mail", "escalated", at="60m"), told("sms", "unacknowledged", at="85m")
    )
    w.run(until="90m")


def test_a_step_that_reaches_nobody_starts_the_next_at_once(world: NewWorld) -> None:
    """Mail has been failing for ten minutes: duty is told."""
    w = world(**ON_CALL)
    w.at("5m").target_down("mail").voltage("QT1", 11.0).at("25m").target_up("mail")
    w.run_to("40m")
    told_sms = [each for each in w.heard if each.target == "sms"]
    assert [each.reason for each in told_sms if "LowVoltage" in each.text] == ["unacknowledged"]
    assert int(told_sms[0].at.removesuffix("m")) < 35


def test_reminders_pause_while_acknowledged(world: NewWorld) -> None:
    """Four hours after the first message, and the hour of the acknowledgement."""
    w = world()
    w.at("5m").voltage("QT1", 11.0).at("60m").ack("LowVoltage", "QT1", lasts="60m")
    w.expect(told("mail", "first", at="5m"), told("mail", "reminder", at="305m"))
    w.run(until="6h", step="5m")


# ── flapping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_flapping_is_told_once_and_so_is_its_end(world: NewWorld) -> None:
    """The fourth change is told as flapping, the next ones not; settled clear after two quiet hours."""
    w = flap(world(flapping={"changes": 4, "within": "6h", "quiet": "2h"}), 5, 10, 15, 20, 25, 30, 35, 40)
    w.expect(
        told("mail", "first", at="5m"),
        told("mail", "all_resolved", at="10m"),
        told("mail", "first", at="15m"),
        told("mail", "flapping", at="20m", contains=("FLAPPING", "LowVoltage", "QT1")),
        told("mail", "flapping_ended", at="160m", contains="RESOLVED"),
    )
    w.run(until="4h")


def test_flapping_that_settles_bad_is_a_firing_whose_end_is_owed(world: NewWorld) -> None:
    """Its alert goes on as any other."""
    w = flap(world(flapping={"changes": 4, "within": "6h", "quiet": "2h"}), 5, 10, 15, 20, 25)
    w.at("180m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "first", at="5m"),
        told("mail", "all_resolved", at="10m"),
        told("mail", "first", at="15m"),
        told("mail", "flapping", at="20m"),
        told("mail", "flapping_ended", at="145m", contains="LowVoltage"),
        told("mail", "all_resolved", at="180m"),
    )
    w.run(until="4h")


def test_no_flapping_ends_on_silence(world: NewWorld) -> None:
    """Unknown stands still: the quiet time waits for what is known."""
    w = flap(world(flapping={"changes": 4, "within": "6h", "quiet": "30m"}), 5, 10, 15, 20)
    w.at("30m").fails("*").at("90m").heals("*")
    w.run_to("2h")
    ended = [int(each.at.removesuffix("m")) for each in w.heard if each.reason == "flapping_ended"]
    assert len(ended) == 1
    assert 108 <= ended[0] <= 114  # ten minutes before, twenty after


def test_a_removed_rule_ends_flapping_at_once(world: NewWorld) -> None:
    """Whoever was told that it flaps hears that it is over."""
    w = flap(world(flapping={"changes": 4, "within": "6h", "quiet": "2h"}), 5, 10, 15, 20, 25)
    w.at("30m").rules(HOT)
    w.run_to("1h")
    assert [each.reason for each in w.heard][-1] == "flapping_ended"


# ── digests and storms ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_digest_each_day_beside_the_rest(world: NewWorld) -> None:
    """At its time, also on an empty day; one missed while alertd was down comes once, with its due time."""
    receiver = {**targets("mail")[0], "digest": {"cron": "0 17 * * *", "location": "Europe/London"}}
    w = world(receivers=[receiver], route={"receiver": "for-mail", "repeat_interval": "30d"})
    w.at("200m").voltage("QT1", 11.0).at("25h").stopped_for("51h")
    w.expect(
        told("mail", "digest", at="2h", contains="[DIGEST]"),
        told("mail", "first", at="200m"),
        told("mail", "digest", at="76h", contains="[DIGEST]"),
    )
    w.run(until="76h", step="10m")


def test_a_storm_is_one_message_and_one_ending(world: NewWorld) -> None:
    """Forty monitors at once, each a group of its own: nobody gets forty messages, and nobody is left out."""
    many = tuple(f"QT{number:03}" for number in range(40))
    w = world(serials=many, route={"group_by": ["instrument"]})
    for serial in many:
        w.at("5m").voltage(serial, 11.0).at("30m").voltage(serial, 12.4)
    w.expect(told("mail", "first", at="5m", contains="×40"), told("mail", "all_resolved", at="30m", contains="×40"))
    w.run(until="1h")


def test_what_waited_for_a_dead_target_is_merged(world: NewWorld) -> None:
    """Twelve groups queued while it was down: one message when it is back."""
    many = tuple(f"QT{number:03}" for number in range(12))
    w = world(serials=many, route={"group_by": ["instrument"]})
    w.at("0m").target_down("mail")
    for number, serial in enumerate(many):
        w.at(f"{number + 1}m").voltage(serial, 11.0)
    w.at("30m").target_up("mail")
    w.run_to("70m")
    alerts = [each for each in w.heard if "LowVoltage" in each.text]
    assert [each.reason for each in alerts] == ["first"]
    assert "×12" in alerts[0].text

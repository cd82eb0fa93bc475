"""Stories of what is held while something else changes: routes, severities, causes, targets that are down.

START is a Saturday, 10 January 2026, 15:00 in London; quiet hours are from 15:30 to 16:30.
"""

from functools import partial

import pytest

from tests.support.situations import FIVE, LEVELS, NIGHT, OFFLINE, ON_CALL, at_site, flap, quiet, targets
from tests.support.world import LOW_VOLTAGE, NewWorld, told

TO_MAIL = {"receiver": "for-mail", "routes": []}
TO_CHAT = {"receiver": "for-mail", "routes": [{"matchers": ['alertname=~"LowVoltage|Supply"'], "receiver": "for-chat"}]}
TWO = {"receivers": targets("mail", "chat"), "route": TO_MAIL}


@pytest.fixture
def world(world: NewWorld) -> NewWorld:
    """Nothing flaps here, unless a story is about that."""
    return partial(world, flapping="off")


# ── rerouted meanwhile ───────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_no_longer_routed_hears_no_silence_end(world: NewWorld) -> None:
    """The alert went elsewhere while it was silenced: nothing but its ending goes to the old target."""
    w = world(**TWO)
    w.at("5m").voltage("QT1", 11.0).at("10m").silence('instrument="QT1"', until="30m").at("20m").config(route=TO_CHAT)
    w.at("40m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "first", at="5m"),
        told("chat", "silence_ended", at="30m"),
        told("mail", "all_resolved", at="40m"),
        told("chat", "all_resolved", at="40m"),
    )
    w.run(until="45m")


def test_who_is_no_longer_routed_hears_of_no_flapping(world: NewWorld) -> None:
    """The change that makes it flapping is, for the old target, the ordinary ending that it is owed."""
    w = flap(world(flapping={"changes": 4, "within": "6h", "quiet": "1h"}, **TWO), 5, 10, 15, 20, 25, 30)
    w.at("17m").config(route=TO_CHAT)
    w.run_to("40m", step="2m")
    assert [each.reason for each in w.heard if each.target == "mail"] == [
        "first",
        "all_resolved",
        "first",
        "all_resolved",
    ]
    assert [each.reason for each in w.heard if each.target == "chat"] == ["first", "flapping"]


def test_routed_back_long_after_the_silence(world: NewWorld) -> None:
    """It is new to the target: a `first`, and no silence ends."""
    w = world(**TWO)
    w.at("5m").silence('instrument="QT1"', until="30m").at("10m").voltage("QT1", 11.0).at("20m").config(route=TO_CHAT)
    w.at("40m").config(route=TO_MAIL)
    w.expect(told("chat", "silence_ended", at="30m"), told("mail", "first", at="40m"))
    w.run(until="50m")


def test_a_new_target_hears_nothing_of_what_was_over_before(world: NewWorld) -> None:
    """An alert is kept open for an ending that is owed to a target which is gone; the next target has no part in it."""
    fan = {"receiver": "for-mail", "routes": [{"receiver": "for-chat", "continue": True}, {"receiver": "for-mail"}]}
    w = world(receivers=targets("mail", "chat"), route=fan)
    w.at("5m").voltage("QT1", 11.0).at("10m").config(receivers=targets("mail"), route=TO_MAIL)
    w.at("20m").voltage("QT1", 12.4)
    new = {"receiver": "for-mail", "routes": [{"receiver": "for-sms", "continue": True}, {"receiver": "for-mail"}]}
    w.at("30m").config(receivers=targets("mail", "sms"), route=new)
    w.at("40m").config(receivers=targets("mail", "chat", "sms"), route={"receiver": "for-mail", "routes": []})
    w.expect(
        told("mail", "first", at="5m"),
        told("chat", "first", at="5m"),
        told("mail", "all_resolved", at="20m"),
        told("chat", "all_resolved", at="40m"),
    )
    w.run(until="45m")
    assert w.store.open_alerts() == []


def test_an_edit_of_group_by_brings_no_reminder_forward(world: NewWorld) -> None:
    """The new group was never spoken of: its reminders count from the target's last message."""
    w = world(route={"repeat_interval": "10m", "repeat_max": "40m"})
    w.at("5m").voltage("QT1", 11.0).at("20m").config(
        route={"repeat_interval": "10m", "repeat_max": "40m", "group_by": ["alertname"]}
    )
    w.expect(told("mail", "first", at="5m"), told("mail", "reminder", at="15m"), told("mail", "reminder", at="25m"))
    w.run(until="30m")


# ── a hold that lets go of one alert goes on ─────────────────────────────────────────────────────────────────────────


def test_what_gets_worse_than_a_silence_is_no_silence_end(world: NewWorld) -> None:
    """The silence is of warnings and goes on; the alert is critical now."""
    w = world(LEVELS)
    w.at("2m").silence('severity="warning"', until="5h").at("5m").voltage("QT1", 11.7).at("20m").voltage("QT1", 11.0)
    w.expect(told("mail", "first", at="20m", contains="[CRITICAL]"))
    w.run(until="30m")


@pytest.mark.parametrize("mode", ["defer", "digest", "drop"])
def test_what_gets_worse_bypasses_quiet_hours_from_then_on(world: NewWorld, mode: str) -> None:
    """At once, as what it is, its ending too; it waits for no digest."""
    hours = {**NIGHT, "mode": mode, "bypass": ['severity="critical"']}
    receiver = {**targets("mail")[0], "quiet_hours": hours, "digest": {"cron": "0 7 * * *"}}
    w = world(LEVELS, receivers=[receiver], route={"receiver": "for-mail"})
    w.at("35m").voltage("QT1", 11.7).at("40m").voltage("QT1", 11.0).at("50m").voltage("QT1", 12.4)
    w.expect(told("mail", "first", at="40m", contains="[CRITICAL]"), told("mail", "all_resolved", at="50m"))
    w.run(until="100m", step="5m")


def test_what_gets_worse_leaves_a_routes_interval(world: NewWorld) -> None:
    """Only the route of the warnings is muted."""
    times = [{"times": [{"start_time": "15:00", "end_time": "16:00"}]}]
    warnings = {"matchers": ['severity="warning"'], "mute_time_intervals": ["afternoon"]}
    w = world(LEVELS, time_intervals=[{"name": "afternoon", "time_intervals": times}], route={"routes": [warnings]})
    w.at("5m").voltage("QT1", 11.7).at("30m").voltage("QT1", 11.0)
    w.expect(told("mail", "first", at="30m", contains="[CRITICAL]"))
    w.run(until="70m", step="5m")


# ── ends that come together ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_silence_and_a_site_end_in_the_same_minute(world: NewWorld) -> None:
    """One message: who is still offline, and the site; those that are back are the site's, not items of their own."""
    w = world(OFFLINE, serials=FIVE, instruments=at_site("Quarry A", *FIVE), route={"group_by": ["alertname"]})
    w.at("2m").silence('site="Quarry A"', until="30m")
    for serial in FIVE:
        w.at("5m").online(serial, False)
    for serial in FIVE[:3]:
        w.at("30m").online(serial, True)
    w.expect(told("mail", "silence_ended", at="30m", contains=("2 fire, 1 is over", "SiteDown", "QT4", "QT5")))
    w.run(until="40m")


def test_a_silence_and_a_cause_end_in_the_same_minute(world: NewWorld) -> None:
    """The monitor is back, its voltage not known yet: it waits until it is judged."""
    w = world(OFFLINE, LOW_VOLTAGE)
    w.at("0m").silence('instrument="QT1"', until="30m").at("3m").voltage("QT1", 11.0).at("5m").online("QT1", False)
    w.at("30m").online("QT1", True).voltage("QT1", None).at("40m").voltage("QT1", 11.1)
    w.expect(
        told("mail", "silence_ended", at="30m", contains="MonitorOffline"),
        told("mail", "first", at="40m", contains="LowVoltage"),
    )
    w.run(until="45m")


def test_a_site_that_was_down_in_quiet_hours_is_one_line_of_their_end(world: NewWorld) -> None:
    """Its monitors are listed under it, not told of beside it."""
    hours = quiet("defer")
    hours["route"] = {"receiver": "for-mail", "group_by": ["alertname"]}
    w = world(OFFLINE, serials=FIVE, instruments=at_site("Quarry A", *FIVE), **hours)
    for serial in FIVE:
        w.at("35m").online(serial, False).at("50m").online(serial, True)
    w.expect(told("mail", "quiet_ended", at="90m", contains="[QUIET ENDED] SiteDown · Quarry A is over"))
    w.run(until="95m", step="5m")


def test_what_the_api_repeats_of_an_offline_monitor_is_no_news_when_it_is_back(world: NewWorld) -> None:
    """Its status is known first; the last answer of `current` is of when it was offline."""
    w = world(OFFLINE, LOW_VOLTAGE, poll={"current": "5m"})
    w.at("5m").online("QT1", False).at("8m").voltage("QT1", 11.0)
    w.at("21m").online("QT1", True).voltage("QT1", 12.4)
    w.expect(told("mail", "first", at="5m", contains="Offline"), told("mail", "all_resolved", at="21m"))
    w.run(until="30m")


# ── quiet hours and what lies outside of them ────────────────────────────────────────────────────────────────────────

SUPPLY_DIGEST = quiet("digest", digest={"cron": "0 7 * * *", "location": "Europe/London"})


def test_what_gets_worse_after_the_quiet_hours_waits_for_no_digest(world: NewWorld) -> None:
    """Only what was quiet is the digest's."""
    w = world(LEVELS, **SUPPLY_DIGEST)
    w.at("40m").voltage("QT1", 11.7).at("100m").voltage("QT1", 11.0)
    w.expect(told("mail", "first", at="100m", contains="[CRITICAL]"))
    w.run(until="110m", step="5m")


def test_an_ending_after_the_quiet_hours_waits_for_no_digest(world: NewWorld) -> None:
    """The target knew of it, and hears its end when it comes."""
    w = world(LEVELS, **SUPPLY_DIGEST)
    w.at("5m").voltage("QT1", 11.7).at("40m").voltage("QT1", 11.0).at("100m").voltage("QT1", 12.4)
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="100m"))
    w.run(until="110m", step="5m")


def test_quiet_hours_drop_only_what_began_in_them(world: NewWorld) -> None:
    """The target was down as it began: that is told, with its end."""
    w = world(**quiet("drop"))
    w.at("4m").target_down("mail").at("5m").voltage("QT1", 11.0)
    w.at("60m").voltage("QT1", 12.4).target_up("mail")
    w.run_to("95m")
    assert [each.reason for each in w.heard if "LowVoltage" in each.text] == ["quiet_ended"]


# ── targets that are down, escalation ────────────────────────────────────────────────────────────────────────────────


def test_a_message_that_came_late_is_followed_by_no_reminder(world: NewWorld) -> None:
    """Reminders count from when it arrived, not from when it was decided."""
    w = world(route={"repeat_interval": "20m"})
    w.at("4m").target_down("mail").at("5m").voltage("QT1", 11.0).at("40m").target_up("mail")
    w.run_to("75m")
    first, *reminders = [each for each in w.heard if "LowVoltage" in each.text]
    arrived = int(first.at.removesuffix("m"))
    assert arrived >= 40
    assert [(each.reason, each.at) for each in reminders] == [("reminder", f"{arrived + 20}m")]


def test_a_further_step_with_a_digest_is_told_the_ending_at_its_quiet_hours_end(world: NewWorld) -> None:
    """Its digest lists what is routed to it, which this is not."""
    mail, sms, boss = targets("mail", "sms", "boss")
    hours = {"quiet_hours": {**NIGHT, "mode": "digest"}, "digest": {"cron": "0 17 * * *", "location": "Europe/London"}}
    route = {"receiver": "for-mail", "escalate": [{"after": "10m", "receiver": "for-sms"}]}
    w = world(receivers=[mail, {**sms, **hours}, boss], route=route)
    w.at("5m").voltage("QT1", 11.0).at("60m").voltage("QT1", 12.4)
    w.run_to("2h", step="5m")
    assert [(each.reason, each.at) for each in w.heard if each.target == "sms"] == [
        ("unacknowledged", "15m"),
        ("quiet_ended", "90m"),
        ("digest", "120m"),
    ]


def test_flapping_that_nobody_acknowledges_escalates(world: NewWorld) -> None:
    """The whole time is one: its clock goes on from the alert's, a step is told once, and hears the end."""
    w = flap(world(flapping={"changes": 4, "within": "6h", "quiet": "30m"}, **ON_CALL), *range(5, 70, 5), 70)
    w.run_to("105m")
    assert [(each.reason, each.at) for each in w.heard if each.target == "sms"] == [
        ("unacknowledged", "45m"),
        ("flapping_ended", "100m"),
    ]


def test_an_acknowledgement_of_what_flaps_holds_its_escalation(world: NewWorld) -> None:
    """Whichever of its alerts it was given for."""
    w = flap(world(flapping={"changes": 4, "within": "6h", "quiet": "30m"}, **ON_CALL), *range(5, 70, 5), 70)
    w.at("26m").ack("LowVoltage", "QT1")
    w.run_to("70m", step="5m")
    assert {each.target for each in w.heard} == {"mail"}

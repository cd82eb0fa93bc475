"""The main job as timetables on a virtual clock: who is told what, when, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.daemon.cycle import cycle
from alertd.errors import KeyRefused
from alertd.model import Source
from tests.support.world import LOW_VOLTAGE, NewWorld, World, told

OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "severity": "warning"}
SIC = {"alert": "SicFailed", "when": 'sic.status != "Success"', "severity": "critical"}
TWO_TARGETS = [
    {
        "name": "team",
        "targets": [
            {"name": "mail", "url": "json://127.0.0.1:9/mail"},
            {"name": "chat", "url": "json://127.0.0.1:9/chat"},
        ],
    }
]


def test_once_when_it_begins_once_when_it_ends(world: NewWorld) -> None:
    """A flat battery is told once, and once more when it is charged."""
    w = world()
    w.at("5m").voltage("QT1", 11.2).at("30m").voltage("QT1", 12.4)
    w.expect(
        told("mail", "first", at="5m", contains=("[CRITICAL] LowVoltage · Monitor QT1 (QT1) 11.20 V",)),
        told("mail", "all_resolved", at="30m", contains=("[RESOLVED]", "QT1", "12.4 V")),
    )
    w.run(until="2h")


def test_silence_is_not_good_news(world: NewWorld) -> None:
    """Null, a failed poll, an offline monitor: the alert stays, nobody is told that it ended."""
    w = world()
    w.at("5m").voltage("QT1", 11.2).at("10m").voltage("QT1", None).at("20m").voltage("QT1", 12.5).fails("current")
    w.at("30m").heals("current").online("QT1", False).at("40m").online("QT1", True)
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="40m"))
    w.run(until="1h")


def test_for_is_observed_time_over_a_restart(world: NewWorld) -> None:
    """Ten minutes breached, with a restart in the middle and a stop of twenty minutes that does not count."""
    w = world({**LOW_VOLTAGE, "for": "10m"})
    w.at("0m").voltage("QT1", 11.2).at("3m").restart().at("5m").stopped_for("20m")
    w.expect(told("mail", "first", at="31m"))
    w.run(until="1h")


def test_nothing_again_after_restart_reload_and_edits(world: NewWorld) -> None:
    """A restart, an edited text, another severity down, reordered targets, another grouping: nothing is told again."""
    w = world(receivers=TWO_TARGETS)
    w.at("5m").voltage("QT1", 11.2)
    w.at("10m").restart()
    w.at("12m").rules({**LOW_VOLTAGE, "summary": "{{ instrument.name }} is low"})
    w.at("14m").rules({**LOW_VOLTAGE, "severity": "warning"})
    w.at("16m").config(receivers=[{**TWO_TARGETS[0], "targets": list(reversed(TWO_TARGETS[0]["targets"]))}])  # type: ignore[call-overload]
    w.at("18m").config(route={"group_by": ["site"]})
    w.at("20m").rules({**LOW_VOLTAGE, "alert": "BatteryLow", "was": ["LowVoltage"]})
    w.at("30m").voltage("QT1", 12.4)
    for target in ("mail", "chat"):
        w.expect(told(target, "first", at="5m"), told(target, "all_resolved", at="30m"))
    w.run(until="2h")


@pytest.mark.parametrize(
    ("move", "minutes", "why"),
    [
        pytest.param(lambda w: w.rules(OFFLINE), 20, "the rule was removed", id="the rule is removed"),
        pytest.param(
            lambda w: w.remove("QT1").add("QT2"),
            22,
            "the instrument was removed",
            id="the monitor leaves three listings",
        ),
        pytest.param(
            lambda w: w.config(instruments={"exclude": ["QT1"]}),
            20,
            "the instrument was removed",
            id="the monitor is excluded",
        ),
        pytest.param(
            lambda w: w.rules({**LOW_VOLTAGE, "match": ['power="solar"']}),
            20,
            "no longer matches",
            id="the rule no longer matches",
        ),
    ],
)
def test_every_other_end_is_told_with_its_reason(
    world: NewWorld, move: Callable[[World], World], minutes: int, why: str
) -> None:
    """An alert that ends because something was taken away: told, and why."""
    w = world()
    w.at("5m").voltage("QT1", 11.2)
    move(w.at("20m"))
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at=f"{minutes}m", contains=(why,)))
    w.run(until="1h")


def test_one_short_listing_ends_nothing(world: NewWorld) -> None:
    """An empty listing, or two without the monitor, are no news."""
    w = world(serials=("QT1", "QT2"))
    w.at("5m").voltage("QT1", 11.2).at("20m").remove("QT1").at("22m").does(lambda: w.client.add("QT1"))
    w.at("22m").voltage("QT1", 11.2)
    w.expect(told("mail", "first", at="5m"))
    w.run(until="1h")


def test_levels_are_one_alert_that_steps(world: NewWorld) -> None:
    """Warning, then critical, then back: first, escalated, and one end."""
    rule = {
        "alert": "SupplyVoltage",
        "levels": {
            "warning": {"when": "current.voltage < 11.8", "until": "current.voltage >= 12.1"},
            "critical": {"when": "current.voltage < 11.3", "until": "current.voltage >= 11.6"},
        },
    }
    w = world(rule)
    w.at("5m").voltage("QT1", 11.7).at("15m").voltage("QT1", 11.1).at("25m").voltage("QT1", 11.7).at("35m").voltage(
        "QT1", 12.3
    )
    w.expect(
        told("mail", "first", at="5m", contains="[WARNING]"),
        told("mail", "escalated", at="15m", contains="[CRITICAL]"),
        told("mail", "all_resolved", at="35m"),
    )
    w.run(until="1h")


def test_a_group_is_one_message(world: NewWorld) -> None:
    """Three monitors of a site at once: one message; one ends: one; the rest: one."""
    labels = {serial: {"site": "A"} for serial in ("QT1", "QT2", "QT3")}
    w = world(serials=("QT1", "QT2", "QT3"), instruments={"labels": labels}, route={"group_by": ["alertname", "site"]})
    for serial in labels:
        w.at("5m").voltage(serial, 11.1)
    w.at("10m").voltage("QT2", 12.5).at("20m").voltage("QT1", 12.5).voltage("QT3", 12.5)
    w.expect(
        told("mail", "first", at="5m", contains=("[CRITICAL ×3]", "QT1", "QT2", "QT3")),
        told("mail", "some_resolved", at="10m", contains="[CRITICAL ×2]"),
        told("mail", "all_resolved", at="20m", contains="[RESOLVED ×2]"),
    )
    w.run(until="1h")


def test_group_wait_gathers_and_drops_what_is_soon_over(world: NewWorld) -> None:
    """Two within five minutes are one message; one that lasted three minutes is none."""
    w = world(serials=("QT1", "QT2", "QT3"), route={"group_by": ["alertname"], "group_wait": "5m"})
    w.at("5m").voltage("QT1", 11.1).at("8m").voltage("QT2", 11.1)
    w.at("40m").voltage("QT1", 12.5).voltage("QT2", 12.5).at("60m").voltage("QT3", 11.1).at("63m").voltage("QT3", 12.5)
    w.expect(told("mail", "first", at="10m", contains="×2"), told("mail", "all_resolved", at="40m"))
    w.run(until="2h")


def test_a_single_cycle_waits_for_nothing(world: NewWorld) -> None:
    """`poll` tells at once what fires; what was over within group_wait is told to nobody there, too."""
    w = world(SIC, serials=("QT1", "QT2", "QT3"), poll={"sic": "1m"}, route={"group_wait": "5m"})
    cycle(w.parts)
    for serial, minutes in (("QT1", 3), ("QT2", 6)):
        w.client.record(Source.SIC, serial, w.now + timedelta(hours=1), {"status": "Error"})
        w.client.record(Source.SIC, serial, w.now + timedelta(hours=1, minutes=minutes), {"status": "Success"})
    w.client.record(Source.SIC, "QT3", w.now + timedelta(hours=2), {"status": "Error"})
    w.now += timedelta(hours=2)
    w.read_again()
    titles = [attempt.delivery.message.title for attempt in cycle(w.parts).attempts]
    assert titles == [
        "[RESOLVED] SicFailed · Monitor QT2 (QT2) Success",
        "[CRITICAL] SicFailed · Monitor QT3 (QT3) Error",
    ]


def test_reminders_come_ever_more_rarely(world: NewWorld) -> None:
    """After 20 minutes, then 40 more; then each hour, the longest."""
    w = world(route={"repeat_interval": "20m", "repeat_max": "1h"})
    w.at("0m").voltage("QT1", 11.1)
    w.expect(told("mail", "first", at="0m"), told("mail", "reminder", at="20m"), told("mail", "reminder", at="1h"))
    w.expect(told("mail", "reminder", at="2h"))
    w.run(until="150m")


def test_a_target_that_was_down_hears_both_in_one(world: NewWorld) -> None:
    """Fired and over while it was down: one message says both; the healthy one was told in time."""
    w = world(receivers=TWO_TARGETS)
    w.at("5m").target_down("chat").voltage("QT1", 11.2).at("25m").voltage("QT1", 12.4).at("26m").target_up("chat")
    w.expect(told("mail", "first", at="5m"), told("mail", "all_resolved", at="25m"))
    w.expect(
        told("mail", "first", at="10m", contains=("[WARNING] TargetFailing · chat",)),
        told("mail", "all_resolved", at="30m", contains=("TargetFailing",)),
    )
    w.expect(told("chat", "all_resolved", at="30m", contains=("QT1", "[RESOLVED]")))
    w.run(until="2h")


def test_a_broken_send_is_repeated_and_marked(world: NewWorld) -> None:
    """A send that broke off may have arrived: it goes again, marked as a possible repeat, and its end is owed."""
    w = world()
    w.at("5m").target_down("mail", maybe=True).voltage("QT1", 11.2).at("6m").target_up("mail").at("20m").voltage(
        "QT1", 12.4
    )
    w.expect(told("mail", "first", at="6m"), told("mail", "all_resolved", at="20m"))
    w.run(until="1h")
    assert [repeat for _, _, repeat in w.channels.taken] == [False, True, False]


def test_a_failure_and_its_recovery_during_an_outage_are_both_on_record(world: NewWorld) -> None:
    """A SIC failed and passed again while alertd was down: one message says both."""
    w = world(SIC, poll={"sic": "1m"})
    w.at("0m").sic("QT1", "Success").at("5m").stopped_for("5h").at("1h").sic("QT1", "Error").at("3h").sic(
        "QT1", "Success"
    )
    w.expect(told("mail", "all_resolved", at="305m", contains=("SicFailed", "QT1")))
    w.run(until="6h")


def test_a_first_start_tells_of_the_last_sic_however_old(world: NewWorld) -> None:
    """The newest SIC on record is the present state; older ones and past events are nobody's alert."""
    rule = {"alert": "NetworkEvent", "when": 'event.type == "Connection"'}
    w = world(SIC, rule, poll={"sic": "1m", "events": "1m"})
    w.client.record(Source.SIC, "QT1", w.now - timedelta(days=20), {"status": "Success"})
    w.client.record(Source.SIC, "QT1", w.now - timedelta(days=10), {"status": "Error"})
    w.client.record(Source.EVENTS, "QT1", w.now - timedelta(hours=1), {"type": "Connection", "info": "Ethernet"})
    w.expect(told("mail", "first", at="0m", contains="SicFailed"))
    w.run(until="10m")


def test_the_first_event_ever_is_news(world: NewWorld) -> None:
    """A monitor without any event or check on record was read before: what comes then is judged, each in its order."""
    rule = {"alert": "NetworkEvent", "when": 'event.type == "Connection"'}
    w = world(SIC, rule, poll={"sic": "5m", "events": "5m"})
    w.at("12m").record(Source.EVENTS, "QT1", {"type": "Connection", "info": "Ethernet"})
    w.at("31m").sic("QT1", "Error").at("34m").sic("QT1", "Success")
    w.expect(told("mail", "first", at="15m", contains="NetworkEvent"))
    w.expect(told("mail", "all_resolved", at="35m", contains="SicFailed"))
    w.run(until="40m")


def test_what_reads_the_instrument_alone_is_judged_as_well(world: NewWorld) -> None:
    """A subscription that ends and is renewed: such a rule reads no source, so every round looks at it."""
    w = world({"alert": "NotPaidFor", "when": 'instrument.subscription != "Active"', "for": "10m"})

    def subscribe(word: str) -> None:
        w.client.fleet["QT1"] = replace(w.client.fleet["QT1"], subscription=word)

    w.at("5m").does(lambda: subscribe("Expired")).at("30m").does(lambda: subscribe("Active"))
    w.expect(told("mail", "first", at="15m", contains="NotPaidFor"), told("mail", "all_resolved", at="30m"))
    w.run(until="1h")


def test_the_api_away_is_one_own_alert(world: NewWorld) -> None:
    """Unreachable for three intervals: one critical message; back: one more. No rule of a monitor speaks."""
    w = world(LOW_VOLTAGE, OFFLINE)
    w.at("10m").fails("*").at("30m").heals("*")
    w.expect(
        told("mail", "first", at="13m", contains="[CRITICAL] ApiUnreachable · MyCirrus API"),
        told("mail", "all_resolved", at="30m", contains="ApiUnreachable"),
    )
    w.run(until="1h")


def test_a_refused_key_is_told_at_once(world: NewWorld) -> None:
    """401: ApiKeyRefused at once, its end with the first good answer."""
    w = world()
    w.at("10m").fails("*", KeyRefused("401: the API key was refused")).at("30m").heals("*")
    w.expect(
        told("mail", "first", at="10m", contains="[CRITICAL] ApiKeyRefused · MyCirrus API"),
        told("mail", "all_resolved", at="30m"),
    )
    w.run(until="1h")

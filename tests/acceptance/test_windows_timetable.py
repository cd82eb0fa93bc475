"""Stories of rules over windows: on a first start, over restarts, gaps and an edit, with the real parts."""

from datetime import timedelta
from itertools import pairwise

from alertd.model import Source
from tests.support.world import START, NewWorld, World, told

MEAN = {"alert": "MeanLow", "when": 'avg(current.voltage, "6h") < 11.8', "severity": "warning"}
MINUTE = timedelta(minutes=1)


def past_stats(world: World, hours: int, volts: float, *, serial: str = "QT1", until: timedelta = -MINUTE) -> None:
    """MyCirrus has one record of stats a minute, so far back."""
    for minutes in range(hours * 60, int(-until / MINUTE) - 1, -1):
        world.client.record(Source.STATS, serial, START - minutes * MINUTE, {"voltage": volts, "samplePeriod": 60.0})


def test_a_six_hour_rule_works_a_minute_after_installation(world: NewWorld) -> None:
    """The store is empty, but MyCirrus has the past of stats: the window of current is filled from it."""
    w = world(MEAN, poll={"stats": "5m"})
    past_stats(w, 12, 11.5)
    w.at("0m").voltage("QT1", 11.5)
    w.expect(told("mail", "first", at="0m", contains="mean voltage of 6 h 11.5 V < 11.8 V")).run(until="5m")


def test_without_a_past_it_waits_for_half_of_its_values(world: NewWorld) -> None:
    """Stats are not polled: unknown for three hours, then told."""
    w = world(MEAN)
    w.at("0m").voltage("QT1", 11.5)
    w.expect(told("mail", "first", at="179m")).run(until="200m")


def test_a_restart_forgets_nothing(world: NewWorld) -> None:
    """The window is read from the store again: the alert goes on, and the end comes when it would have come."""
    w = world(MEAN)
    w.at("0m").voltage("QT1", 11.5)
    w.at("200m").restart()
    w.at("210m").voltage("QT1", 12.6).at("211m").restart()
    w.expect(
        told("mail", "first", at="179m"),
        told("mail", "all_resolved", at="288m", contains="mean voltage of 6 h 11.8"),
    ).run(until="310m")


def test_what_alertd_slept_through_is_filled_in(world: NewWorld) -> None:
    """Three of six hours without alertd: stats of that time stand in for current."""
    w = world(MEAN, poll={"stats": "5m"})
    past_stats(w, 12, 12.6)
    w.at("0m").voltage("QT1", 12.6)
    w.at("10m").stopped_for("300m").at("311m").restart()
    for minute in range(11, 312):
        w.client.record(Source.STATS, "QT1", START + minute * MINUTE, {"voltage": 11.3, "samplePeriod": 60.0})
    w.at("310m").voltage("QT1", 11.3)
    w.expect(told("mail", "first", at="310m", contains="mean voltage of 6 h 11.5")).run(until="330m")


def test_an_edit_that_needs_more_of_the_past_gets_it(world: NewWorld) -> None:
    """A rule that looks back a day is written while alertd runs with cursors that are minutes old."""
    stats_rule = {"alert": "DayLow", "when": 'min(stats.voltage, "24h") < 11.0', "severity": "warning"}
    w = world({**stats_rule, "when": "stats.voltage < 11.0"}, poll={"stats": "5m"})
    past_stats(w, 20, 10.9, until=timedelta(hours=-10))
    past_stats(w, 10, 12.0)
    for minute in range(60):
        w.client.record(Source.STATS, "QT1", START + minute * MINUTE, {"voltage": 12.0, "samplePeriod": 60.0})
    w.at("20m").rules(stats_rule)
    w.expect(told("mail", "first", at="20m", contains="lowest voltage of 1 d 10.9 V < 11 V")).run(until="40m")


def test_an_offline_monitor_is_unknown_whatever_its_past_says(world: NewWorld) -> None:
    """Promise 1 holds for windows: offline neither starts nor ends anything."""
    w = world({**MEAN, "when": 'min(current.voltage, "10m") < 11.8'})
    w.at("0m").voltage("QT1", 11.5)
    w.at("20m").online("QT1", False).voltage("QT1", 12.6)
    w.at("60m").online("QT1", True)
    w.expect(told("mail", "first", at="4m"), told("mail", "all_resolved", at="64m")).run(until="80m")


def test_a_battery_is_told_before_it_is_flat(world: NewWorld) -> None:
    """Falling by 0.1 V an hour from 12.4 V: flat at 11.3 V in eleven hours, told eight before."""
    rule = {
        "alert": "FlatSoon",
        "when": 'time_to(current.voltage, 11.3, "3h") < "8h"',
        "until": 'time_to(current.voltage, 11.3, "3h") > "12h"',
        "severity": "warning",
    }
    w = world(rule)
    for quarter in range(4 * 5):
        w.at(f"{quarter * 15}m").voltage("QT1", 12.4 - 0.025 * quarter)
    w.at("300m").voltage("QT1", 13.4)
    w.run_to("600m", step="5m")
    reasons = [heard.reason for heard in w.heard]
    assert reasons == ["first", "all_resolved"]
    first = float(w.heard[0].at.removesuffix("m"))
    assert 160 <= first <= 200, "three hours after the start it is at 12.1 V, eight hours above 11.3 V"
    assert "time until voltage is 11.3 V" in w.heard[0].text
    assert all(float(a.at[:-1]) <= float(b.at[:-1]) for a, b in pairwise(w.heard))

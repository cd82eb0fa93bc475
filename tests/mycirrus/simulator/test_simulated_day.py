"""The simulated world: what its scripts say happens, at any time asked for and in any order."""

from datetime import UTC, datetime, time, timedelta

import pytest

from alertd.model import Source
from alertd.mycirrus.simulator.battery import DAY, Course, rest_volts, sun
from alertd.mycirrus.simulator.overrides import Overrides
from alertd.mycirrus.simulator.pace import SimulatedClock, Tempo
from alertd.mycirrus.simulator.records import Records
from alertd.mycirrus.simulator.script import Battery, Fleet, Monitor, Power, Story, What, plain_fleet, serials
from alertd.mycirrus.simulator.world import World

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def world_of(*stories: Story, repeat: timedelta | None = None, **traits: object) -> World:
    monitor = Monitor(serial="QT1", stories=stories, **traits)  # type: ignore[arg-type]
    return World(Fleet(monitors=(monitor,), repeat=repeat), START)


def records_of(world: World) -> Records:
    return Records(world, Overrides())


def story(what: What, at: float, lasts: float | None = None, **traits: object) -> Story:
    return Story(what=what, at=at * HOUR, lasts=None if lasts is None else lasts * HOUR, **traits)  # type: ignore[arg-type]


def test_a_simulated_clock_runs_at_its_speed() -> None:
    """Sixty simulated seconds pass in each real one, on both of its faces."""
    real = iter([100.0, 110.0, 110.0])
    clock = SimulatedClock(START, 60, lambda: next(real))
    assert clock() == START + timedelta(minutes=10)
    assert clock.monotonic() == 6600.0


def test_a_clock_that_stands_still_is_refused() -> None:
    """A speed of nothing or less is a mistake."""
    with pytest.raises(ValueError, match="forward"):
        SimulatedClock(START, 0)


@pytest.mark.parametrize(("minutes", "seconds"), [(-10, -600), (0, 0), (10, 36000)])
def test_a_story_goes_faster_than_the_clock_from_its_start_on(minutes: float, seconds: float) -> None:
    """What was before is told at the clock's own pace, and back again."""
    tempo = Tempo(START, 60)
    at = START + timedelta(minutes=minutes)
    assert tempo.story(at) == seconds
    assert tempo.time(seconds) == at


@pytest.mark.parametrize(
    ("charge", "volts"), [(1.0, 12.73), (0.5, 12.1), (0.05, 11.005), (0.0, 10.5), (1.3, 12.73), (-1, 10.5)]
)
def test_resting_volts_follow_the_lead_acid_table(charge: float, volts: float) -> None:
    """Full, half, nearly flat, flat, and nothing outside of that."""
    assert rest_volts(charge) == pytest.approx(volts)


def test_a_solar_battery_sinks_at_night_and_rises_by_day() -> None:
    """It is lowest about dawn, and in the afternoon it is charging."""
    course = Course(Battery(capacity=20, charge=1, solar=40, load=6), sun(time(12), time(6), time(18)))
    dusk, dawn, noon = 6 * 3600, 18 * 3600, DAY
    assert course.charge(dusk) > course.charge(dawn) < course.charge(noon)
    assert course.volts(dawn) < 12.4
    assert course.volts(noon) > 12.9


def test_a_flat_battery_switches_its_monitor_off_until_it_is_charged_again() -> None:
    """Off in the night, on again in the morning, with a new start."""
    course = Course(Battery(capacity=5, charge=1, solar=40, load=6), sun(time(12), time(6), time(18)))
    before_dawn, noon = 17 * 3600.0, DAY
    off = course.off_since(before_dawn)
    assert off is not None
    assert 6 * 3600 < off < before_dawn
    assert course.off_since(noon) is None
    started = course.started(noon)
    assert started is not None
    assert before_dawn < started < noon


def test_the_curve_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    """A later hour asked first changes no earlier one."""
    light = sun(time(12), time(6), time(18))
    one, other = (Course(Battery(capacity=20, solar=40), light) for _ in range(2))
    late_first = [one.charge(hour * 3600.0) for hour in reversed(range(-30, 60))]
    in_order = [other.charge(hour * 3600.0) for hour in range(-30, 60)]
    assert late_first[::-1] == in_order


def test_a_swapped_battery_is_full_again() -> None:
    """A person came by."""
    battery = Battery(capacity=40, charge=0.5)
    course = Course(battery, sun(time(12), time(6), time(18)), (4 * 3600.0,))
    assert course.charge(3.9 * 3600) < 0.5
    assert course.charge(4.2 * 3600) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("told", "hours", "expected"),
    [
        (story(What.OFFLINE, 2, 1), [1.9, 2.0, 2.9, 3.0], "on off off on"),
        (story(What.OFFLINE, 2), [1.9, 2.0, 500.0], "on off off"),
        (story(What.POWER_LOST, 2, 2), [1.9, 2.2, 2.4, 3.9, 4.0, 4.1], "on on off off off on"),
        (story(What.POWER_LOST, 2, 0.2), [2.1, 2.3], "on on"),
        (story(What.REBOOT, 2), [1.99, 2.0, 2.02, 2.03], "on off off on"),
    ],
)
def test_a_monitor_goes_offline_and_comes_back(told: Story, hours: list[float], expected: str) -> None:
    """Cut off, without power after its backup (20 minutes), starting: each for as long as its script says."""
    world = world_of(told)
    states = [world.condition("QT1", START + hour * HOUR).online for hour in hours]
    assert " ".join("on" if state else "off" for state in states) == expected


def test_a_story_that_repeats_comes_every_day_and_never_before_the_start() -> None:
    """The third day is like the first; yesterday was quiet."""
    world = world_of(story(What.OFFLINE, 2, 1), repeat=24 * HOUR)
    hours = (-21.5, 2.5, 3.5, 26.5, 27.5, 50.5)
    online = [world.condition("QT1", START + hour * HOUR).online for hour in hours]
    assert online == [True, False, True, False, True, False]


def test_a_window_over_midnight_of_the_repeat_is_whole() -> None:
    """A story that outlasts its day goes on in the next."""
    world = world_of(story(What.OFFLINE, 23, 3), repeat=24 * HOUR)
    online = [world.condition("QT1", START + hour * HOUR).online for hour in (0.5, 23.5, 25.9, 26.1, 47.5)]
    assert online == [True, False, False, True, False]


def test_mains_sag_before_they_go_and_are_back_afterwards() -> None:
    """The supply falls from mains to a battery that runs down, and uptime starts over."""
    world = world_of(story(What.POWER_LOST, 2, 2), backup=HOUR)
    volts = [world.readings("QT1", START + hour * HOUR)["voltage"] for hour in (1.9, 2.1, 2.9, 4.5)]
    assert volts[0] > 13 > volts[1] > 12 > volts[2] > 10.7
    assert volts[3] > 13
    assert world.readings("QT1", START + 5 * HOUR)["uptime"] == pytest.approx(3600 - 90)


def test_a_reading_rises_stays_and_comes_back() -> None:
    """Half way up after half of its rise, at its level, half way down, as usual."""
    hot = story(What.READING, 2, 3, field="temp", to=95.0, rise=HOUR, fall=HOUR)
    world = world_of(hot)
    usual = world.readings("QT1", START + 1.9 * HOUR)["temp"]
    temps = [world.readings("QT1", START + hour * HOUR)["temp"] for hour in (2.5, 3.5, 4.9, 5.5, 6.1)]
    assert usual < temps[0] < 90
    assert temps[1:3] == [95.0, 95.0]
    assert usual < temps[3] < 90
    assert temps[4] < 60


@pytest.mark.parametrize(
    ("told", "statuses"),
    [
        ([], ["Success"] * 4),
        ([story(What.SIC_FAILS, 5, 2)], ["Success", "Error", "Success", "Success"]),
        ([story(What.SIC_FAILS, 5, 8)], ["Success", "Error", "Error", "Success"]),
    ],
)
def test_sics_fail_while_the_script_says_so(told: list[Story], statuses: list[str]) -> None:
    """One every six hours, and only those within the span fail."""
    world = world_of(*told)
    found = records_of(world).between(Source.SIC, "QT1", START, START + 24 * HOUR, START + 24 * HOUR)
    assert [fields["status"] for _, fields in found] == statuses


def test_a_calibration_fails_and_the_next_one_goes_well() -> None:
    """Both are on record, with the note of who put it right."""
    records = records_of(world_of(story(What.CALIBRATION_FAILS, 2, 3)))
    now = START + 24 * HOUR
    found = records.between(Source.CALIBRATIONS, "QT1", START, now, now)
    assert [(at - START, fields["status"]) for at, fields in found] == [(2 * HOUR, "Failed"), (5 * HOUR, "Success")]
    assert [at - START for at, _ in records.between(Source.CALIBRATION_LOG, "QT1", START, now, now)] == [5 * HOUR]


def test_an_old_calibration_is_the_newest_where_the_script_says_when() -> None:
    """So that one can be overdue."""
    records = records_of(world_of(calibrated_ago=timedelta(days=40)))
    newest = records.newest(Source.CALIBRATIONS, "QT1", START + timedelta(days=3))
    assert newest is not None
    assert START - newest[0] == timedelta(days=40)


@pytest.mark.parametrize(
    ("upload", "during", "after"),
    [(True, 0, 60), (False, 0, 0)],
    ids=["uploaded afterwards", "lost"],
)
def test_what_was_measured_offline_arrives_late_or_never(upload: bool, during: int, after: int) -> None:
    """While it is offline nothing new is on record; afterwards all of it, unless the script says it is lost."""
    records = records_of(world_of(story(What.OFFLINE, 2, 1, upload=upload)))
    begin, end = START + 2 * HOUR, START + 3 * HOUR - timedelta(seconds=1)
    counts = [len(records.between(Source.STATS, "QT1", begin, end, now)) for now in (end, end + HOUR)]
    assert counts == [during, after]


def test_nothing_is_recorded_without_power() -> None:
    """A power cut leaves a hole in the statistics for good."""
    records = records_of(world_of(story(What.POWER_LOST, 2, 2)))
    begin, end = START + 3 * HOUR, START + 3.9 * HOUR
    assert records.between(Source.STATS, "QT1", begin, end, START + 9 * HOUR) == []


def test_nothing_comes_from_the_future() -> None:
    """A range that ends after now is answered up to now."""
    records = records_of(world_of())
    found = records.between(Source.STATS, "QT1", START, START + 9 * HOUR, START + HOUR)
    assert found[-1][0] == START + HOUR


def test_slices_make_the_whole() -> None:
    """The same records, whether asked for at once or hour by hour."""
    stories = (story(What.SIC_FAILS, 2, 8), story(What.CALIBRATION_FAILS, 3, 9), story(What.OFFLINE, 5, 2))
    records = records_of(world_of(*stories, repeat=24 * HOUR))
    now = START + 96 * HOUR
    for source in (Source.SIC, Source.CALIBRATIONS, Source.EVENTS):
        whole = records.between(source, "QT1", START - 48 * HOUR, now - timedelta(microseconds=1), now)
        sliced = [
            record
            for hour in range(-48, 96)
            for record in records.between(
                source, "QT1", START + hour * HOUR, START + (hour + 1) * HOUR - timedelta(microseconds=1), now
            )
        ]
        assert whole == sliced
        assert whole


def test_reconnecting_is_an_event() -> None:
    """With its kind, and its end a minute or so later."""
    records = records_of(world_of(story(What.OFFLINE, 2, 1)))
    ((at, fields),) = records.between(Source.EVENTS, "QT1", START, START + 9 * HOUR, START + 9 * HOUR)
    assert (at - START, fields["type"], fields["info"]) == (3 * HOUR, "Connection", "LTE")


def test_stats_come_in_their_own_units() -> None:
    """Memory and disk are megabytes there, and the percentages beside them agree."""
    ((_, fields),) = records_of(world_of()).between(Source.STATS, "QT1", START, START, START)
    assert float(str(fields["mem"])) / 3793 * 100 == pytest.approx(fields["memoryPercent"], abs=0.1)
    assert float(str(fields["disk"])) / 24892 * 100 == pytest.approx(fields["diskPercent"], abs=0.1)


def test_what_is_held_by_hand_counts_from_then_on() -> None:
    """The past stays as it was; letting go brings the script back."""
    world, overrides = world_of(), Overrides()
    records = Records(world, overrides)
    overrides.pin("QT1", START + HOUR, {"voltage": 11.2, "online": False})
    overrides.unpin("QT1", START + 2 * HOUR)
    volts = [records.current("QT1", START + hour * HOUR)["voltage"] for hour in (0.9, 1.0, 1.9, 2.0)]
    assert [volt == 11.2 for volt in volts] == [False, True, True, False]
    online = [records.condition("QT1", START + hour * HOUR).online for hour in (0.9, 1.0, 1.9, 2.0)]
    assert online == [True, False, False, True]


def test_a_record_added_by_hand_is_the_newest() -> None:
    """A test's own SIC is what status and the list show."""
    world, overrides = world_of(), Overrides()
    overrides.add_record(Source.SIC, "QT1", START + 3 * HOUR, {"status": "Error"})
    records = Records(world, overrides)
    status = records.status("QT1", START + 4 * HOUR)
    assert status["lastSic"] == {"time": START + 3 * HOUR, "status": "Error"}


def test_batteries_alike_are_integrated_once() -> None:
    """A thousand monitors with the same battery share its curve."""
    world = World(plain_fleet(1000, power=Power.SOLAR, battery=Battery(solar=30)), START)
    assert len({id(actor._course) for actor in world.actors.values()}) == 1


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [("QT099", 3, ["QT099", "QT100", "QT101"]), ("QT9", 2, ["QT9", "QT10"]), ("Monitor", 1, ["Monitor"])],
)
def test_serials_are_numbered_on(first: str, count: int, expected: list[str]) -> None:
    """From the digits at their end, as wide as they are."""
    assert serials(first, count) == expected


def test_the_opening_is_the_last_time_the_clocks_agreed() -> None:
    """So that a story of a night can be told at night."""
    fleet = Fleet(monitors=(), opens_at=time(15))
    assert fleet.opening(START) == datetime(2026, 1, 9, 15, tzinfo=UTC)
    assert fleet.opening(START + 5 * HOUR) == datetime(2026, 1, 10, 15, tzinfo=UTC)


def test_a_microphone_that_drifts_shows_in_checks_and_calibrations() -> None:
    """Both hear so much more from then on."""
    drift = story(What.READING, 10, field="drift", to=1.5)
    records = records_of(world_of(drift, calibrated_every=8 * HOUR, sic_every=8 * HOUR))
    span = (START, START + 40 * HOUR, START + 40 * HOUR)
    offsets = [fields["offset"] for _, fields in records.between(Source.CALIBRATIONS, "QT1", *span)]
    assert (offsets[0], offsets[-1]) == (0.1, 1.6)
    levels = [float(str(fields["_1KHz"])) for _, fields in records.between(Source.SIC, "QT1", *span)]
    assert levels[-1] - levels[0] == pytest.approx(1.5, abs=0.4)


def test_a_weak_signal_shows_in_stats_alone() -> None:
    """As the script says; `current` has no such reading."""
    weak = story(What.READING, 1, 1, field="lteRsrp", to=-120.0)
    records = records_of(world_of(weak))
    span = (START, START + 3 * HOUR, START + 3 * HOUR)
    found = {at: fields["lteRsrp"] for at, fields in records.between(Source.STATS, "QT1", *span)}
    assert [found[START + hour * HOUR] for hour in (1.5, 2.5)] == [-120, pytest.approx(-98, abs=3)]
    assert "lteRsrp" not in records.current("QT1", START + 1.5 * HOUR)


def test_records_that_are_lost_never_arrive() -> None:
    """The monitor is online all the time."""
    world = world_of(story(What.RECORDS_LOST, 1, 1))
    later = START + 9 * HOUR
    found = [at for at, _ in records_of(world).between(Source.STATS, "QT1", START, START + 3 * HOUR, later)]
    assert not [at for at in found if START + HOUR <= at < START + 2 * HOUR]
    assert len(found) == 121
    assert world.condition("QT1", START + 1.5 * HOUR).online

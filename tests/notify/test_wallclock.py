"""Times of day by the clocks of many places: where a range begins and ends, through every change of the clocks."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.config.notifications import Times
from alertd.notify.wallclock import NamedInterval, TimeInterval, interval_of, zone_of

LONDON = "Europe/London"  # 29 March 2026: 01:00 → 02:00; 25 October: 02:00 → 01:00
ST_JOHNS = "America/St_Johns"  # -03:30; 8 March: 02:00 → 03:00; 1 November: 02:00 → 01:00
LORD_HOWE = "Australia/Lord_Howe"  # half an hour: 4 October: 02:00 → 02:30; 5 April: 02:00 → 01:30
KATHMANDU = "Asia/Kathmandu"  # +05:45
SANTIAGO = "America/Santiago"  # 6 September: 00:00 → 01:00; 5 April at 00:00 → 4 April 23:00
BEIRUT = "Asia/Beirut"  # 29 March: 00:00 → 01:00; 25 October at 00:00 → 24 October 23:00
HAVANA = "America/Havana"  # 1 November: 01:00 → 00:00: that day's first hour comes twice
APIA = "Pacific/Apia"  # 30 December 2011 never was

MINUTE = timedelta(minutes=1)


def times(text: str, **days: tuple[tuple[int, int], ...]) -> TimeInterval:
    """An interval of one range, "22:00-07:00"."""
    start, end = (int(each[:2]) * 60 + int(each[3:]) for each in text.split("-"))
    return TimeInterval(times=((start, end),), **days)


def spans(interval: TimeInterval, zone: str, begin: str, hours: int = 48) -> list[str]:
    """When the interval begins and ends after an instant, as seen minute by minute, in UTC."""
    at, found, inside = datetime.fromisoformat(begin).replace(tzinfo=UTC), [], False
    for _ in range(hours * 60):
        if interval.contains(at, zone) != inside:
            inside = not inside
            found.append(f"{at:%d %H:%M}")
        at += MINUTE
    return [" to ".join(found[n : n + 2]) for n in range(0, len(found), 2)]


NIGHT = "22:00-07:00"


@pytest.mark.parametrize(
    ("zone", "begin", "text", "span"),
    [
        ("UTC", "2026-01-10T12:00", NIGHT, "10 22:00 to 11 07:00"),
        (LONDON, "2026-07-10T12:00", NIGHT, "10 21:00 to 11 06:00"),
        (LONDON, "2026-03-28T12:00", NIGHT, "28 22:00 to 29 06:00"),  # 8 hours
        (LONDON, "2026-10-24T12:00", NIGHT, "24 21:00 to 25 07:00"),  # 10 hours
        (KATHMANDU, "2026-01-10T12:00", NIGHT, "10 16:15 to 11 01:15"),
        (ST_JOHNS, "2026-03-07T12:00", NIGHT, "08 01:30 to 08 09:30"),
        (ST_JOHNS, "2026-10-31T12:00", NIGHT, "01 00:30 to 01 10:30"),
        (LORD_HOWE, "2026-10-03T06:00", NIGHT, "03 11:30 to 03 20:00"),  # 8½ hours
        (LORD_HOWE, "2026-04-04T06:00", NIGHT, "04 11:00 to 04 20:30"),  # 9½ hours
        (SANTIAGO, "2026-09-05T12:00", NIGHT, "06 02:00 to 06 10:00"),
        (SANTIAGO, "2026-04-04T12:00", NIGHT, "05 01:00 to 05 11:00"),
        (BEIRUT, "2026-03-28T12:00", NIGHT, "28 20:00 to 29 04:00"),
        # a time that does not exist is taken one gap later
        (LONDON, "2026-03-28T12:00", "01:30-06:00", "29 01:30 to 29 05:00"),  # from 02:30 summer time
        (LONDON, "2026-03-28T12:00", "00:30-01:30", "29 00:30 to 29 01:30"),  # to 02:30 summer time
        (LONDON, "2026-03-28T12:00", "01:15-01:45", "29 01:15 to 29 01:45"),
        (LORD_HOWE, "2026-10-03T12:00", "02:15-06:00", "03 15:45 to 03 19:00"),  # from 02:45
        (SANTIAGO, "2026-09-05T12:00", "00:00-06:00", "06 04:00 to 06 09:00"),  # from 01:00
        (SANTIAGO, "2026-09-05T12:00", "00:30-06:00", "06 04:30 to 06 09:00"),
        (BEIRUT, "2026-03-28T12:00", "20:00-24:00", "28 18:00 to 28 22:00"),
        (BEIRUT, "2026-03-28T12:00", "20:00-00:00", "28 18:00 to 28 22:00"),
        # one that comes twice is the first as a start, the last as an end
        (LONDON, "2026-10-24T12:00", "01:30-06:00", "25 00:30 to 25 06:00"),
        (LONDON, "2026-10-24T12:00", "00:30-01:30", "24 23:30 to 25 01:30"),
        (LONDON, "2026-10-24T12:00", "01:15-01:45", "25 00:15 to 25 01:45"),
        (LORD_HOWE, "2026-04-04T12:00", "01:45-06:00", "04 14:45 to 04 19:30"),
        (SANTIAGO, "2026-04-04T12:00", "20:00-23:30", "04 23:00 to 05 03:30"),
        (SANTIAGO, "2026-04-04T12:00", "23:30-06:00", "05 02:30 to 05 10:00"),
        (SANTIAGO, "2026-04-04T12:00", "23:30-24:00", "05 02:30 to 05 04:00"),
        (BEIRUT, "2026-10-24T12:00", "20:00-24:00", "24 17:00 to 24 22:00"),
        (HAVANA, "2026-10-31T12:00", "20:00-00:30", "01 00:00 to 01 05:30"),
        (HAVANA, "2026-10-31T12:00", "00:30-06:00", "01 04:30 to 01 11:00"),
    ],
)
def test_a_range_through_a_change_of_the_clocks(zone, begin, text, span):
    """Its ends are wall-clock times; how long it is follows from them."""
    assert spans(times(text), zone, begin)[0] == span


SAT, SUN, MON, FRI = "2026-01-10", "2026-01-11", "2026-01-12", "2026-01-16"


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        # a range belongs to the day that it starts on
        (times(NIGHT, weekdays=((0, 4),)), [f"{SAT}T03:00", f"{MON}T22:00"], [f"{MON}T03:00", f"{SAT}T22:00"]),
        (times(NIGHT, weekdays=((4, 4),)), [f"{FRI}T22:00", "2026-01-17T06:59"], [f"{FRI}T06:59", "2026-01-17T07:00"]),
        (times(NIGHT, days_of_month=((-1, -1),)), ["2026-02-28T23:00", "2026-03-01T03:00"], ["2026-02-28T03:00"]),
        (times(NIGHT, months=((12, 12),)), ["2025-12-31T23:00", "2026-01-01T03:00"], ["2025-12-01T03:00"]),
        (times(NIGHT, years=((2025, 2025),)), ["2026-01-01T06:59"], ["2026-01-01T22:00", "2025-01-01T03:00"]),
        # no times are whole local days
        (TimeInterval(weekdays=((5, 6),)), [f"{SAT}T00:00", f"{SUN}T23:59"], [f"{MON}T00:00", "2026-01-09T23:59"]),
        (TimeInterval(weekdays=((6, 0),)), [f"{SUN}T00:00", f"{MON}T23:59"], [f"{SAT}T23:59", "2026-01-13T00:00"]),
        (TimeInterval(months=((11, 2),)), ["2026-01-01T00:00", "2026-11-01T00:00"], ["2026-03-01T00:00"]),
        (
            TimeInterval(days_of_month=((1, 5), (-2, -1))),
            ["2026-02-05T12:00", "2026-02-27T00:00"],
            ["2026-02-26T23:59"],
        ),
        (TimeInterval(days_of_month=((30, 31),)), ["2026-01-30T12:00"], ["2026-02-28T12:00"]),
        (TimeInterval(days_of_month=((-31, -30),)), ["2026-01-01T12:00", "2026-01-02T12:00"], ["2026-02-01T12:00"]),
        (TimeInterval(days_of_month=((29, -1),)), ["2028-02-29T12:00"], ["2026-02-28T12:00"]),
        (TimeInterval(years=((2027, 2028),)), ["2027-01-01T00:00"], ["2026-12-31T23:59"]),
        # all fields together, any of several ranges
        (TimeInterval(times=((0, 60), (120, 180))), [f"{SAT}T00:59", f"{SAT}T02:00"], [f"{SAT}T01:00", f"{SAT}T03:00"]),
        (
            times("09:00-17:00", weekdays=((0, 4),), months=((1, 1),)),
            [f"{MON}T09:00"],
            [f"{SAT}T09:00", "2026-02-02T09:00"],
        ),
        (times("00:00-24:00", weekdays=((5, 5),)), [f"{SAT}T00:00", f"{SAT}T23:59"], [f"{SUN}T00:00"]),
    ],
)
def test_days(interval, inside, outside):
    """Which days a range is on, in UTC."""
    for texts, wanted in ((inside, True), (outside, False)):
        for text in texts:
            assert interval.contains(datetime.fromisoformat(text).replace(tzinfo=UTC), "UTC") is wanted, text


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        (LONDON, date(2026, 3, 29), "2026-03-29T00:00", "2026-03-29T23:00"),  # 23 hours
        (LONDON, date(2026, 10, 25), "2026-10-24T23:00", "2026-10-26T00:00"),  # 25 hours
        (SANTIAGO, date(2026, 9, 6), "2026-09-06T04:00", "2026-09-07T03:00"),
        (SANTIAGO, date(2026, 4, 4), "2026-04-04T03:00", "2026-04-05T04:00"),
        (HAVANA, date(2026, 11, 1), "2026-11-01T04:00", "2026-11-02T05:00"),
        (KATHMANDU, date(2026, 1, 1), "2025-12-31T18:15", "2026-01-01T18:15"),
    ],
)
def test_a_whole_day_is_as_long_as_it_is_there(zone, day, begins, ends):
    """From the first instant of the local date to its last."""
    interval = TimeInterval(days_of_month=((day.day, day.day),), months=((day.month, day.month),))
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begins, ends))
    assert [interval.contains(at, zone) for at in (first - MINUTE, first, last - MINUTE, last)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_place_of_its_own():
    """`location` counts before the zone that is asked for; without it that one does."""
    at = datetime(2026, 1, 10, 18, tzinfo=UTC)
    nepal = TimeInterval(times=((22 * 60, 7 * 60),), location=KATHMANDU)
    assert nepal.contains(at, LONDON)
    assert times(NIGHT).contains(at, KATHMANDU)
    assert not times(NIGHT).contains(at, LONDON)


@pytest.mark.parametrize("name", ["", "Nowhere/At_all", "../../etc/passwd", "a\0b", "Europe"])
def test_a_zone_that_is_none_is_utc(name):
    """A label can say anything; it stops nothing."""
    assert zone_of(name) is UTC
    assert times(NIGHT).contains(datetime(2026, 7, 1, 22, tzinfo=UTC), name)


def test_a_named_interval_is_any_of_its_parts():
    """Nights and weekends, under one name."""
    named = NamedInterval(name="off", intervals=(times(NIGHT), TimeInterval(weekdays=((5, 6),))))
    ats = [
        datetime(2026, 1, 9, 23, tzinfo=UTC),
        datetime(2026, 1, 10, 12, tzinfo=UTC),
        datetime(2026, 1, 9, 12, tzinfo=UTC),
    ]
    assert [named.contains(at, "UTC") for at in ats] == [True, True, False]


def test_what_the_config_says():
    """Alertmanager's words become the interval that they describe."""
    words = Times(
        times=[{"start_time": "22:00", "end_time": "24:00"}],
        weekdays=["monday:friday"],
        days_of_month=["-1"],
        months=["november:february"],
        years=["2026"],
        location=LONDON,
    )
    assert interval_of(words) == TimeInterval(
        times=((22 * 60, 24 * 60),),
        weekdays=((0, 4),),
        days_of_month=((-1, -1),),
        months=((11, 2),),
        years=((2026, 2026),),
        location=LONDON,
    )


# ── a slow model that looks at a clock on the wall, minute by minute ─────────────────────────────────────────────────


@lru_cache(maxsize=64)
def shown(zone: str, day: date) -> dict[datetime, list[datetime]]:
    """What the clock shows → the instants at which it does, for each minute of the days around one."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=6)
    found: dict[datetime, list[datetime]] = {}
    for at in (begin + n * MINUTE for n in range(12 * 24 * 60)):
        found.setdefault(at.astimezone(ZoneInfo(zone)).replace(tzinfo=None), []).append(at)
    return found


def seen(clock: dict[datetime, list[datetime]], wall: datetime) -> list[datetime]:
    """When a clock shows a time; where it never does, when it shows it one gap later."""
    if wall in clock:
        return clock[wall]
    before, after = (
        next(wall + n * step for n in range(1500) if wall + n * step in clock) for step in (-MINUTE, MINUTE)
    )
    return seen(clock, wall + (after - before - MINUTE))


def model_contains(interval: TimeInterval, zone: str, at: datetime, change: date) -> bool:
    clock = shown(zone, change)
    for offset in range(-2, 3):
        day = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=offset)
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- a clock shows no zone
        if interval.begins_on(day):
            for start, end in interval.times:
                length = (end - start) % 1440 or 1440
                begins, ends = (seen(clock, midnight + (start + more) * MINUTE) for more in (0, length))
                if begins[0] <= at < ends[-1]:
                    return True
    return False


CHANGES = st.sampled_from(
    [
        (LONDON, date(2026, 3, 29)),
        (LONDON, date(2026, 10, 25)),
        (ST_JOHNS, date(2026, 3, 8)),
        (ST_JOHNS, date(2011, 3, 13)),  # at 00:01
        (ST_JOHNS, date(2010, 11, 7)),  # at 00:01, back to the day before
        (LORD_HOWE, date(2026, 10, 4)),
        (LORD_HOWE, date(2026, 4, 5)),
        (KATHMANDU, date(2026, 6, 1)),
        (SANTIAGO, date(2026, 9, 6)),
        (SANTIAGO, date(2026, 4, 5)),
        (BEIRUT, date(2026, 3, 29)),
        (BEIRUT, date(2026, 10, 25)),
        (HAVANA, date(2026, 11, 1)),
    ]
)
QUARTERS = st.integers(0, 95).map(lambda n: 15 * n)
ENDS = st.one_of(QUARTERS, st.just(1440))
RANGES = st.tuples(QUARTERS, ENDS).filter(lambda each: each[0] != each[1])
WEEKDAYS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=2).map(tuple)


@settings(max_examples=60, deadline=None)
@given(change=CHANGES, ranges=st.lists(RANGES, min_size=1, max_size=2), weekdays=WEEKDAYS, minutes=st.data())
def test_as_a_clock_on_the_wall_shows_it(change, ranges, weekdays, minutes):
    """Around every kind of change of the clocks, an instant is inside just when watching the clock says so."""
    zone, day = change
    interval = TimeInterval(times=tuple(ranges), weekdays=weekdays)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    for quarter in minutes.draw(st.lists(st.integers(-144, 144), min_size=5, max_size=5)):
        at = noon + quarter * 15 * MINUTE
        assert interval.contains(at, zone) == model_contains(interval, zone, at, day), at

"""Silences as stories: when one is on, for which monitors, and what it is called meanwhile."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from alertd.matchers import parse_matcher
from alertd.notify.silences import (
    Silence,
    holds,
    next_start,
    occurrence,
    parse_when,
    state_of,
    wall_time,
)

LONDON = "Europe/London"  # 29 March 2026: 01:00 → 02:00; 25 October: 02:00 → 01:00
KATHMANDU = "Asia/Kathmandu"  # +05:45
LABELS = {"alertname": "LowVoltage", "instrument": "QT1", "site": "Quarry A"}
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    """An instant; without a day it is of Tuesday 24 November 2026."""
    return datetime.fromisoformat(text if "-" in text else f"2026-11-24T{text}").replace(tzinfo=UTC)


def silence(start: str = "12:00", end: str | None = "14:00", **terms: object) -> Silence:
    given = {"matchers": (parse_matcher('site="Quarry A"'),), "created_at": utc("11:00"), "reason": "works", **terms}
    return Silence(id="s1", starts_at=utc(start), ends_at=None if end is None else utc(end), **given)


def series(
    rrule: str, start: str = "2026-11-24T22:00", hours: float = 9, end: str | None = None, **terms: object
) -> Silence:
    return silence(start, end, rrule=rrule, length=timedelta(hours=hours), **terms)


def local(rrule: str, start: str, hours: float = 9, end: str | None = None, **terms: object) -> Silence:
    """A series whose first start was given without an offset: that time in each monitor's zone."""
    return series(rrule, start, hours, end, start_local=datetime.fromisoformat(start), **terms)


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("what", "at", "state"),
    [
        (silence(), "11:59:59", "pending"),
        (silence(), "12:00", "active"),
        (silence(), "13:59:59", "active"),
        (silence(), "14:00", "expired"),
        (silence(expired_at=utc("13:00")), "12:59:59", "active"),
        (silence(expired_at=utc("13:00")), "13:00", "expired"),
        (silence(expired_at=utc("11:30")), "11:30", "expired"),  # before it began
        (silence(end=None, until_resolved=True), "2030-01-01T00:00", "active"),
        (silence(end=None, until_resolved=True, expired_at=utc("18:00")), "18:00", "expired"),
    ],
)
def test_once(what, at, state):
    """From its start to its end; a person, or the end of what it waited for, can end it before."""
    assert state_of(what, utc(at)) == state
    assert holds(what, LABELS, utc(at)) == (state == "active")
    assert (occurrence(what, "UTC", utc(at)) is not None) == (state == "active")


def test_it_holds_what_matches():
    """All matchers must hold; a label that is missing is the empty text."""
    both = silence(matchers=(parse_matcher("site=~Quarry.*"), parse_matcher("team=")))
    assert holds(both, LABELS, utc("13:00"))
    assert not holds(both, {**LABELS, "team": "field"}, utc("13:00"))
    assert not holds(both, {**LABELS, "site": "The Quarry"}, utc("13:00"))


def test_what_an_occurrence_of_a_single_silence_is():
    """Itself; without an end where it is open."""
    assert occurrence(silence(), "UTC", utc("13:00")) == (utc("12:00"), utc("14:00"))
    assert occurrence(silence(end=None), "UTC", utc("13:00")) == (utc("12:00"), None)


# ── over and over ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("what", "states"),
    [
        # p is pending, a active, e expired
        (series("FREQ=DAILY"), "24T21:59:p 24T22:00:a 25T06:59:a 25T07:00:p 25T22:00:a"),
        (series("FREQ=DAILY", hours=0.5), "24T22:29:a 24T22:30:p"),
        (series("FREQ=DAILY;COUNT=2"), "24T23:00:a 25T12:00:p 25T23:00:a 26T06:59:a 26T07:00:e"),
        (series("FREQ=DAILY;UNTIL=20261126T000000Z"), "25T12:00:p 26T06:59:a 26T07:00:e"),
        (series("FREQ=DAILY", end="2026-11-26T00:00"), "25T12:00:p 25T23:59:a 26T00:00:e"),  # cut at the series' end
        (series("FREQ=DAILY", expired_at=utc("2026-11-25T12:00")), "25T06:00:a 25T11:59:p 25T12:00:e 25T23:00:e"),
        (series("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"), "27T23:00:a 28T06:59:a 28T23:00:p 30T06:59:p 30T22:00:a"),
        (series("FREQ=MONTHLY;BYDAY=-1FR"), "24T23:00:p 27T21:59:p 27T22:00:a 28T07:00:p"),
        (series("FREQ=MONTHLY;BYDAY=-1FR;COUNT=1"), "24T23:00:p 27T23:00:a 28T07:00:e"),
    ],
)
def test_a_series_in_utc(what, states):
    """Pending before and between its occurrences, active in them, expired after the last."""
    for each in states.split():
        when, state = utc(f"2026-11-{each[:-2]}"), {"p": "pending", "a": "active", "e": "expired"}[each[-1]]
        assert state_of(what, when) == state, each
        assert holds(what, LABELS, when) == (state == "active"), each


@pytest.mark.parametrize(
    ("what", "zone", "at", "begins", "ends"),
    [
        # the same wall-clock time, winter and summer; as long as it was said to be
        (local("FREQ=DAILY", "2026-01-10T22:00"), LONDON, "2026-01-10T23:00", "2026-01-10T22:00", "2026-01-11T07:00"),
        (local("FREQ=DAILY", "2026-01-10T22:00"), LONDON, "2026-07-10T23:00", "2026-07-10T21:00", "2026-07-11T06:00"),
        # through the change itself: 9 hours that pass, so until 08:00 or 06:00 on the wall
        (local("FREQ=DAILY", "2026-01-10T22:00"), LONDON, "2026-03-29T03:00", "2026-03-28T22:00", "2026-03-29T07:00"),
        (local("FREQ=DAILY", "2026-01-10T22:00"), LONDON, "2026-10-25T03:00", "2026-10-24T21:00", "2026-10-25T06:00"),
        # a start that does not exist is one gap later; one that comes twice is the first
        (
            local("FREQ=DAILY", "2026-03-01T01:30", 1),
            LONDON,
            "2026-03-29T01:45",
            "2026-03-29T01:30",
            "2026-03-29T02:30",
        ),
        (
            local("FREQ=DAILY", "2026-03-01T01:30", 1),
            LONDON,
            "2026-10-25T00:45",
            "2026-10-25T00:30",
            "2026-10-25T01:30",
        ),
        (
            local("FREQ=DAILY", "2026-01-10T22:00"),
            KATHMANDU,
            "2026-07-11T01:00",
            "2026-07-10T16:15",
            "2026-07-11T01:15",
        ),
        # an instant as the first start is that wall-clock time in each zone from then on
        (series("FREQ=DAILY", "2026-01-10T22:00"), LONDON, "2026-07-10T23:00", "2026-07-10T21:00", "2026-07-11T06:00"),
        # occurrences that meet or overlap are one
        (series("FREQ=DAILY;COUNT=3", hours=24), "UTC", "2026-11-25T23:00", "2026-11-24T22:00", "2026-11-27T22:00"),
        (series("FREQ=DAILY;COUNT=3", hours=30), "UTC", "2026-11-25T23:00", "2026-11-24T22:00", "2026-11-28T04:00"),
        (series("FREQ=HOURLY;COUNT=4", hours=1.5), "UTC", "2026-11-25T00:00", "2026-11-24T22:00", "2026-11-25T02:30"),
        (
            series("FREQ=DAILY", hours=30, end="2026-11-26T00:00"),
            "UTC",
            "2026-11-25T23:00",
            "2026-11-24T22:00",
            "2026-11-26T00:00",
        ),
    ],
)
def test_an_occurrence_by_the_clocks_of_a_zone(what, zone, at, begins, ends):
    """Its start is a wall-clock time, its length is time that passes."""
    assert occurrence(what, zone, utc(at)) == (utc(begins), utc(ends))
    assert occurrence(what, zone, utc(begins)) is not None
    assert occurrence(what, zone, utc(begins) - timedelta(seconds=1)) is None
    assert occurrence(what, zone, utc(ends)) is None


def test_monitors_in_two_zones_are_held_in_part():
    """Nights begin in Kathmandu first; a zone of the silence's own is the same for all."""
    nights = local("FREQ=DAILY", "2026-11-24T22:00")
    nepal, britain = {**LABELS, "timezone": KATHMANDU}, {**LABELS, "timezone": LONDON}
    at = [utc("2026-11-25T16:14"), utc("2026-11-25T16:15"), utc("2026-11-25T22:00"), utc("2026-11-26T02:00")]
    assert [holds(nights, nepal, when) for when in at] == [False, True, True, False]
    assert [holds(nights, britain, when) for when in at] == [False, False, True, True]
    assert [holds(nights, {**LABELS, "timezone": "Nowhere"}, when) for when in at] == [False, False, True, True]
    everywhere = local("FREQ=DAILY", "2026-11-24T22:00", timezone=KATHMANDU)
    assert [holds(everywhere, labels, at[1]) for labels in (nepal, britain, LABELS)] == [True, True, True]
    assert state_of(everywhere, at[1]) == "active"
    assert state_of(nights, at[1]) == "pending"


def test_a_local_start_is_held_before_it_is_that_time_in_utc():
    """The first night of a monitor in the east begins before `starts_at`, which is that time in UTC."""
    nights = local("FREQ=DAILY", "2026-11-24T22:00")
    assert holds(nights, {**LABELS, "timezone": KATHMANDU}, utc("16:15"))


def test_a_local_end_is_that_time_in_each_zone():
    """A series until midnight ends at each place's midnight, the night that runs is cut there."""
    nights = local("FREQ=DAILY", "2026-11-24T22:00", end="2026-11-26", ends_local=datetime.fromisoformat("2026-11-26"))
    nepal, britain, west = ({**LABELS, "timezone": zone} for zone in (KATHMANDU, LONDON, "America/New_York"))
    before, after = utc("2026-11-25T18:14"), utc("2026-11-25T18:15")
    assert [holds(nights, nepal, at) for at in (before, after)] == [True, False]
    assert [holds(nights, britain, utc(at)) for at in ("2026-11-25T23:59", "2026-11-26T00:00")] == [True, False]
    assert [holds(nights, west, utc(at)) for at in ("2026-11-26T04:59", "2026-11-26T05:00")] == [True, False]
    assert occurrence(nights, KATHMANDU, before) == (utc("2026-11-25T16:15"), after)
    assert state_of(nights, utc("2026-11-26T00:00")) == "expired"


def test_a_start_given_as_an_instant_is_not_earlier_anywhere():
    """Where the clocks show that time twice, the second was meant."""
    second = series("FREQ=DAILY", "2026-10-25T01:30", 1)  # 01:30 in London for the second time
    assert not holds(second, {**LABELS, "timezone": LONDON}, utc("2026-10-25T00:45"))
    assert occurrence(second, LONDON, utc("2026-10-25T01:30")) == (utc("2026-10-25T01:30"), utc("2026-10-25T02:30"))


@pytest.mark.parametrize(
    ("what", "at", "following"),
    [
        (series("FREQ=DAILY"), "2026-11-25T12:00", "2026-11-25T22:00"),
        (series("FREQ=DAILY"), "2026-11-25T22:00", "2026-11-26T22:00"),
        (series("FREQ=YEARLY;INTERVAL=20"), "2026-11-25T12:00", "2046-11-24T22:00"),
        (series("FREQ=DAILY;COUNT=1"), "2026-11-25T12:00", None),
        (series("FREQ=DAILY", end="2026-11-25T22:00"), "2026-11-25T12:00", None),
    ],
)
def test_the_next_start(what, at, following):
    """For a preview, and for the state."""
    assert next_start(what, "UTC", utc(at)) == (None if following is None else utc(following))


@pytest.mark.parametrize(
    "what",
    [
        series("FREQ=DAILY", "2006-01-01T22:00"),
        series("FREQ=HOURLY", "2006-01-01T22:00", 0.25),
        series("FREQ=HOURLY", "2006-01-01T22:00", 30),  # no gap, ever
        series("FREQ=YEARLY;INTERVAL=30;BYMONTH=2;BYMONTHDAY=29", "2006-01-01T22:00"),  # never a leap year
        series("FREQ=DAILY;COUNT=100000", "2006-01-01T22:00"),
    ],
    ids=["daily", "hourly", "gapless", "never", "counted"],
)
def test_old_series_are_quick(what):
    """Twenty years on, a look takes a few steps: nothing walks from the beginning, or for ever."""
    for zone in (LONDON, KATHMANDU, "UTC"):
        labels = {**LABELS, "timezone": zone}
        holds(what, labels, utc("12:00"))  # what is counted is counted once
        events: list[str] = []
        sys.setprofile(lambda _frame, event, _arg, events=events: events.append(event))
        try:
            holds(what, labels, utc("12:01"))
        finally:
            sys.setprofile(None)
        assert events.count("call") < 2000


def test_no_gap_ever_is_on_for_ever():
    """A series whose occurrences always overlap is one time without an end in sight."""
    gapless = series("FREQ=DAILY", "2006-01-01T22:00", 30)
    begins, ends = occurrence(gapless, "UTC", utc("12:00"))
    assert begins < utc("12:00") - timedelta(days=30)
    assert ends > utc("12:00") + timedelta(days=30)


# ── times on the command line ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2h", None, "14:00"),
        ("1d12h", LONDON, "2026-11-26T00:00"),
        ("0s", None, "12:00"),
        ("2026-12-01T22:00Z", KATHMANDU, "2026-12-01T22:00"),
        ("2026-12-01T22:00:30+05:45", None, "2026-12-01T16:15:30"),
        ("2026-12-01T22:00", None, "2026-12-01T22:00"),
        ("2026-12-01 22:00", KATHMANDU, "2026-12-01T16:15"),
        ("2026-07-01T22:00", LONDON, "2026-07-01T21:00"),
        ("2026-12-01", KATHMANDU, "2026-11-30T18:15"),
        ("2027-03-28T01:30", LONDON, "2027-03-28T01:30"),  # does not exist: 02:30 summer time
        ("2026-10-25T01:30", LONDON, "2026-10-25T00:30"),  # comes twice: the first
    ],
)
def test_times_on_the_command_line(text, zone, at):
    """ISO 8601, or so long from now; without an offset by the clocks of the zone, else UTC."""
    assert parse_when(text, utc("12:00"), zone) == utc(at)


@pytest.mark.parametrize(
    "text", ["", "soon", "2 hours", "22:00", "-2h", "2026-13-01", "9999-12-31T23:59", "0001-01-01", "2026-11-31"]
)
def test_a_time_that_is_none(text):
    """One line with a form to copy."""
    with pytest.raises(ValueError, match="no time: write 20") as caught:
        parse_when(text, utc("12:00"), None)
    assert "\n" not in str(caught.value)


def test_a_time_too_far_away():
    """A year that was mistyped is not a date in a store."""
    with pytest.raises(ValueError, match="more than a hundred years"):
        parse_when("2226-12-01", utc("12:00"), None)


@pytest.mark.parametrize(
    ("text", "wall"),
    [("2026-12-01T22:00", "2026-12-01T22:00"), ("2026-12-01T22:00Z", None), ("2h", None), ("soon", None)],
)
def test_a_time_without_an_offset(text, wall):
    """Which a series takes as the same time on every monitor's wall."""
    assert wall_time(text) == (None if wall is None else datetime.fromisoformat(wall))

"""Recurrence rules: the days they mean, next to python-dateutil's opinion; and the words for those that are wrong."""

import sys
from datetime import datetime, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrule, rrulestr
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from alertd.notify.recurrence import Recurrence, starts
from alertd.notify.rrule import check_rrule, parse_rrule

FIRST = datetime(2026, 11, 24, 22, 0)  # noqa: DTZ001 -- local time, and a Tuesday


def listed(rule: str, first: datetime = FIRST, count: int = 4) -> list[str]:
    """The first starts of a series, as "24 Nov 22:00"."""
    found = starts(parse_rrule(rule), first, first, first + timedelta(days=3000))
    return [f"{start:%-d %b %H:%M}" for start, _ in zip(found, range(count), strict=False)]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY", "24 Nov, 25 Nov, 26 Nov, 27 Nov"),
        ("FREQ=DAILY;INTERVAL=3", "24 Nov, 27 Nov, 30 Nov, 3 Dec"),
        ("FREQ=DAILY;COUNT=2", "24 Nov, 25 Nov"),
        ("FREQ=DAILY;UNTIL=20261126T220000", "24 Nov, 25 Nov, 26 Nov"),
        ("FREQ=DAILY;UNTIL=20261126T215959", "24 Nov, 25 Nov"),
        ("FREQ=DAILY;UNTIL=20261126", "24 Nov, 25 Nov, 26 Nov"),
        ("FREQ=WEEKLY", "24 Nov, 1 Dec, 8 Dec, 15 Dec"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "24 Nov, 25 Nov, 26 Nov, 27 Nov"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "7 Dec, 21 Dec, 4 Jan, 18 Jan"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "29 Nov, 13 Dec, 27 Dec, 10 Jan"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", "6 Dec, 20 Dec, 3 Jan, 17 Jan"),
        ("FREQ=MONTHLY", "24 Nov, 24 Dec, 24 Jan, 24 Feb"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "31 Dec, 31 Jan, 31 Mar, 31 May"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "30 Nov, 31 Dec, 31 Jan, 28 Feb"),
        ("FREQ=MONTHLY;BYDAY=1MO", "7 Dec, 4 Jan, 1 Feb, 1 Mar"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "27 Nov, 25 Dec, 29 Jan, 26 Feb"),
        ("FREQ=MONTHLY;BYDAY=2TU,4TU", "24 Nov, 8 Dec, 22 Dec, 12 Jan"),
        ("FREQ=MONTHLY;BYDAY=MO,-1SU", "29 Nov, 30 Nov, 7 Dec, 14 Dec"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "30 Nov, 31 Dec, 29 Jan, 26 Feb"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "13 Aug, 13 Oct, 13 Apr, 13 Jul"),
        ("FREQ=YEARLY", "24 Nov, 24 Nov, 24 Nov, 24 Nov"),
        ("FREQ=YEARLY;BYDAY=20MO", "17 May, 15 May, 14 May, 20 May"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "4 Jan, 3 Jan, 1 Jan, 31 Dec"),
        ("FREQ=YEARLY;BYYEARDAY=-1", "31 Dec, 31 Dec, 31 Dec, 31 Dec"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "29 Feb, 29 Feb"),
        ("RRULE:FREQ=WEEKLY;BYDAY=SA", "28 Nov, 5 Dec, 12 Dec, 19 Dec"),
        ("freq=weekly; byday=sa;", "28 Nov, 5 Dec, 12 Dec, 19 Dec"),
    ],
)
def test_days(rule, days):
    """The days of a series that begins on Tuesday 24 November at 22:00, all of them at that hour."""
    assert listed(rule) == [f"{day} 22:00" for day in days.split(", ")]


@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ("FREQ=DAILY;BYHOUR=6,22", ["24 Nov 22:00", "25 Nov 06:00", "25 Nov 22:00", "26 Nov 06:00"]),
        ("FREQ=DAILY;BYHOUR=6;BYMINUTE=0,30", ["25 Nov 06:00", "25 Nov 06:30", "26 Nov 06:00", "26 Nov 06:30"]),
        ("FREQ=HOURLY;INTERVAL=5", ["24 Nov 22:00", "25 Nov 03:00", "25 Nov 08:00", "25 Nov 13:00"]),
        ("FREQ=HOURLY;BYDAY=WE;BYHOUR=9,10", ["25 Nov 09:00", "25 Nov 10:00", "2 Dec 09:00", "2 Dec 10:00"]),
    ],
)
def test_times_of_day(rule, times):
    """Several starts a day."""
    assert listed(rule) == times


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", '"" is no part of a rule'),
        ("daily", '"daily" is no part of a rule'),
        ("FREQ=DAILY;;COUNT=2", '"" is no part'),
        ("FREQ", '"FREQ" is no part'),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=DAYLY", 'FREQ: "DAYLY" is not one of .*: did you mean "DAILY"'),
        ("FREQ=SECONDLY", "FREQ: SECONDLY is too often"),
        ("FREQ=MINUTELY;INTERVAL=30", "FREQ: MINUTELY is too often"),
        ("FRQ=DAILY", 'FRQ: there is no such part: did you mean "FREQ"'),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ: is given twice"),
        ("FREQ=WEEKLY;BYDAY=MOO", 'BYDAY: "MOO" is no weekday'),
        ("FREQ=WEEKLY;BYDAY=MO,XX", 'BYDAY: "XX" is no weekday'),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY: a number before a weekday needs FREQ=MONTHLY or YEARLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY: no month has more than 5"),
        ("FREQ=MONTHLY;BYDAY=0MO", 'BYDAY: "0MO"'),
        ("FREQ=YEARLY;BYDAY=54MO", 'BYDAY: "54MO"'),
        ("FREQ=YEARLY;BYDAY=1MO;BYWEEKNO=3", "BYDAY: .* BYWEEKNO"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO: needs FREQ=YEARLY"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261201", "COUNT, UNTIL"),
        ("FREQ=HOURLY;COUNT=10001", "COUNT: 10000 at most"),
        ("FREQ=DAILY;COUNT=0", "COUNT: a number from 1 on"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL: a number from 1 on"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL: a number from 1 on"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL: a date such as"),
        ("FREQ=DAILY;UNTIL=20261301", "UNTIL: a date such as"),
        ("FREQ=DAILY;UNTIL=20261201T250000", "UNTIL: a date such as"),
        ("FREQ=DAILY;BYMONTH=13", 'BYMONTH: "13" is not from 1 to 12'),
        ("FREQ=DAILY;BYMONTHDAY=0", 'BYMONTHDAY: "0" is not from 1 to 31'),
        ("FREQ=DAILY;BYMONTHDAY=32", 'BYMONTHDAY: "32" is not from 1 to 31'),
        ("FREQ=DAILY;BYHOUR=24", 'BYHOUR: "24" is not from 0 to 23'),
        ("FREQ=DAILY;BYHOUR=six", 'BYHOUR: "SIX"'),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS: needs another BY part"),
        ("FREQ=DAILY;WKST=8", 'WKST: "8" is no weekday'),
        ("DTSTART:20261201T220000\nRRULE:FREQ=DAILY", "DTSTART: the first start is given beside the rule"),
        ("DTSTART=20261201T220000;FREQ=DAILY", "DTSTART: the first start"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTH; BYMONTHDAY: this never happens"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "this never happens"),
        ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "this never happens"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=8", "this never happens"),
    ],
)
def test_a_mistake_names_its_part(rule, words):
    """One line that says which part of the rule, and what is wanted."""
    with pytest.raises(ValueError, match=words) as caught:
        check_rrule(rule)
    assert "\n" not in str(caught.value)


# ── the other opinion ────────────────────────────────────────────────────────────────────────────────────────────────


def some(name: str, numbers: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[str]:
    """A part with a few of these values, or none."""
    lists = st.lists(numbers.map(str), min_size=1, max_size=most, unique=True)
    return st.one_of(st.just(""), lists.map(lambda values: f";{name}={','.join(values)}"))


def signed(high: int) -> st.SearchStrategy[int]:
    return st.integers(-high, high).filter(bool)


WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
PLAIN_DAYS = some("BYDAY", WEEKDAYS)
# python-dateutil takes "MO,-1SU" for Mondays that are last Sundays; so both kinds are not mixed here.
NTH_DAYS = some("BYDAY", st.builds("{}{}".format, signed(5), WEEKDAYS))
TIMES = st.builds(str.__add__, some("BYHOUR", st.integers(0, 23)), some("BYMINUTE", st.integers(0, 59), most=2))
MONTHS = some("BYMONTH", st.integers(1, 12))
MONTH_DAYS = some("BYMONTHDAY", signed(31))
WKST = st.sampled_from(["", ";WKST=SU", ";WKST=MO", ";WKST=WE"])


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


SETPOS = some("BYSETPOS", signed(5), most=2)
RULES = st.one_of(
    joined(st.just("FREQ=YEARLY"), MONTHS, MONTH_DAYS, st.one_of(PLAIN_DAYS, NTH_DAYS), TIMES, SETPOS),
    joined(st.just("FREQ=YEARLY"), some("BYWEEKNO", signed(53)), PLAIN_DAYS, WKST, TIMES, SETPOS),
    joined(st.just("FREQ=YEARLY"), some("BYYEARDAY", signed(366)), MONTHS, TIMES, SETPOS),
    joined(st.just("FREQ=MONTHLY"), MONTHS, MONTH_DAYS, st.one_of(PLAIN_DAYS, NTH_DAYS), TIMES, SETPOS),
    # Without BYSETPOS: python-dateutil takes the week's first part away before it counts.
    joined(st.just("FREQ=WEEKLY"), MONTHS, PLAIN_DAYS, WKST, TIMES),
    joined(st.just("FREQ=DAILY"), MONTHS, MONTH_DAYS, PLAIN_DAYS, TIMES, SETPOS),
    joined(st.just("FREQ=HOURLY"), MONTHS, PLAIN_DAYS, TIMES, SETPOS),
)
ENDS = st.one_of(st.just(""), st.integers(1, 50).map(";COUNT={}".format), st.just(";UNTIL=20290301T000000"))
FIRSTS = st.integers(-1000 * 86400, 800 * 86400).map(lambda seconds: FIRST + timedelta(seconds=seconds))


@settings(max_examples=100, deadline=None)
@given(rule=joined(RULES, ENDS), interval=st.integers(1, 5), first=FIRSTS, skip=st.integers(0, 900))
def test_dateutil_says_the_same(rule, interval, first, skip):
    """Every start in a window, near the series' beginning or far from it, is python-dateutil's too."""
    rule = f"{rule};INTERVAL={interval}"
    after, before = first + timedelta(days=skip), first + timedelta(days=skip + 500)
    mine, theirs = read_by_both(rule, first)
    assert list(starts(mine, first, after, before)) == [
        at for at in takewhile(lambda at: at < before, theirs) if at >= after
    ]


def read_by_both(rule: str, first: datetime) -> tuple[Recurrence, rrule]:
    """The rule as alertd and as python-dateutil read it; what one of them takes for impossible is no example."""
    try:
        return parse_rrule(rule), rrulestr(rule, dtstart=first)
    except ValueError:
        reject()


@pytest.mark.parametrize("rule", ["FREQ=HOURLY", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=-1FR"])
def test_a_look_far_into_a_series_costs_what_the_window_holds(rule):
    """A window a thousand years on is looked at as quickly as the first one: no walk from the beginning."""
    parsed, far = parse_rrule(rule), FIRST.replace(year=2926)
    calls = []
    sys.setprofile(lambda _frame, event, _arg: calls.append(event))
    try:
        assert next(starts(parsed, FIRST, far, far + timedelta(days=40)))
    finally:
        sys.setprofile(None)
    assert len(calls) < 3000

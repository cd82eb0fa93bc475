"""The marks of the axes, and what of the values is shown."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.chart.axes import Range, time_marks, value_marks, value_range, zone_name
from alertd.chart.course import thinned
from tests.chart.drawing import LONDON, START, chart, hours

finite = st.floats(-1e99, 1e99, allow_subnormal=True)


@given(st.lists(finite, min_size=3, max_size=30), st.none() | finite)
def test_marks_are_few_round_and_within(values: list[float], limit: float | None) -> None:
    """Whatever the values are, constant and extreme ones too."""
    shown = value_range(chart(*values, limit=limit))
    assert shown.low < shown.high
    if limit is not None:
        assert shown.low <= limit <= shown.high
    marks = value_marks(shown, 5)
    assert len(marks) <= 7
    slack = (shown.high - shown.low) * 1e-6
    assert all(shown.low - slack <= mark.at <= shown.high + slack for mark in marks)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (10.6, 12.6, ["11.0", "11.5", "12.0", "12.5"]),
        (0, 100, ["0", "20", "40", "60", "80", "100"]),
        (-20, 20, ["-20", "-10", "0", "10", "20"]),
        (11.9, 12.15, ["11.90", "11.95", "12.00", "12.05", "12.10", "12.15"]),
        (0, 1.2, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0, 2e6, ["0", "500 000", "1 000 000", "1 500 000", "2 000 000"]),
    ],
)
def test_value_marks(low: float, high: float, texts: list[str]) -> None:
    """Steps of 1, 2, 2.5 or 5, with the decimals that tell them apart."""
    assert [mark.text for mark in value_marks(Range(low, high), 5)] == texts


def test_one_far_value_does_not_flatten_all_others() -> None:
    """Garbage of 1e15 is cut off; a reading of 0 V among 12 V, or a limit far away, is not."""
    dice = random.Random(5)
    values = [12 + dice.random() for _ in range(100)]
    assert value_range(chart(*values[:50], 1e15, *values[50:])).high < 14
    assert value_range(chart(*values[:50], -1e15, *values[50:])).low > 11
    assert value_range(chart(*values, 0.0)).low <= 0
    assert value_range(chart(*values, limit=1000)).high > 1000
    assert value_range(chart(12, 12, 12, 12, 0)).low <= 0


def test_what_is_never_negative_begins_at_zero() -> None:
    """Air below zero would say that a load could be negative."""
    assert value_range(chart(0, 50, 100)).low == 0
    assert value_range(chart(-1, 50, 100)).low < -1


def times(start: datetime, span: timedelta, zone: ZoneInfo = LONDON, most: int = 8) -> list[str]:
    """The texts of the marks."""
    return [mark.text for mark in time_marks(start, start + span, zone, most)]


def test_nothing_is_shown_on_an_axis_that_people_can_read() -> None:
    """A SIM that was never used."""
    shown = value_range(chart(0, 0, 0))
    assert [mark.text for mark in value_marks(shown, 5)] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]


def test_a_day_is_marked_in_local_time() -> None:
    """Every three hours, with the day's name at its midnight."""
    start = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    day = ["12:00", "15:00", "18:00", "21:00", "2 Jul", "03:00", "06:00", "09:00"]
    assert times(start, timedelta(hours=24)) == day
    nepal = times(start, timedelta(hours=24), ZoneInfo("Asia/Kathmandu"))
    assert nepal == ["18:00", "21:00", "2 Jul", "03:00", "06:00", "09:00", "12:00", "15:00"]


@pytest.mark.parametrize(
    ("span", "texts"),
    [
        (timedelta(minutes=6), ["09:30", "09:31", "09:32", "09:33", "09:34", "09:35", "09:36"]),
        (timedelta(hours=2), ["09:30", "09:45", "10:00", "10:15", "10:30", "10:45", "11:00", "11:15", "11:30"]),
        (timedelta(days=7), ["2 Jan", "3 Jan", "4 Jan", "5 Jan", "6 Jan", "7 Jan", "8 Jan"]),
        (timedelta(days=30), ["4 Jan", "11 Jan", "18 Jan", "25 Jan"]),
    ],
)
def test_other_spans(span: timedelta, texts: list[str]) -> None:
    """Minutes, hours, days, weeks."""
    assert times(datetime(2026, 1, 1, 9, 30, tzinfo=UTC), span) == texts


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=4000)), st.sampled_from(["Europe/London", "Asia/Tehran"]))
def test_marks_of_time_are_few_and_within(span: timedelta, zone: str) -> None:
    """However long it is."""
    marks = time_marks(START, START + span, ZoneInfo(zone), 8)
    assert len(marks) <= 10
    assert all(0 <= mark.at <= span.total_seconds() for mark in marks)


def test_the_day_on_which_clocks_change() -> None:
    """Marks keep to the clock: hours from one to the next differ by one, and the zone has two names."""
    end = datetime(2026, 10, 25, 20, tzinfo=UTC)
    marks = time_marks(end - timedelta(hours=24), end, LONDON, 8)
    assert [mark.text for mark in marks] == ["21:00", "25 Oct", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00"]
    steps = [after.at - before.at for before, after in pairwise(marks)]
    assert [step / 3600 for step in steps] == [3, 4, 3, 3, 3, 3, 3]
    assert zone_name(chart(1, 2, 3, start=end - timedelta(hours=24), end=end, points=[
        (end - timedelta(hours=each), 1.0) for each in range(3)
    ])) == "BST/GMT"  # fmt: skip
    assert zone_name(chart(1, 2, 3, zone=ZoneInfo("Asia/Tehran"))) == "UTC+0330"


def test_thinning_keeps_what_is_seen() -> None:
    """Of 50 000 points four a column: the extremes of each, the first and the last of all."""
    dice = random.Random(2)
    points = [(hours(24 * index / 50_000), dice.gauss(0, 1)) for index in range(50_000)]
    kept = list(thinned(points, START, timedelta(hours=24) / 100, 100))
    assert len(kept) <= 404
    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    values = [value for _, value in points]
    assert {min(values), max(values)} <= {value for _, value in kept}
    assert thinned(points[:400], START, timedelta(hours=24) / 100, 100) == points[:400]

"""A series gives of any stretch what reckoning it anew from the bare values gives, however the values came."""

import itertools
from math import fsum

from hypothesis import given
from hypothesis import strategies as st

from alertd.rules.series import Series
from alertd.rules.trend import POINTS, Trend, trend_in, trend_of

TIMES = st.integers(0, 500)
POINTS_GIVEN = st.lists(st.tuples(TIMES, st.integers(-40, 40).map(float)), max_size=400)


@given(POINTS_GIVEN, TIMES, TIMES)
def test_sums_up_as_if_reckoned_anew(points: list[tuple[int, float]], after: int, until: int) -> None:
    """Late, doubled and out of order: a series is the same as its sorted values, the last of each time."""
    series = Series((float(at), value) for at, value in points)
    held = sorted(dict(points).items())
    assert list(zip(series.times, series.values, strict=True)) == held
    wanted = [value for at, value in held if after < at <= until]
    stretch = series.stretch(after, until)
    assert list(stretch.values) == wanted
    place = stretch.first, stretch.last
    assert series.changes(*place) == sum(a != b for a, b in itertools.pairwise(wanted))
    assert series.total(*place) == fsum(wanted)
    if wanted:
        assert (series.lowest(*place), series.highest(*place)) == (min(wanted), max(wanted))


@given(POINTS_GIVEN, st.lists(TIMES, max_size=5))
def test_what_is_cut_off_is_older_than_asked(points: list[tuple[int, float]], cuts: list[int]) -> None:
    """Trimming between additions takes nothing that is young enough, and the sums stay right."""
    series = Series()
    low = 0
    for number, (at, value) in enumerate(points):
        series.add(float(at), value)
        if number % 50 == 49 and cuts:
            low = max(low, cuts.pop())
            series.trim(low)
    kept = {at for at, _ in points if at >= low}
    assert kept <= set(map(int, series.times)) or not cuts
    whole = (0, len(series))
    assert series.total(*whole) == fsum(series.values)
    assert series.changes(*whole) == sum(a != b for a, b in zip(series.values, series.values[1:], strict=False))


def test_words_have_changes_too() -> None:
    """Words are no numbers, but they follow one another."""
    series = Series([(1.0, "Success"), (2.0, "Error"), (3.0, "Error"), (4.0, "Success")], numeric=False)
    assert series.changes(0, 4) == 2
    assert series.changes(1, 3) == 0
    assert series.before(4.0) == ("Error", 3.0)
    assert series.before(1.0) == (None, 0.0)


def line(times: list[float], values: list[float]) -> Trend | None:
    """The trend in a window that holds exactly these."""
    series = Series(zip(times, values, strict=True))
    span = times[-1] - times[0] + 1
    return trend_in(series.stretch(times[-1] - span, times[-1]), span)


def test_the_usual_spacing_is_not_bent_by_a_gap() -> None:
    """One night without values is not how often they come."""
    series = Series((60.0 * n + (36000 if n > 20 else 0), 1.0) for n in range(40))
    assert series.spacing(len(series), 0) == 60
    assert series.spacing(1, 0) is None
    assert series.spacing(len(series), series.times[-1]) is None


@given(st.floats(-5, 5), st.floats(-50, 50), st.integers(3, 300))
def test_a_line_is_found_again(per_second: float, level: float, count: int) -> None:
    """Of points on a line, few or many, the trend is that line."""
    times = [1e9 + 60.0 * n for n in range(count)]
    trend = line(times, [level + per_second * (at - 1e9) for at in times])
    assert trend is not None
    assert abs(trend.per_second - per_second) < 1e-6
    assert abs(trend.value(1e9) - level) < 1e-4


def test_wild_values_do_not_bend_the_line() -> None:
    """A quarter of the points may be anything."""
    times = [60.0 * n for n in range(40)]
    values = [12.6 - 0.01 * n for n in range(40)]
    for place in range(0, 40, 4):
        values[place] = 0.0 if place % 8 else 30.0
    trend = line(times, values)
    assert trend is not None
    assert abs(trend.per_second * 60 + 0.01) < 0.001


def test_two_points_are_no_trend_and_many_cost_no_more() -> None:
    """Fewer than three say nothing; more than 24 are taken together."""
    assert trend_of([(0.0, 12.0), (60.0, 11.0)]) is None
    many = [float(n) for n in range(100 * POINTS)]
    trend = line(many, [2 * at for at in many])
    assert trend is not None
    assert abs(trend.per_second - 2) < 1e-9


@given(POINTS_GIVEN, st.integers(1, 100))
def test_steps_that_are_over_are_as_if_reckoned_anew(points: list[tuple[int, float]], span: int) -> None:
    """Asked after each value, late ones too, a series finds the line that a new one finds."""
    series = Series()
    for at, value in points[:120]:
        series.add(float(at), value)
        fresh = Series(zip(series.times, series.values, strict=True))
        end = series.times[-1]
        lines = [trend_in(each.stretch(end - span, end), span) for each in (series, fresh)]
        assert lines[0] == lines[1]

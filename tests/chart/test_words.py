"""What a chart says in words, and what it refuses to be drawn of."""

import math
from datetime import datetime, timedelta

import pytest

from alertd.chart.chart import Chart, Series, longest_step, runs
from alertd.chart.words import alt_text, length, number, plain
from tests.chart.drawing import END, START, chart, flat_battery, hours


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (11.2, None, "11.2"),
        (12.0, None, "12"),
        (11.21987, None, "11.22"),
        (0.12345, None, "0.123"),
        (1234.56, None, "1235"),
        (1688601.0, None, "1 688 601"),
        (-5.5, None, "-5.5"),
        (-0.0, None, "0"),
        (1e15, None, "1e+15"),
        (1e-7, None, "1e-07"),
        (12.5, 2, "12.50"),
        (20000, 1, "20 000.0"),
        (-0.04, 1, "0.0"),
    ],
)
def test_numbers_read_as_people_write_them(value: float, decimals: int | None, text: str) -> None:
    """Two decimals for most, thousands apart, no negative zero."""
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=24), "24 h"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(seconds=1), "1 min"),
        (timedelta(days=90), "90 d"),
    ],
)
def test_lengths(span: timedelta, text: str) -> None:
    """The unit that suits."""
    assert length(span) == text


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Supply voltage · Quarry A", "Supply voltage · Quarry A"),
        ("Übergabe Süd – Straße", "Ubergabe Sud - Strasse"),
        ("≥ 5 °C × 2 µV", ">= 5 °C x 2 uV"),
        ("Łódź, Ærø", "Lodz, AEro"),
        ("北 Quarry\nNorth\0", "Quarry North"),
        ("北京", ""),
    ],
)
def test_plain_text_has_only_letters_that_the_font_has(text: str, drawn: str) -> None:
    """Accents go, signs are spelt, what cannot be spelt is left out."""
    assert plain(text) == drawn


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (flat_battery(),
         "Supply voltage of Quarry A north from 12.4 V to 11.56 V in 24 h; limit 11.9 V; below since 03:12"),
        (chart(12, 11, 12, limit=11.3),
         "supply voltage from 12 V to 12 V in 24 h; limit 11.3 V; below from 23 Nov 18:12 to 06:12"),
        (chart(12, 12.1, 12, limit=11.3), "supply voltage from 12 V to 12 V in 24 h; limit 11.3 V; never below"),
        (chart(50, 70, 80, limit=60, limit_above=True, unit="°C", title="Temperature"),
         "Temperature from 50 °C to 80 °C in 24 h; limit 60 °C; above since 23 Nov 18:12"),
        (chart(1, 2, 3, 2, every=1, unit=""),
         "supply voltage from 1 to 2 in 24 h; nothing measured since 23 Nov 09:12"),
        (chart(1, 1, 1, limit=1), "supply voltage from 1 V to 1 V in 24 h; limit 1 V; never below"),
    ],
)  # fmt: skip
def test_the_text_says_what_the_picture_shows(given: Chart, text: str) -> None:
    """From what to what, the limit, since when it is beyond it, and since when nothing is known."""
    assert alt_text(given) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e101])
def test_what_is_no_number_is_refused(value: float) -> None:
    """As a value and as a limit."""
    with pytest.raises(ValueError, match="finite"):
        Series(points=[(START, value)])
    with pytest.raises(ValueError, match="finite"):
        chart(1, 2, 3, limit=value)


def test_a_chart_needs_three_points_of_its_time() -> None:
    """Those outside and those of one moment do not count."""
    outside = [(hours(-1), 1.0), (hours(25), 1.0)]
    with pytest.raises(ValueError, match="needs 3 points, not 2"):
        chart(points=[*outside, (hours(0), 1.0), (hours(24), 2.0), (hours(24), 3.0)])
    assert chart(points=[*outside, (hours(24), 2.0), (hours(1), 1.0), (hours(0), 0.0)]).points == [
        (hours(0), 0.0),
        (hours(1), 1.0),
        (hours(24), 2.0),
    ]
    with pytest.raises(ValueError, match="length"):
        chart(1, 2, 3, end=START)
    with pytest.raises(ValueError, match="aware"):
        Series(points=[(datetime(2026, 1, 1), 1.0)])  # noqa: DTZ001


def test_a_step_longer_than_three_is_a_gap() -> None:
    """Three typical ones are not."""
    points = [(hours(each), 1.0) for each in (0, 1, 2, 3, 6, 7, 10.01, 11)]
    assert longest_step(points) == timedelta(hours=3)
    assert [len(run) for run in runs(points)] == [6, 2]
    assert runs([]) == []
    assert END > START

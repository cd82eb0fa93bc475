"""Charts as SVG: to the letter what was once looked at, and whole whatever they are made of."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.chart.chart import Chart
from alertd.chart.svg import sparkline, to_svg
from tests.chart.drawing import chart, flat_battery, hours, noise, wave

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"

CHARTS = {
    "flat_battery": to_svg(flat_battery()),
    "dark": to_svg(chart(50, 55, 70, 72, 58, limit=60, limit_above=True, unit="°C", title="Hot"), 700, 240, "dark"),
    "noisy": to_svg(chart(*noise(500), limit=0.8, limit_above=True, unit="dB", title="SIC at 1 kHz"), 380, 180),
    "three": to_svg(chart(1, 4, 2, every=9)),
}


@pytest.mark.parametrize("name", CHARTS)
def test_golden(name: str) -> None:
    """Each picture is what was once looked at; ALERTD_GOLDEN=write writes them anew."""
    path = GOLDEN / f"{name}.svg"
    if os.environ.get("ALERTD_GOLDEN") == "write":
        path.write_text(CHARTS[name], encoding="utf-8")
    assert path.read_text(encoding="utf-8") == CHARTS[name]


def texts(svg: str) -> list[str]:
    """Every text that is written in the picture, its title first."""
    return [element.text or "" for element in ET.fromstring(svg).iter() if element.text and element.text.strip()]


def test_it_says_what_matters() -> None:
    """The title, the newest value, the limit, when it was pending and when it fired, times and their zone."""
    said = texts(to_svg(flat_battery()))
    assert said[0].startswith("Supply voltage of Quarry A north from 12.4 V")
    for words in ("11.56 V", "limit 11.9 V", "pending 03:12", "firing 03:42", "24 Nov", "12:00", "GMT", "12.0"):
        assert words in said


def lines(svg: str, colour: str) -> list[str]:
    """The paths of this colour."""
    return re.findall(rf'<path d="([^"]*)" class="{colour}"', svg)


def test_gaps_are_not_joined() -> None:
    """Two lines before the limit, then one beyond it; a lone value is a dot."""
    svg = to_svg(flat_battery())
    assert len(lines(svg, "line")) == 2
    assert len(lines(svg, "bad")) == 2  # the limit's own, and the line beyond it
    assert len(lines(svg, "breach")) == 1
    lone = to_svg(chart(points=[(hours(each), 12.0) for each in (0, 1, 2, 3, 12, 20, 21, 22)]))
    assert len(lines(lone, "line")) == 2
    assert lone.count("<circle") == 2


def test_each_breach_is_shaded() -> None:
    """Above or below, from crossing to crossing; without a limit nothing is."""
    values = wave(200)
    assert len(lines(to_svg(chart(*values, limit=2, limit_above=True)), "breach")) == 2
    assert len(lines(to_svg(chart(*values, limit=-2)), "breach")) == 2
    assert lines(to_svg(chart(*values)), "breach") == []
    (area,) = lines(to_svg(chart(0, 10, 0, limit=5, limit_above=True)), "breach")
    assert len(area.split("L")) == 5


def test_a_line_that_would_be_a_blot_is_a_band() -> None:
    """From the least to the greatest, and their mean as a line, which swings less."""
    svg = to_svg(chart(*noise(500)))
    (band,) = lines(svg, "spread")
    (mean,) = lines(svg, "line")
    heights = [float(place.split()[1]) for place in band.strip("MZ").split("L")]
    mean_heights = [float(place.split()[1]) for place in mean.strip("M").split("L")]
    assert max(heights) - min(heights) > 1.5 * (max(mean_heights) - min(mean_heights))
    assert len(mean_heights) < 130
    assert lines(to_svg(chart(*wave(500))), "spread") == []
    assert lines(to_svg(chart(*noise(40))), "spread") == []


@pytest.mark.parametrize("above", [True, False])
def test_a_band_hides_no_breach(above: bool) -> None:
    """One value in five hundred beyond the limit is shaded, as far as it went."""
    values = [value * 0.5 for value in noise(500)]
    values[250] = 1.0 if above else -1.0
    svg = to_svg(chart(*values, limit=0.7 if above else -0.7, limit_above=above))
    assert len(lines(svg, "spread")) == 1
    (area,) = lines(svg, "breach")
    heights = [float(place.split()[1]) for place in area.strip("MZ").split("L")]
    assert max(heights) - min(heights) > 10


def test_hostile_words_stay_words() -> None:
    """Markup in a title is text, in the picture and in what is read aloud."""
    svg = to_svg(chart(1, 2, 3, title='</title><script>alert(1)</script>&"\0\ud800', unit="<b>"))
    assert "<script" not in svg
    assert "<b>" not in svg
    assert texts(svg)[0].startswith('</title><script>alert(1)</script>&"\ufffd\ufffd from 1 <b>')


@given(
    st.lists(st.none() | st.floats(-1e20, 1e20), min_size=3, max_size=60),
    st.none() | st.floats(-1e20, 1e20),
    st.booleans(),
    st.text(max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_any_chart_is_whole(values: list[float | None], limit: float | None, above: bool, title: str) -> None:
    """XML that can be read, everything within the card, whatever the values are."""
    try:
        made: Chart = chart(*values, limit=limit, limit_above=above, title=title)
    except ValueError:
        assert sum(value is not None for value in values) < 3
        return
    svg = to_svg(made)
    ET.fromstring(svg)
    for path in re.findall(r' d="M([^"Z]*)', svg):
        for place in path.split("L"):
            x, y = map(float, place.split())
            assert 0 <= x <= 500
            assert 0 <= y <= 190


def test_many_points_make_no_large_picture() -> None:
    """What nobody could tell apart is left out."""
    svg = to_svg(chart(*wave(50_000), limit=1, limit_above=True))
    assert len(svg) < 60_000


def test_a_sparkline_is_a_line_and_a_dot() -> None:
    """In the surrounding text's colour; gaps stay open, a constant one is level, one value draws nothing."""
    points = [(hours(each), float(each % 5)) for each in range(12)] + [(hours(each), 1.0) for each in (20, 21)]
    svg = sparkline(points)
    ET.fromstring(svg)
    assert svg.count("M") == 2
    assert svg.count("<circle") == 1
    assert "currentColor" in svg
    assert 'width="120" height="24"' in svg
    assert "M2 12L117 12" in sparkline([(hours(0), 7.0), (hours(1), 7.0)])
    assert "<path" not in sparkline([(hours(0), 7.0)])
    assert "<path" not in sparkline([])
    extreme = sparkline([(hours(each), (-1e308, 1e308)[each % 2]) for each in range(4)])
    assert "nan" not in extreme
    assert "inf" not in extreme
    assert len(sparkline([(hours(index / 1000), value) for index, value in enumerate(wave(20_000))])) < 20_000


def test_svg_needs_no_pillow() -> None:
    """It is imported when a PNG is drawn, not before."""
    script = (
        "import sys, alertd.chart.svg, alertd.chart.png\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'PIL', 'sqlalchemy', 'jinja2'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"

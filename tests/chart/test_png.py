"""Charts as PNG: what is at which place, in which colour, and how many bytes it takes."""

import random
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from alertd.chart.chart import Chart, Span
from alertd.chart.picture import Line, draw
from alertd.chart.png import MOST_BYTES, to_png
from alertd.model import State
from tests.chart.drawing import START, chart, flat_battery, hours, wave

Pixel = tuple[int, int, int, int]


def opened(made: Chart) -> Image.Image:
    """The picture as a mail program sees it."""
    file = to_png(made)
    assert len(file) <= MOST_BYTES
    image = Image.open(BytesIO(file))
    assert image.format == "PNG"
    return image.convert("RGBA")


def pixel(image: Image.Image, x: float, y: float) -> Pixel:
    """At this place of the picture, in points."""
    found = image.getpixel((round(x * 2), round(y * 2)))
    assert isinstance(found, tuple)
    return found  # type: ignore[return-value]


def is_red(found: Pixel) -> bool:
    return found[0] > 180 and found[1] < 130 and found[2] < 130


def is_blue(found: Pixel) -> bool:
    return found[2] > 150 and found[0] < 130


def test_it_is_sharp_on_a_phone() -> None:
    """1000 × 380 pixels, for 500 × 190 points."""
    assert opened(flat_battery()).size == (1000, 380)


def test_the_card_is_white_with_round_corners_to_see_through() -> None:
    """So that it stands well in light and in dark mails."""
    image = opened(flat_battery())
    assert [pixel(image, x, y)[3] for x in (0, 499) for y in (0, 189)] == [0, 0, 0, 0]
    assert min(pixel(image, 6, 100)) >= 250
    assert {pixel(image, x, 0.5)[3] for x in range(20, 480)} == {255}


def limit_height(made: Chart) -> float:
    """Where the picture's description has the limit."""
    (line,) = [shape for shape in draw(made).shapes if isinstance(shape, Line) and shape.dash]
    return line.places[0][1]


def test_the_limit_is_a_dashed_red_line_where_it_belongs() -> None:
    """Half way between the lowest and the highest value that it lies between; dashes and spaces alike."""
    made = chart(0, 10, 0, 10, 0, limit=5)
    height = limit_height(made)
    inside = (190 - 24 + 40) / 2
    assert abs(height - inside) < 8
    image = opened(made)
    row = [is_red(pixel(image, x, height)) for x in range(60, 480)]
    assert 0.3 < sum(row) / len(row) < 0.7


def test_the_breach_is_red() -> None:
    """The line beyond the limit and the area between; before it, the line is blue and nothing is shaded."""
    made = chart(12, 12, 12, 12, 11, 11, 11, 11, limit=11.5)
    image = opened(made)
    columns = {x: [pixel(image, x, y) for y in range(45, 162)] for x in (120, 400)}
    assert any(map(is_blue, columns[120]))
    assert not any(map(is_blue, columns[400]))
    assert any(map(is_red, columns[400]))
    shaded = pixel(image, 400, limit_height(made) + 6)
    assert shaded[0] > shaded[1] + 20
    assert pixel(image, 120, limit_height(made) + 6)[1] >= 250


def test_pending_and_firing_are_marked() -> None:
    """A band in its own tint from each beginning to its end, white elsewhere."""
    spans = [
        Span(state=State.PENDING, start=hours(6), end=hours(12)),
        Span(state=State.FIRING, start=hours(12), end=hours(18)),
    ]
    image = opened(chart(1, 1, 1, 1, 1, spans=spans))
    left, right = 48, 484

    def at(hour: float) -> Pixel:
        return pixel(image, left + (right - left) * hour / 24, 150)

    assert min(at(3)) >= 250
    amber, red = at(9), at(15)
    assert amber[0] > amber[2] + 15
    assert amber[1] > red[1]
    assert red[0] > red[1] + 8
    assert min(at(21)) >= 250


def test_a_gap_is_empty() -> None:
    """Nothing is drawn where nothing was measured."""
    made = chart(points=[(hours(each / 4), 1.0) for each in range(97) if not 40 < each < 60])
    image = opened(made)
    in_gap = [pixel(image, 48 + 436 * 50 / 96, y) for y in range(45, 160)]
    assert not any(map(is_blue, in_gap))
    before = [pixel(image, 48 + 436 * 30 / 96, y) for y in range(45, 160)]
    assert any(map(is_blue, before))


DICE = random.Random(1)
EXTREME = {
    "constant": chart(12, 12, 12),
    "zero": chart(0, 0, 0, limit=0),
    "negative": chart(*(-90 + DICE.random() for _ in range(99)), limit=-89.5, unit="dBm"),
    "outlier": chart(*(12 + DICE.random() for _ in range(99)), 1e15, limit=11),
    "garbage": chart(1e99, -1e99, 0, 1e-99, limit=1e99),
    "noise": chart(*(DICE.gauss(0, 1) for _ in range(50_000)), limit=1, limit_above=True, title="W" * 500),
    "wave": chart(*wave(5000), limit=0),
    "spans": chart(*wave(300), spans=[Span(state=State.FIRING, start=hours(each / 20)) for each in range(480)]),
    "future span": chart(1, 2, 3, spans=[Span(state=State.PENDING, start=START - timedelta(days=9), end=hours(99))]),
    "hostile": chart(1, 2, 3, title="\0\u202e\ud800 北京 <b>" + "é" * 300, unit="\n%"),
}


@pytest.mark.parametrize("name", EXTREME)
def test_any_chart_can_be_drawn_small_enough(name: str) -> None:
    """Whatever is drawn is a picture that a mail can carry."""
    opened(EXTREME[name])


def test_the_same_chart_is_the_same_file() -> None:
    """No time, no chance in it: a mail that is sent again is the same mail."""
    assert to_png(flat_battery()) == to_png(flat_battery())

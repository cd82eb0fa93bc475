"""Mails as they are seen: on a wide screen and on a phone, by day and by night."""

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from math import sin
from pathlib import Path

import pytest

from alertd.chart.png import to_png
from alertd.chart.words import alt_text
from alertd.daemon.charts import SHOWN, chart_of
from alertd.daemon.compared import Compared
from alertd.model import Image, Source
from alertd.notify.letter import Letter
from alertd.notify.render import Renderer
from tests.notify.letters import AT, alert
from tests.notify.stories import LETTERS
from tests.support.browser import look_at

PHONE, DESK = 360, 680


def with_chart(letter: Letter) -> Letter:
    """The same letter with a chart of its worst alert's voltage."""
    points = [
        (AT - timedelta(minutes=15 * step), 11.28 + step * 0.012 + 0.05 * sin(step / 3)) for step in range(88, -1, -1)
    ]
    voltage = Compared(source=Source.CURRENT, name="voltage", limit=11.3, above=False)
    chart = chart_of(
        alert(), voltage, points, "Europe/London", (AT + timedelta(hours=1) - SHOWN, AT + timedelta(hours=1))
    )
    image = Image(cid="chart-alert-0@alertd", png=to_png(chart), alt=alt_text(chart))
    return replace(letter, charts={"alert-0": image})


@pytest.mark.parametrize("name", ["one", "site_down", "two_hundred", "digest"])
@pytest.mark.parametrize(("width", "dark"), [(DESK, False), (DESK, True), (PHONE, False)])
def test_a_mail_is_readable(name: str, width: int, dark: bool, tmp_path: Path) -> None:
    """Nothing sticks out or is too small to read, text stands out from its ground, pictures are there.

    ALERTD_PICTURES=folder keeps what was seen.
    """
    message = Renderer().render(with_chart(LETTERS[name]), "email").message
    look = look_at(message, tmp_path, width=width, dark=dark)
    if folder := os.environ.get("ALERTD_PICTURES"):
        shutil.copy(look.picture, Path(folder) / f"{name}-{look.picture.name}")
    assert look.width <= width
    assert look.smallest >= 14
    assert look.colour == ("rgb(255, 255, 255)" if dark else "rgb(0, 0, 0)")
    assert (look.images, look.broken) == (len(message.images), 0)
    assert look.picture.read_bytes().startswith(b"\x89PNG")
    assert brightness(look.picture) < 60 if dark else brightness(look.picture) > 200


def brightness(picture: Path) -> float:
    """Of the corner at the bottom, where nothing is: 0 is black, 255 white."""
    from PIL import Image as Pillow

    with Pillow.open(picture) as opened:
        red, green, blue = opened.convert("RGB").getpixel((2, opened.height - 2))  # type: ignore[misc]
    return float(red + green + blue) / 3

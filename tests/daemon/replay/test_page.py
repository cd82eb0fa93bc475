"""The page in a browser: by day and by night, with nothing that runs or comes from elsewhere."""

from datetime import timedelta
from pathlib import Path

import pytest

from alertd.daemon.replay.page import page_of
from alertd.daemon.replay.replay import Asked, replay
from tests.daemon.replay.test_telling import Silent
from tests.support.browser import _chromium
from tests.support.world import LOW_VOLTAGE, START, World

NAME = "<img src=x onerror=\"document.title='smuggled'\">"


@pytest.mark.parametrize("dark", [False, True])
def test_a_page(dark: bool, tmp_path: Path) -> None:
    """A hostile name is shown as it is and runs nothing; the whole page is drawn in the reader's own colours."""
    world = World(tmp_path, LOW_VOLTAGE, instruments={"labels": {"QT1": {"site": NAME}}})
    world.client.fleet["QT1"] = type(world.client.fleet["QT1"])(serial="QT1", name=NAME, model="CR:900")
    world.at("10m").voltage("QT1", 11.0).at("30m").voltage("QT1", 12.5)
    world.run_to("1h")
    end = START + timedelta(hours=1)
    asked = Asked(config=world.parts.setup.config, start=START, end=end, source="store")
    page = tmp_path / "page.html"
    page.write_text(page_of(replay(asked, Silent(), {}, now=end)), encoding="utf-8")
    world.close()
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    dom = _chromium(tmp_path, *scheme, "--virtual-time-budget=2000", "--dump-dom", page.as_uri())
    assert "<title>alertd replay</title>" in dom
    assert "<img" not in dom
    assert "&lt;img src=x" in dom
    picture = tmp_path / "page.png"
    _chromium(tmp_path, *scheme, "--window-size=1000,900", f"--screenshot={picture}", page.as_uri())
    from PIL import Image

    with Image.open(picture) as opened:
        corner = opened.convert("L").getpixel((3, 3))
    assert isinstance(corner, int)
    assert corner < 60 if dark else corner > 200

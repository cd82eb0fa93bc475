"""Rules, silences, deliveries and sources in a real Chromium: by clicks, by keys, on a phone, for everybody."""

import re
from datetime import timedelta
from typing import Any

import pytest

from alertd.matchers import Matcher
from alertd.model import Severity, State
from alertd.notify.silences import Silence, holds
from tests.support.visiting import barriers, sticks_out, visit
from tests.support.web import HOSTILE, NOW, WebSite, alert

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("browser of pages")]

PAGES = (
    "/rules",
    "/rules/LowVoltage",
    "/silences",
    "/silences/new?matcher=site%3D%22Quarry+A%22",
    "/deliveries",
    "/sources",
)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_silence_by_clicking_labels(browser: Any, site: WebSite, script: bool):
    """Two clicks choose, the preview says what it would hold, a reason, a button; what was filled in is kept."""
    with visit(browser, script=script) as page:
        page.goto(f"{site.url}/silences")
        page.get_by_role("link", name="New silence").click()
        if script:
            page.get_by_label("Reason").fill("battery swap")
            page.get_by_label("For how long").fill("45m")
        labels, preview = page.locator("#labels"), page.locator("#preview")
        labels.get_by_role("link", name="Quarry A").click()
        preview.get_by_text("2 alerts").wait_for()
        labels.get_by_role("link", name="LowVoltage").click()
        preview.get_by_text("1 alert").wait_for()
        assert "QT100000" in preview.inner_text()
        page.get_by_role("link", name='Without site="Quarry A"').click()
        preview.get_by_text("2 alerts").wait_for()
        assert "matcher=alertname" in page.url
        if not script:
            page.get_by_label("Reason").fill("battery swap")
            page.get_by_label("For how long").fill("45m")
        page.get_by_role("button", name="Silence", exact=True).click()
        page.get_by_text("is made").wait_for()
    (made,) = site.store.standing.silences()
    assert (made.reason, made.ends_at) == ("battery swap", site.now + timedelta(minutes=45))
    assert holds(made, site.firing.labels, site.now)
    assert not holds(made, site.pending.labels, site.now)


def test_the_preview_follows_what_happens(browser: Any, site: WebSite):
    """An alert that begins while somebody fills in the form is in the preview, and nothing filled in is lost."""
    with visit(browser) as page:
        page.clock.install()
        page.goto(f"{site.url}/silences/new?matcher=alertname%3DHot")
        page.get_by_label("Reason").fill("heat wave")
        assert "1 alert," in page.locator("#preview").inner_text()
        site.record(alert("hot2", "Hot", "QT100003", State.FIRING, Severity.WARNING))
        page.clock.run_for(11_000)
        page.locator("#preview").get_by_text("2 alerts").wait_for()
        assert page.get_by_label("Reason").input_value() == "heat wave"


def test_a_wrong_matcher_is_said_beside_what_was_filled_in(browser: Any, site: WebSite):
    """By keys alone: it is written, refused in one line, mended, and the terms are still there."""
    with visit(browser) as page:
        page.goto(f"{site.url}/silences/new")
        page.get_by_label("Reason").fill("swap")
        page.get_by_label("A matcher").fill("site=~(")
        page.keyboard.press("Enter")
        page.get_by_role("alert").get_by_text("is no regular expression").wait_for()
        assert page.get_by_label("A matcher").input_value() == "site=~("
        page.get_by_label("A matcher").fill("site=~Quarry.*")
        page.keyboard.press("Enter")
        page.locator("#preview").get_by_text("2 alerts").wait_for()
        assert page.get_by_role("alert").count() == 0
        assert page.get_by_label("Reason").input_value() == "swap"


def test_nothing_keeps_anybody_out(browser: Any, site: WebSite):
    """axe finds nothing serious, on a phone and a desk; no page sticks out; nothing of a page runs that is a name."""
    odd = Matcher("name", "=", HOSTILE)
    silence = Silence(
        id="odd", matchers=(odd,), starts_at=NOW, ends_at=None, author=HOSTILE, reason=HOSTILE, created_at=NOW
    )
    site.store.standing.add_silence(silence)
    with visit(browser) as page:
        for path in PAGES:
            page.set_viewport_size({"width": 1100, "height": 900})
            page.goto(site.url + path)
            assert barriers(page) == [], path
            assert sticks_out(page) <= 0, path
            page.emulate_media(color_scheme="dark")
            assert barriers(page, "color-contrast") == [], f"{path} in the dark"
            page.emulate_media(color_scheme="light")
            page.set_viewport_size({"width": 360, "height": 900})
            assert barriers(page) == [], f"{path} on a phone"
            assert sticks_out(page) <= 0, f"{path} on a phone"


def test_a_drill_by_its_button(browser: Any, site: WebSite):
    """Pressed, run, and said what came of it."""
    with visit(browser) as page:
        page.goto(f"{site.url}/deliveries")
        page.get_by_role("button", name=re.compile("Drill.* team")).click()
        page.get_by_text("delivered", exact=True).first.wait_for()
        assert "Drill by" in page.locator("#receivers").inner_text()
    assert site.sink.received[0].json["title"].startswith("[DRILL]")

"""The pages in a real browser: what happens while one looks, by a finger, by keys, by day and night."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alertd.model import EndReason, Severity, State, Transition, TransitionKind
from alertd.web.signing import Signing
from tests.support.readers import USERS, with_http
from tests.support.visiting import barriers
from tests.support.web import WebSite, alert, minutes

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright (pip install playwright)")

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("browser"),
]

PAGES = (
    "/",
    "/alerts/low",
    "/alerts/strange",
    "/alerts/over",
    "/monitors/QT100000",
    "/monitors/QT100002",
    "/alerts/nix",
)
PHONE = {"width": 360, "height": 740}
PATIENCE = 20_000
"""Milliseconds; far more than anything here takes."""


@pytest.fixture
def look(browser: Any, site: WebSite) -> Iterator[Any]:
    """Opens pages; whatever a browser complains of fails the test."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def opened(path: str, **how: Any) -> Any:
        context = browser.new_context(**how)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        page.clock.install()
        page.goto(site.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(said: Any) -> bool:
    """A page that is not there and a server that was stopped are what these tests ask for."""
    return said.type in ("error", "warning") and "Failed to load resource" not in said.text


def refreshed(page: Any) -> None:
    """The time passes after which a page looks for what is new."""
    with page.expect_response(lambda answer: answer.url.split("?")[0] == page.url.split("?")[0].split("#")[0]):
        page.clock.run_for(11_000)


def test_an_alert_begins_and_ends_while_one_looks(look: Any, site: WebSite):
    """It comes into the open page, and goes from it; what the reader had opened and where they were stays."""
    page = look("/", viewport=PHONE)
    expect = playwright.expect
    page.get_by_text("1 alert is pending").click()
    page.evaluate("window.scrollTo(0, 500)")
    hot = alert("new", "Hot", "QT100004", State.FIRING, Severity.CRITICAL, name="Depot")
    site.record(hot)
    refreshed(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("4 alerts fire")
    expect(page.get_by_role("listitem").filter(has_text="Depot")).to_contain_text("Hot")
    assert page.title().startswith("(4) ")
    assert page.locator("#pending").evaluate("each => each.open")
    assert page.evaluate("window.scrollY") == 500
    site.record(replace(hot, state=State.RESOLVED, resolved_at=minutes(0), resolved_reason=EndReason.RECOVERED))
    refreshed(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("3 alerts fire")


def test_an_alerts_page_follows_its_alert(look: Any, site: WebSite):
    """Its end comes into the open page."""
    page = look("/alerts/low")
    site.now = minutes(5)
    over = replace(site.firing, state=State.RESOLVED, resolved_at=minutes(4), resolved_reason=EndReason.RECOVERED)
    step = Transition(
        alert_id="low", kind=TransitionKind.RESOLVED, at=minutes(4), severity=Severity.CRITICAL, reason="recovered"
    )
    site.record(over, transitions=[step])
    refreshed(page)
    playwright.expect(page.locator("main")).to_contain_text("Over since 24 Nov 12:04 GMT (recovered)")


def test_what_one_types_is_left_alone(look: Any, site: WebSite):
    """A page that could be newer waits until the reader is done."""
    page = look("/alerts/low")
    page.get_by_label("Note").fill("on my way")
    page.get_by_role("heading", level=1).click()  # nothing has the focus any more
    site.record(replace(site.firing, explanation="voltage 10.90 V < 11.3 V"))
    refreshed(page)
    playwright.expect(page.get_by_label("Note")).to_have_value("on my way")
    playwright.expect(page.locator("main")).not_to_contain_text("10.90 V")


def test_a_page_says_that_it_is_old(look: Any, site: WebSite):
    """Where alertd does not answer the reader is told, not fooled."""
    page = look("/")
    site.server.stop()
    page.clock.run_for(11_000)
    playwright.expect(page.get_by_role("status")).to_contain_text("Not up to date")


def test_acknowledge_by_finger(look: Any, site: WebSite):
    """From the overview to the alert, a note, one button; the page says who has it, the store too."""
    page = look("/", viewport=PHONE, has_touch=True)
    page.get_by_role("link", name="LowVoltage").first.tap()
    page.get_by_label("Note").fill("swapping the battery")
    page.get_by_label("I have it in hand").select_option("4 hours")
    page.get_by_role("button", name="Acknowledge").tap()
    playwright.expect(page.locator("main")).to_contain_text("acknowledged by")
    assert page.url == f"{site.url}/alerts/low"
    (ack,) = site.store.standing.acks(["low"])
    assert (ack.note, ack.until) == ("swapping the battery", site.now + timedelta(hours=4))


def test_ten_seconds_from_a_message(browser: Any, tmp_path: Path):
    """Who taps a message's link sees the value fall below its limit, who was told, and has it in hand by one tap."""
    with with_http(tmp_path, users=USERS) as site:
        token = Signing(site.store.signing_key(), site.house.now).link("low")
        context = browser.new_context(viewport=PHONE, has_touch=True)
        page = context.new_page()
        began = time.monotonic()
        page.goto(f"{site.url}/alerts/low?k={token}")
        playwright.expect(page.locator(".narrow svg")).to_be_visible()
        playwright.expect(page.locator(".narrow svg")).to_contain_text("limit 11.3 V")
        playwright.expect(page.locator("main")).to_contain_text("[CRITICAL] LowVoltage · Quarry A north")
        page.get_by_role("button", name="Acknowledge").tap()
        playwright.expect(page.locator("main")).to_contain_text("acknowledged by")
        assert time.monotonic() - began < 10
        assert page.locator("input[name=scope]").count() == 1  # a link is for its alert alone
        (ack,) = site.store.standing.acks(["low"])
        assert ack.by == "whoever has the link"
        context.close()


def test_silence_by_keys_alone(look: Any, site: WebSite):
    """From the overview to a silence of the site without a pointer; the focus is seen at each step."""
    page = look("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    _tab_to(page, "document.activeElement.textContent === 'LowVoltage'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/low")
    _tab_to(page, "document.activeElement.type === 'radio'")
    page.keyboard.press("ArrowUp")  # round to the last one
    _tab_to(page, "document.activeElement.id === 'silence-for'")
    page.keyboard.type("12 hours")
    _tab_to(page, "document.activeElement.id === 'reason'")
    page.keyboard.type("blasting")
    page.keyboard.press("Enter")
    playwright.expect(page.locator("main")).to_contain_text("silenced")
    (silence,) = site.store.standing.silences()
    assert [str(matcher) for matcher in silence.matchers] == ['site="Quarry A"']
    assert silence.reason == "blasting"
    assert silence.ends_at == site.now + timedelta(hours=12)


def _tab_to(page: Any, there: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        if page.evaluate(there):
            return
    raise AssertionError(f"no Tab leads to {there}")


def test_a_phones_width(look: Any, site: WebSite):
    """No page sticks out at the side, whatever is in it, and what a finger presses is large enough."""
    page = look(PAGES[0], viewport=PHONE, has_touch=True)
    for path in PAGES:
        page.goto(f"{site.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        for button in page.locator("main button, main select, main input:not([type=radio], [type=hidden])").all():
            assert button.bounding_box()["height"] >= 40, path


def test_without_script(browser: Any, site: WebSite):
    """Everything is there, and finding, ordering and acknowledging work."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)
    page.get_by_role("searchbox").fill("north")
    page.get_by_label("Order by").select_option("Voltage")
    page.get_by_role("button", name="Show").click()
    playwright.expect(page.get_by_text("1 monitor", exact=False).first).to_be_visible()
    page.get_by_role("row").get_by_role("link", name="LowVoltage").click()
    page.get_by_role("button", name="Acknowledge").click()
    playwright.expect(page.locator("main")).to_contain_text("acknowledged by")
    context.close()


def test_nobody_is_kept_out(look: Any, site: WebSite):
    """axe finds nothing serious on any page: names, labels, landmarks, order, and contrast by day and by night."""
    page = look(PAGES[0], reduced_motion="reduce")
    for path in PAGES:
        page.goto(f"{site.url}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        assert barriers(page) == [], path
        page.emulate_media(color_scheme="dark")
        assert barriers(page, "color-contrast") == [], f"{path} by night"
        page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_are_of_the_readers_scheme(look: Any, scheme: str):
    """The same drawing has the card's colour by day and by night."""
    page = look("/alerts/low", color_scheme=scheme, viewport={"width": 1200, "height": 800})
    fill = page.locator(".broad svg .card").evaluate("each => getComputedStyle(each).fill")
    assert fill == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 29, 41)"}[scheme]

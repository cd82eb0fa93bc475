"""Who may do what, in a real Chromium: log-in, refusal, expiry, and what another site's page makes a browser send."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from alertd.web.signing import SESSION_FOR
from tests.support.readers import PASSWORD
from tests.support.visiting import barriers
from tests.support.web import WebSite

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]

PATIENCE = 20_000
"""Milliseconds; far more than anything here takes."""


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a browser that nobody has used."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def log_in(page: Any, name: str, password: str = PASSWORD) -> None:
    """Fill in the form that is shown."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def acknowledges(site: WebSite) -> bool:
    """Whether anybody acknowledged the alert that fires."""
    return bool(site.store.standing.acks([site.firing.id]))


def test_log_in_leads_on_and_out_again(closed: WebSite, page: Any):
    """A wrong password is said on the form; the right one opens the page that was wanted; logging out closes all."""
    page.goto(f"{closed.url}/alerts/low")
    assert "/login?next=" in page.url
    assert barriers(page) == []
    log_in(page, "ada", "not this one")
    page.get_by_text("do not belong together").wait_for()
    log_in(page, "ada")
    page.wait_for_url("**/alerts/low")
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")
    page.goto(f"{closed.url}/alerts/low")
    assert "/login" in page.url


def test_an_operator_acknowledges_and_a_viewer_cannot(closed: WebSite, page: Any):
    """A viewer has no button, and what one sends without it is refused; an operator's button works."""
    page.goto(f"{closed.url}/alerts/low")
    log_in(page, "bob")
    page.wait_for_url("**/alerts/low")
    assert page.get_by_role("button", name="Acknowledge").count() == 0
    csrf = page.locator("input[name=csrf]").first.get_attribute("value")
    asked = f"{{method: 'POST', headers: {{'x-csrf-token': '{csrf}'}}}}"
    assert page.evaluate(f"fetch('/alerts/low/acknowledge', {asked}).then(answer => answer.status)") == 403
    assert not acknowledges(closed)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")
    page.goto(f"{closed.url}/alerts/low")
    log_in(page, "ada")
    page.wait_for_url("**/alerts/low")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("ada").first.wait_for()
    assert acknowledges(closed)


def test_a_session_ends_by_itself(closed: WebSite, page: Any):
    """A button of a page that stood open over the session's end changes nothing; the next page is the log-in."""
    page.goto(f"{closed.url}/alerts/low")
    log_in(page, "ada")
    page.wait_for_url("**/alerts/low")
    closed.now += 2 * SESSION_FOR
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        page.get_by_role("button", name="Acknowledge").click()
    assert refused.value.status in (401, 403)
    assert not acknowledges(closed)
    page.goto(f"{closed.url}/")
    assert "/login" in page.url


@contextmanager
def elsewhere(html: str) -> Iterator[str]:
    """Another site, with this page; its address."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_another_sites_page_changes_nothing(closed: WebSite, page: Any):
    """Its form is refused, though it knows what forms carry and is sent by the browser of somebody who is logged in."""
    page.goto(f"{closed.url}/alerts/low")
    log_in(page, "ada")
    page.wait_for_url("**/alerts/low")
    csrf = page.locator("form input[name=csrf]").first.get_attribute("value")
    form = (
        f'<form method="post" action="{closed.url}/alerts/low/acknowledge"><input name="csrf" value="{csrf}">'
        "<button>Win</button></form>"
    )
    with elsewhere(form) as address:
        page.goto(address)
        with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
            page.get_by_role("button", name="Win").click()
    assert refused.value.status == 403
    assert not acknowledges(closed)
    page.goto(f"{closed.url}/alerts/low")
    page.evaluate("document.querySelectorAll('input[name=csrf]').forEach(each => each.value = 'made up')")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        page.get_by_role("button", name="Acknowledge").click()
    assert refused.value.status == 403
    assert not acknowledges(closed)

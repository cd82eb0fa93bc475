"""Links in messages: they open one alert's page for whoever got the message, and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from alertd.daemon.compose import letters_of
from alertd.daemon.letters import order_of
from alertd.model import Alert
from alertd.notify.render import Renderer
from alertd.notify.render_links import without_keys
from alertd.web.signing import LINK_FOR
from tests.support.readers import HTML, LOOKS, TOKENS, USERS, Browser, add_probes, bearer, csrf_in, with_http
from tests.support.web import WebSite


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[WebSite]:
    """A site with users and tokens."""
    with with_http(tmp_path, users=USERS, tokens=TOKENS) as site:
        add_probes(site)
        yield site


def link_in_a_message(site: WebSite, alert: Alert, channel: str = "email") -> str:
    """The path and query of the page that a message about an alert leads to."""
    setup = site.service.setup
    order = order_of(alert, routing=setup.routing)
    letter = letters_of(setup, site.store, lambda: site.now).letter(order, channel, site.now)
    rendered = Renderer().render(letter, channel)
    assert rendered.failures == ()
    found = re.search(r"http://alertd\.example\.com(/alerts/[^\s\"<>|)&]+\?k=[^\s\"<>|)&]+)", rendered.message.body)
    assert found is not None, rendered.message.body
    return found[1]


def key_in(link: str) -> str:
    """What a link carries."""
    return parse_qs(urlsplit(link).query)["k"][0]


@pytest.mark.parametrize("channel", ["email", "slack", "teams", "text"])
def test_a_message_opens_its_alert(closed: WebSite, channel: str):
    """What a message of each channel carries opens that alert's page, and makes its reader a viewer of it."""
    link = link_in_a_message(closed, closed.firing, channel)
    path, _, query = link.partition("?")
    assert path == f"/alerts/{closed.firing.id}"
    said = closed.get(f"{path}/probe?{query}", headers=HTML).json()
    assert (said["via"], said["role"], said["name"]) == ("link", "VIEWER", "whoever has the link")


def test_a_link_opens_nothing_else(closed: WebSite):
    """Another alert's page, and every other page, want a log-in as ever."""
    key = key_in(link_in_a_message(closed, closed.firing))
    for path in (f"/alerts/{closed.strange.id}/probe", "/alerts//probe", "/probe", "/", "/api/v1/alerts", "/alerts"):
        assert closed.get(path, params={"k": key}).status_code == 401, path
        assert closed.post(path, params={"k": key}, data={"k": key, "csrf": key}).status_code == 401, path
    for path in (f"/x/../alerts/{closed.firing.id}/probe", f"//alerts/{closed.firing.id}/probe"):
        assert closed.get(path.replace("..", "%2e%2e"), params={"k": key}).status_code == 401


def test_a_links_buttons_act(closed: WebSite):
    """A button's POST acts for that alert alone, by what its form carries, and is on record; a GET changes nothing."""
    key = key_in(link_in_a_message(closed, closed.firing))
    mine, others = f"/alerts/{closed.firing.id}/probe", f"/alerts/{closed.strange.id}/probe"
    assert closed.get(mine, params={"k": key}).status_code == 200
    assert closed.get(mine, headers={"x-csrf-token": key}).status_code == 401
    assert closed.store.changes() == []
    for sent in ({"data": {"csrf": key}}, {"headers": {"x-csrf-token": key}}, {"params": {"k": key}}):
        assert closed.post(mine, **sent).json()["role"] == "OPERATOR"
        assert closed.post(others, **sent).status_code == 401
    assert closed.post(mine).status_code == 401
    assert {(each.via, each.about) for each in closed.store.changes()} == {("link", mine)}
    foreign = closed.post(mine, data={"csrf": key}, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_a_viewer_with_a_link_acts_by_the_link(closed: WebSite):
    """Who is known and may only look is named beside the link that let them act."""
    key = key_in(link_in_a_message(closed, closed.firing))
    mine = f"/alerts/{closed.firing.id}/probe"
    bob, ada = Browser(closed), Browser(closed)
    bob.log_in("bob")
    ada.log_in("ada")
    assert bob.post(mine, {"csrf": key}).json() == {"name": "bob, by a link", "role": "OPERATOR", "via": "link"}
    assert ada.get(f"{mine}?k={key}").json()["via"] == "session"
    assert closed.post(mine, headers=bearer(LOOKS), data={"csrf": key}).status_code == 403


def test_a_link_is_for_a_few_days(closed: WebSite):
    """Then its page wants a log-in, and leads there."""
    link = link_in_a_message(closed, closed.firing).replace("?", "/probe?")
    closed.now += LINK_FOR
    assert closed.get(link).status_code == 200
    closed.now += timedelta(seconds=1)
    assert closed.get(link).status_code == 401
    answer = closed.get(link, headers=HTML)
    assert answer.headers["location"].startswith("/login?next=%2Falerts%2F")


def test_forged_links(closed: WebSite):
    """No sign of a link can be another."""
    link = link_in_a_message(closed, closed.firing).replace("?", "/probe?")
    path, _, key = link.partition("?k=")
    moment, _, signature = key.partition(".")
    later = moment[:-1] + ("A" if moment[-1] != "A" else "B")
    for bad in ("", "x", signature, f"{later}.{signature}", f"{moment}.{signature[:-2]}", f".{signature}", "é", "%00"):
        assert closed.get(f"{path}?k={bad}").status_code == 401, bad


def test_letters_that_are_only_shown_open_nothing(closed: WebSite):
    """What a page or an interface shows of a message to somebody who may only look has no key in it."""
    setup = closed.service.setup
    letter = letters_of(setup, closed.store).letter(order_of(closed.firing, routing=setup.routing), "email", closed.now)
    body = Renderer().render(letter, "email").message.body
    assert f"/alerts/{closed.firing.id}" in body
    assert "k=" not in body


@pytest.mark.parametrize("channel", ["email", "slack", "teams", "text"])
def test_a_sent_message_can_be_shown_without_its_key(closed: WebSite, channel: str):
    """The text of a message that was sent, and its HTML, lose what opens a page, and nothing else."""
    setup = closed.service.setup
    order = order_of(closed.firing, routing=setup.routing)
    keyed = letters_of(setup, closed.store, lambda: closed.now).letter(order, channel, closed.now)
    plain = letters_of(setup, closed.store).letter(order, channel, closed.now)
    sent, shown = (Renderer().render(each, channel).message for each in (keyed, plain))
    assert sent.body != shown.body
    assert without_keys(sent.body) == shown.body
    assert without_keys(sent.html or "") == (shown.html or "")


def test_the_page_of_a_link(closed: WebSite):
    """A tap on a message's link shows the alert with its buttons; pressing one acts, and leads back to that page."""
    link = link_in_a_message(closed, closed.firing)
    browser = Browser(closed)
    page = browser.get(link)
    assert page.status_code == 200
    assert "Everything of this site" not in page.text
    done = browser.post(f"/alerts/{closed.firing.id}/acknowledge", {"csrf": csrf_in(page), "note": "on the way"})
    assert (done.status_code, unquote(done.headers["location"])) == (303, unquote(link))
    assert [ack.note for ack in closed.store.standing.acks([closed.firing.id])] == ["on the way"]
    wish = {"csrf": csrf_in(page), "scope": "site", "reason": "swap", "lasts": "1h"}
    assert browser.post(f"/alerts/{closed.firing.id}/silence", wish).status_code == 409
    assert browser.post(f"/alerts/{closed.firing.id}/silence", wish | {"scope": "alert"}).status_code == 303
    (silence,) = closed.store.standing.silences()
    assert {matcher.label for matcher in silence.matchers} == {"alertname", "instrument"}
    assert browser.post(f"/alerts/{closed.strange.id}/acknowledge", {"csrf": csrf_in(page)}).status_code == 401
    assert {each.via for each in closed.store.changes()} == {"link"}


def test_an_odd_alerts_link(closed: WebSite):
    """Whatever an id is made of, the link is for that one."""
    odd = replace(closed.firing, id="a.b c%2F")
    path, _, query = link_in_a_message(closed, odd).partition("?")
    assert closed.get(f"{path}/probe?{query}").status_code == 200
    assert closed.get(f"/alerts/a.b/probe?{query}").status_code == 401

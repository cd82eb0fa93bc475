"""What Slack, Teams and a mail server really get: over TLS, through a proxy, from the plugins that are used at work."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alertd.model import Image, Message
from alertd.notify.channels import REPEAT_LINE, Channels, TargetAddress
from alertd.notify.outcome import Delivered, Failed, Outcome
from alertd.notify.render import Renderer
from tests.notify.letters import alert, letter
from tests.notify.stories import LETTERS
from tests.support.limits import slack_faults, teams_faults
from tests.support.peers import SLACK_URL, TEAMS_URL, Peers
from tests.support.sinks import Answer

GOLDEN = Path(__file__).parent / "golden" / "sent"
KEPT = ("one", "three_over", "two_hundred", "site_down", "digest", "nasty")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "5e9b0a6f0000000049454e44ae426082"
)


@pytest.fixture
def peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peers]:
    with Peers(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def send(url: str, message: Message, *, repeat: bool = False) -> Outcome:
    address = TargetAddress(name="there", url=url, timeout=timedelta(seconds=20))
    return Channels({"there": address}).send("there", message, possible_repeat=repeat, thread_id="one")


def rendered(name: str, channel: str) -> Message:
    return Renderer().render(LETTERS[name], channel).message


def kept(name: str, payload: Any) -> None:
    """It is, to the letter, what was once looked at; ALERTD_GOLDEN=write writes it anew."""
    path, text = GOLDEN / name, json.dumps(payload, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("ALERTD_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", KEPT)
def test_slack(peers: Peers, name: str) -> None:
    """Slack gets blocks beside a bar in the severity's colour, a title for the lock screen, and nothing that pings."""
    assert send(SLACK_URL, rendered(name, "slack")) == Delivered()
    (request,) = peers.slack.received
    assert slack_faults(request.json) == []
    kept(f"{name}.slack.json", request.json)


@pytest.mark.parametrize("name", KEPT)
def test_teams(peers: Peers, name: str) -> None:
    """Teams gets a valid Adaptive Card of at most 28 KB, in colour, with facts and buttons, that mentions nobody."""
    assert send(TEAMS_URL, rendered(name, "teams")) == Delivered()
    (request,) = peers.teams.received
    assert teams_faults(request.body) == []
    kept(f"{name}.teams.json", request.json)


@pytest.mark.parametrize("name", LETTERS)
def test_every_kind_of_message_is_taken(peers: Peers, name: str) -> None:
    """Whatever is told, also as a possible repeat, stays within what Slack and Teams document."""
    assert send(SLACK_URL, rendered(name, "slack"), repeat=True) == Delivered()
    assert send(TEAMS_URL, rendered(name, "teams"), repeat=True) == Delivered()
    assert slack_faults(peers.slack.received[0].json) == []
    assert teams_faults(peers.teams.received[0].body) == []
    assert REPEAT_LINE in peers.slack.received[0].body.decode()
    assert REPEAT_LINE in peers.teams.received[0].body.decode()


@pytest.mark.parametrize("url", ["slack://alertd@T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops", SLACK_URL])
def test_slack_by_either_form_of_address(peers: Peers, url: str) -> None:
    """The channel and the sender's name of a slack:// URL reach Slack beside the blocks."""
    assert send(url, rendered("one", "slack")) == Delivered()
    payload = peers.slack.received[0].json
    assert payload["text"] == "[CRITICAL] LowVoltage · Quarry A north (QT123456) 11.21 V"
    assert payload["attachments"][0]["color"] == "#d2453a"
    if url.startswith("slack:"):
        assert (payload["username"], payload["channel"]) == ("alertd", "#ops")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(404, b"no_service"), "HTTP 404"),
        (Answer(429, b"slow down"), "HTTP 429"),
        (Answer(200, b"not ok"), "HTTP 200, but not taken"),
    ],
)
def test_what_slack_refuses(peers: Peers, answer: Answer, reason: str) -> None:
    """A refusal is told for what it is."""
    peers.slack.answer = answer
    outcome = send(SLACK_URL, rendered("one", "slack"))
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith(reason)


def test_a_large_storm_arrives_whole(peers: Peers) -> None:
    """Of a thousand alerts each is named in what Teams gets, in parts of at most 28 KB."""
    told = letter([alert(index) for index in range(1000)], texts={})
    parts = Renderer().render_parts(told, "teams").parts
    for part in parts:
        assert send(TEAMS_URL, part.message) == Delivered()
    assert all(teams_faults(request.body) == [] for request in peers.teams.received)
    text = "".join(request.body.decode() for request in peers.teams.received)
    assert all(one.subject in text for one in told.firing)


def test_mail_over_starttls(peers: Peers) -> None:
    """A mail goes over STARTTLS to a server whose certificate is checked; text and HTML are as rendered."""
    message = rendered("several", "email")
    assert send(peers.mail_url, message) == Delivered()
    (mail,) = peers.mail.mails
    assert mail.message["Subject"] == message.title
    assert mail.part("text/plain").strip() == message.body
    assert mail.part("text/html").strip() == message.html
    assert mail.message.get_content_type() == "multipart/alternative"


def test_mail_to_a_server_that_nobody_vouches_for(peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate of an unknown authority is refused before anything is said."""
    monkeypatch.delenv("SSL_CERT_FILE")
    outcome = send(peers.mail_url, rendered("one", "email"))
    assert isinstance(outcome, Failed)
    assert not outcome.maybe
    assert peers.mail.mails == []


def test_pictures_come_with_the_mail(peers: Peers) -> None:
    """A chart is a part of the mail, beside the HTML that shows it; nothing is fetched from elsewhere."""
    image = Image(cid="chart-alert-0@alertd", png=PNG, alt="voltage over 24 h: from 12.6 to 11.21 V")
    told = replace(LETTERS["one"], charts={"alert-0": image})
    message = Renderer().render(told, "email").message
    assert message.images == (image,)
    assert send(peers.mail_url, message) == Delivered()
    (mail,) = peers.mail.mails
    plain, related = mail.message.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    html, picture = related.iter_parts()
    assert (html.get_content_type(), picture.get_content_type()) == ("text/html", "image/png")
    assert picture["Content-ID"] == "<chart-alert-0@alertd>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == PNG
    assert 'src="cid:chart-alert-0@alertd" alt="voltage over 24 h: from 12.6 to 11.21 V"' in html.get_content()


def test_a_thread_of_mails(peers: Peers) -> None:
    """Mails of one thread share an id; what stands alone has none."""
    message = rendered("one", "email")
    channels = Channels({"there": TargetAddress(name="there", url=peers.mail_url, timeout=timedelta(seconds=20))})
    for thread_id in ("one", "one", None, ""):
        channels.send("there", message, possible_repeat=False, thread_id=thread_id)
    first, second, *alone = [mail.message for mail in peers.mail.mails]
    assert first["References"] == first["In-Reply-To"] == second["References"] is not None
    assert [mail["References"] for mail in alone] == [None, None]

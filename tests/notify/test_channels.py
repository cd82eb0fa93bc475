"""The way out to targets, against real servers on loopback."""

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alertd.model import Message
from alertd.notify.channels import REPEAT_LINE, Channels, TargetAddress, channel_of, url_mistake
from alertd.notify.outcome import Delivered, Failed, Outcome
from tests.support.sinks import DRIP, HANG, RESET, Answer, HttpSink, SmtpSink

MESSAGE = Message(
    title="[CRITICAL] LowVoltage · Quarry A north (QT123456) 11.21 V",
    body="voltage 11.21 V < 11.3 V\n  since 24 Nov 02:10 GMT\n" + "more " * 300,
    html="<!DOCTYPE html><html><body>\n<p>voltage 11.21 V &lt; 11.3 V</p></body></html>",
    type="failure",
)


@pytest.fixture
def http() -> Iterator[HttpSink]:
    with HttpSink() as sink:
        yield sink


@pytest.fixture
def smtp() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


def channels_to(url: str, seconds: float = 20) -> Channels:
    return Channels({"there": TargetAddress(name="there", url=url, timeout=timedelta(seconds=seconds))})


def send(url: str, message: Message = MESSAGE, *, seconds: float = 20, repeat: bool = False) -> Outcome:
    return channels_to(url, seconds).send("there", message, possible_repeat=repeat, thread_id="group 1")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("mailto://user:pass@example.com", "email"),
        ("MAILTOS://user:pass@example.com", "email"),
        ("slack://T0/B0/X0/#ops", "slack"),
        ("https://hooks.slack.com/services/T0/B0/X0", "slack"),
        ("workflows://host:443/ID/SIG", "teams"),
        ("https://prod.example.com:443/workflows/ID/triggers/manual/paths/invoke?sig=x", "teams"),
        ("https://x.powerplatform.com/powerautomate/automations/direct/workflows/ID/triggers/manual", "teams"),
        ("json://localhost/", "text"),
        ("tgram://bot/chat", "text"),
        ("rubbish", "text"),
    ],
)
def test_channel_of(url: str, kind: str) -> None:
    """The scheme, or the native address of a webhook, says which templates apply."""
    assert channel_of(url) == kind


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("json://localhost/hook", None),
        ("mailto://user:pass@example.com?to=a@example.com,b@example.com", None),
        ("workflows://example.com:443/ID/SIG", None),
        ("jsn://localhost/hidden", "no channel jsn://: did you mean json"),
        ("quux://hidden", "no channel quux://"),
        ("hidden", "SCHEME://"),
        ("mailto:hidden@example.com", "SCHEME://"),
        ("slack://hidden", "cannot use this slack:// URL"),
        ("msteams://hidden/a/b/c", "workflows://"),
        ("json://localhost/hidden?optional=yes", "?optional="),
        ("workflows://example.com/ID/hidden?template=/etc/passwd", "?template="),
        ("json://localhost/hidden?attach=/etc/passwd", "file attachment"),
        ("json://localhost/hidden?x=file:///etc/passwd", "file attachment"),
        ("file:///etc/hidden", "file://"),
    ],
)
def test_url_mistake(url: str, words: str | None) -> None:
    """A URL that cannot work is named by its scheme and its remedy, and never printed."""
    mistake = url_mistake(url)
    if words is None:
        assert mistake is None
    else:
        assert mistake is not None
        assert words in mistake
        assert "hidden" not in mistake
        assert "passwd" not in mistake


def test_text_goes_out_whole(http: HttpSink) -> None:
    """A target without templates of its own gets title, type and every line of the text as they are."""
    assert send(http.target("hook")) == Delivered()
    (request,) = http.received
    assert request.path == "/hook"
    assert request.json["title"] == MESSAGE.title
    assert request.json["message"].split() == MESSAGE.body.split()
    assert request.json["type"] == "failure"


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (Answer(500), Failed("HTTP 500", maybe=False)),
        (Answer(429), Failed("HTTP 429", maybe=False)),
        (Answer(302), Failed("HTTP 302", maybe=False)),
        (RESET, Failed("the connection broke off", maybe=True)),
        (HANG, Failed("time-out after 0.6 s", maybe=True)),
        (DRIP, Failed("time-out after 0.6 s", maybe=True)),
    ],
)
def test_failures_are_told_apart(http: HttpSink, answer: Answer, failed: Failed) -> None:
    """A refusal is a failure for sure; a break or a time-out after sending may have arrived."""
    http.answer = answer
    seconds = 0.6 if answer in (HANG, DRIP) else 20
    assert send(http.target(), seconds=seconds) == failed
    assert len(http.wait_for(1)) == 1  # on a busy machine the attempt may get under way after its deadline


def test_nobody_listens() -> None:
    """A refused connection is a failure for sure."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert send(f"json://127.0.0.1:{port}/") == Failed("connection refused", maybe=False)
    mail = f"mailto://127.0.0.1:{port}/?from=a@example.com&to=b@example.com&mode=insecure&smtp=127.0.0.1"
    assert send(mail) == Failed("connection refused", maybe=False)


def test_unknown_target_and_unusable_url() -> None:
    """Neither raises; both are failures whose reason holds no URL."""
    outcome = Channels({}).send("gone", MESSAGE, possible_repeat=False, thread_id=None)
    assert outcome == Failed("no such target in the config", maybe=False)
    unusable = send("quux://secret")
    assert isinstance(unusable, Failed)
    assert "secret" not in unusable.reason


def test_nothing_is_logged(http: HttpSink, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """No line of apprise or urllib3 gets out, at any level: they hold URLs with their secrets."""
    http.answer = Answer(500)
    with caplog.at_level(logging.DEBUG):
        send(http.target("s3cret-token"))
        send("slack://s3cret-token")
    assert "s3cret" not in caplog.text
    assert capfd.readouterr() == ("", "")


def test_targets_do_not_wait_for_each_other(http: HttpSink) -> None:
    """While one target hangs, another is served."""
    with HttpSink() as other:
        http.answer = HANG
        channels = Channels(
            {
                "stuck": TargetAddress(name="stuck", url=http.target(), timeout=timedelta(seconds=20)),
                "well": TargetAddress(name="well", url=other.target(), timeout=timedelta(seconds=20)),
            }
        )
        stuck: list[Outcome] = []
        thread = threading.Thread(
            target=lambda: stuck.append(channels.send("stuck", MESSAGE, possible_repeat=False, thread_id=None))
        )
        thread.start()
        http.wait_for(1)
        assert channels.send("well", MESSAGE, possible_repeat=False, thread_id=None) == Delivered()
        assert not stuck
        channels.close()
        thread.join(10)
        assert stuck == [Failed("stopped while sending", maybe=True)]
        assert channels.send("well", MESSAGE, possible_repeat=False, thread_id=None) == Failed("stopping", maybe=False)


def test_hanging_attempts_do_not_pile_up(http: HttpSink) -> None:
    """Where several attempts hang beyond their deadline, no further one is started."""
    http.answer = DRIP
    channels = channels_to(http.target(), 0.3)
    outcomes = [channels.send("there", MESSAGE, possible_repeat=True, thread_id=None) for _ in range(5)]
    assert outcomes[:3] == [Failed("time-out after 0.3 s", maybe=True)] * 3
    assert outcomes[3:] == [Failed("earlier attempts still hang", maybe=False)] * 2
    assert len(http.received) == 3


def test_possible_repeat(http: HttpSink, smtp: SmtpSink) -> None:
    """A message that may be there already says so at its top, in every part."""
    send(http.target(), repeat=True)
    assert http.received[0].json["message"].startswith(REPEAT_LINE)
    send(smtp.target(), repeat=True)
    (mail,) = smtp.mails
    assert mail.part("text/plain").startswith(REPEAT_LINE)
    assert f"<body>\n<p>{REPEAT_LINE}</p>" in mail.part("text/html")


def test_mail_has_both_parts_as_rendered(smtp: SmtpSink) -> None:
    """A mail is multipart/alternative with the rendered text and the rendered HTML, nothing derived."""
    assert send(smtp.target()) == Delivered()
    (mail,) = smtp.mails
    assert mail.message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.message.iter_parts()] == ["text/plain", "text/html"]
    assert mail.part("text/plain").strip() == MESSAGE.body.strip()
    assert mail.part("text/html").strip() == MESSAGE.html
    assert mail.message["Subject"] == MESSAGE.title
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.recipients == ["field@example.com"]


def test_mails_of_one_thread_refer_to_the_same_id(smtp: SmtpSink) -> None:
    """All mails of a thread, the first too, carry one made-up id; another thread has another."""
    channels = channels_to(smtp.target())
    for thread_id in ("group 1", "group 1", "group 2"):
        channels.send("there", MESSAGE, possible_repeat=False, thread_id=thread_id)
    first, second, other = [mail.message for mail in smtp.mails]
    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert other["References"] != first["References"]
    assert first["Message-ID"] != second["Message-ID"]
    assert len(first.get_all("Message-ID")) == 1


@pytest.mark.parametrize(
    ("refuse", "reason"),
    [
        ({"DATA": "451 Greylisted, try later"}, "SMTP 451 Greylisted, try later"),
        ({"DATA": "554 No thanks"}, "SMTP 554 No thanks"),
        ({"MAIL": "553 Unknown sender"}, "SMTP 553 Unknown sender"),
        ({"RCPT": "550 No such user"}, "SMTP 550 No such user"),
    ],
)
def test_mail_refused(smtp: SmtpSink, refuse: dict[str, str], reason: str) -> None:
    """An SMTP refusal is a failure for sure, in the server's words."""
    smtp.refuse = refuse
    assert send(smtp.target()) == Failed(reason, maybe=False)
    assert not smtp.mails


def test_mail_unanswered_may_have_arrived(smtp: SmtpSink) -> None:
    """A server that takes a mail and never says so leaves its outcome unknown."""
    smtp.hang = True
    outcome = send(smtp.target(), seconds=1)
    assert isinstance(outcome, Failed)
    assert outcome.maybe
    assert "time-out" in outcome.reason


def test_who_took_it_is_not_sent_it_again(smtp: SmtpSink) -> None:
    """Of several recipients only those who refused are tried again; a later message goes to all."""
    channels = channels_to(smtp.target(to="a@example.com,b@example.com", cc="c@example.com"))
    smtp.refuse = {"b@example.com": "450 Mailbox full"}
    outcome = channels.send("there", MESSAGE, possible_repeat=False, thread_id=None)
    assert outcome == Failed("SMTP 450 Mailbox full", maybe=True)
    smtp.refuse = {}
    assert channels.send("there", MESSAGE, possible_repeat=True, thread_id=None) == Delivered()
    heard = [address for mail in smtp.mails for address in mail.recipients]
    assert sorted(heard) == ["a@example.com", "b@example.com", "c@example.com"]
    assert channels.send("there", MESSAGE, possible_repeat=False, thread_id=None) == Delivered()
    assert len([address for mail in smtp.mails for address in mail.recipients]) == 6


@pytest.mark.parametrize(
    ("url", "limit"),
    [
        ("json://localhost/", 4000),
        ("mailto://user:pass@example.com", None),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", None),
        ("workflows://example.com:443/ID/SIG", None),
    ],
)
def test_limit(url: str, limit: int | None) -> None:
    """Only channels without templates of their own are held to their plugin's length."""
    assert channels_to(url).limit("there") == limit


def test_a_title_takes_room_where_there_is_no_field_for_it() -> None:
    """A short-message plugin gets a body that leaves room for the title in front of it."""
    url = "clicksend://user:pass@+15551234567"
    limit = channels_to(url).limit("there")
    assert limit is not None
    assert limit < 1000


IMPORTS_ALONE = """
import sys
from importlib.abc import MetaPathFinder
from alertd.notify import apprise_plugins

class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "apprise":
            print(apprise_plugins._importing.locked())

sys.meta_path.insert(0, Watch())
apprise_plugins.unusable("nonsense", "nonsense://x")
"""


def test_apprise_is_imported_by_one_thread_at_a_time() -> None:
    """A config is checked while a first message is made: of two that import apprise at once, one may see half of it."""
    ran = subprocess.run([sys.executable, "-c", IMPORTS_ALONE], capture_output=True, text=True, timeout=50, check=True)
    assert ran.stdout == "True\n"

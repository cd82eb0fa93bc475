"""Where the demo's messages arrive: what is shown is what was sent."""

import smtplib
from email.message import EmailMessage

import pytest

from alertd.daemon.demo_sinks import Arrived, sinks

NASTY = "temp 93 °C\n.hidden\n..\n. a dot\n\n" + "long " * 300


@pytest.mark.parametrize("body", ["one line\n", NASTY + "\n"])
def test_a_mail_arrives_as_it_was_sent(body: str) -> None:
    """Dots at the beginning of lines, long lines and letters of any alphabet included."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "[CRITICAL] Hot · Küste 93 °C"
    mail.set_content(body)
    mail.add_alternative(f"<p>{body}</p>", subtype="html")
    arrived: list[Arrived] = []
    with sinks(arrived.append) as (port, _), smtplib.SMTP("127.0.0.1", port, timeout=10) as session:
        session.send_message(mail)
        session.send_message(mail)
    assert arrived == [Arrived(channel="email", title=str(mail["Subject"]), body=body, html=f"<p>{body}</p>\n")] * 2

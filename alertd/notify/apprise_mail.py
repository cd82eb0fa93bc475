"""E-mail through apprise's plugin, with both parts our own.

apprise would derive the text part from the HTML, and keeps an SMTP error to itself. So the message is prepared by its
plugin, its parts replaced, and handed over here, where each way to fail is known for what it is.
"""

import smtplib
from collections.abc import Callable, Iterable, Iterator
from email import message_from_string
from email.message import Message as MimeMessage
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

from apprise.common import NotifyFormat
from apprise.plugins.email.base import NotifyEmail, PGPMode
from apprise.plugins.email.smtp import AppriseSMTPController

from alertd.model import Image, Message
from alertd.notify.outcome import Delivered, Failed, Outcome
from alertd.notify.plain_text import one_line

__all__ = ["NotifyEmail", "send_mail"]

_HEADERS = {"Auto-Submitted": "auto-generated"}
"""So that holiday notices do not answer (RFC 3834)."""

_PLACEHOLDER = "<p></p>"
"""What apprise derives a text part from, which is replaced: from a long mail that takes a while."""


class _Session(AppriseSMTPController):
    """An SMTP session that tells what happened instead of only whether it went well."""

    def hand_over(self, sender: str, recipients: list[str], text: str) -> dict[str, tuple[int, bytes]]:
        """Send one message; returns the recipients that were refused while others were taken."""
        refused: dict[str, tuple[int, bytes]] = self._socket.sendmail(sender, recipients, text)  # type: ignore[attr-defined]
        return refused


def send_mail(
    plugin: Any, message: Message, thread_id: str | None, taken: set[str], settle: Callable[[Outcome], None]
) -> None:
    """Send one mail to each of the URL's recipients that is not in `taken`, and add to it whoever took it.

    `settle` is called with the outcome as soon as it is known, before the session is wound up.
    """
    try:
        session = _session(plugin)
        with session:
            settle(_send_each(session, plugin, _prepared(plugin, message, thread_id), taken))
    except smtplib.SMTPResponseException as error:
        settle(Failed(_smtp(error.smtp_code, error.smtp_error, plugin), maybe=False))
    except smtplib.SMTPServerDisconnected as error:
        settle(Failed(_broken(error), maybe=False))
    except smtplib.SMTPException as error:
        settle(Failed(f"SMTP: {type(error).__name__}", maybe=False))
    except OSError as error:
        settle(Failed(_words(error), maybe=False))


def _send_each(session: _Session, plugin: Any, mails: Iterable[Any], taken: set[str]) -> Outcome:
    refusals: list[str] = []
    try:
        for mail in mails:
            refusals.extend(_hand_over(session, plugin, mail, taken))
    except smtplib.SMTPServerDisconnected as error:
        return Failed(_broken(error), maybe=True)
    except smtplib.SMTPException as error:
        return Failed(f"SMTP: {type(error).__name__}", maybe=bool(taken))
    except OSError as error:
        return Failed(_words(error), maybe=True)
    return Failed(refusals[0], maybe=bool(taken)) if refusals else Delivered()


def _session(plugin: Any) -> _Session:
    return _Session(
        host=plugin.smtp_host,
        port=plugin.port,
        secure_mode=plugin.secure_mode,
        user=plugin.user,
        password=plugin.password,
        verify_certificate=plugin.verify_certificate,
        socket_connect_timeout=plugin.socket_connect_timeout,
    )


def _hand_over(session: _Session, plugin: Any, mail: Any, taken: set[str]) -> Iterator[str]:
    """Send one prepared mail to those who have not got it; yields why it was refused, if it was."""
    waiting = [address for address in mail.to_addrs if address not in taken]
    if not waiting:
        return
    try:
        refused = session.hand_over(plugin.from_addr[1], waiting, mail.body)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        yield _smtp(error.smtp_code, error.smtp_error, plugin)
        return
    taken.update(address for address in waiting if address not in refused)
    for code, text in refused.values():
        yield _smtp(code, text, plugin)


def _prepared(plugin: Any, message: Message, thread_id: str | None) -> Iterator[Any]:
    """The mails to send, one for each `to` of the URL."""
    threads = {"References": thread_id, "In-Reply-To": thread_id} if thread_id else {}
    # What is signed or encrypted cannot be changed afterwards, so it has our text part alone.
    sealed = plugin.pgp_mode != PGPMode.NONE
    as_html = bool(message.html) and not sealed
    mails: Iterable[Any] = NotifyEmail.prepare_emails(
        subject=message.title,
        body=_PLACEHOLDER if as_html else message.body,
        notify_format=NotifyFormat.HTML if as_html else NotifyFormat.TEXT,
        from_addr=plugin.from_addr,
        to=plugin.targets,
        cc=plugin.cc,
        bcc=plugin.bcc,
        reply_to=plugin.reply_to,
        smtp_host=plugin.smtp_host,
        headers={"X-Application": plugin.app_id, **_HEADERS, **plugin.headers, **threads},
        names=plugin.names,
        pgp=plugin.pgp if sealed else None,
        pgp_mode=plugin.pgp_mode,
        tzinfo=plugin.tzinfo,
    )
    for mail in mails:
        if as_html:
            mail.body = _with_our_parts(mail.body, message)
        yield mail


def _with_our_parts(mail: str, message: Message) -> str:
    """The mail with the rendered text, and the rendered HTML beside its pictures."""
    parsed: MimeMessage = message_from_string(mail)
    html: MIMEBase = MIMEText(message.html, "html", "utf-8")
    if message.images:
        related = MIMEMultipart("related", type="text/html")
        for part in (html, *map(_picture, message.images)):
            related.attach(part)
        html = related
    parsed.set_payload([MIMEText(message.body, "plain", "utf-8"), html])
    return parsed.as_string()


def _picture(image: Image) -> MIMEBase:
    part = MIMEImage(image.png, "png")
    part["Content-ID"] = f"<{image.cid}>"
    part.add_header("Content-Disposition", "inline", filename=f"{image.cid.partition('@')[0]}.png")
    return part


def _smtp(code: int, answer: bytes | str, plugin: Any) -> str:
    """`SMTP 451 Greylisted`, the server's words without our credentials."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    for secret in (plugin.password, plugin.user):
        if secret:
            text = text.replace(secret, "***")
    return one_line(f"SMTP {code} {text}", 160)


def _broken(error: smtplib.SMTPServerDisconnected) -> str:
    if "timed out" in str(error):
        return "time-out while waiting for the mail server"
    return "the mail server closed the connection"


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "time-out while waiting for the mail server"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return one_line(error.strerror or "the connection failed", 100)

"""Real servers on loopback that take messages, and misbehave when told to."""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Answer:
    """What an HttpSink says to the next request: `behave` is answer, hang, reset or drip."""

    status: int = 200
    body: bytes = b"ok"
    behave: str = "answer"


HANG = Answer(behave="hang")
"""Takes the request and never answers."""
RESET = Answer(behave="reset")
"""Takes the request and cuts the connection."""
DRIP = Answer(behave="drip")
"""Answers a byte now and then, for ever."""


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpSink:
    """An HTTP server that records each request; `answers` are used up first, then `answer` for ever.

    With a context it speaks TLS.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.answers: list[Answer] = []
        self.answer = Answer()
        self._arrived = threading.Condition()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if context is not None:
            raw = self._server.socket
            self._server.socket = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def target(self, path: str = "") -> str:
        """An apprise URL that posts JSON here."""
        return f"json://127.0.0.1:{self.port}/{path}"

    def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        """The requests, once there are that many; fails after a while."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return list(self.received)

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _record(self, received: Received) -> Answer:
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
            return self.answers.pop(0) if self.answers else self.answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = sink._record(Received(self.path, dict(self.headers), body))
                getattr(self, f"_{answer.behave}")(answer)

            do_GET = do_POST

            def _answer(self, answer: Answer) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def _hang(self, _: Answer) -> None:
                sink._over.wait(60)
                self.close_connection = True

            def _reset(self, _: Answer) -> None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True

            def _drip(self, _: Answer) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
                while not sink._over.wait(0.05):
                    try:
                        self.wfile.write(b"x")
                    except OSError:
                        break
                self.close_connection = True

            def finish(self) -> None:
                with contextlib.suppress(OSError, ValueError):  # reset on purpose
                    super().finish()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@dataclass
class Mail:
    """One mail as it arrived."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    def part(self, content_type: str) -> str:
        """The text of its first part of this type."""
        parts = (part for part in self.message.walk() if part.get_content_type() == content_type)
        return str(next(parts).get_content()).replace("\r\n", "\n")


class _MailServer(Controller):
    """Breaks off what is still connected when it stops; aiosmtpd leaves those sockets to the garbage collector."""

    def __init__(self, *given: Any, **terms: Any) -> None:
        super().__init__(*given, **terms)
        self._connected: weakref.WeakSet[SMTP] = weakref.WeakSet()

    def factory(self) -> SMTP:
        connected: SMTP = super().factory()
        self._connected.add(connected)
        return connected

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._break_off(), self.loop).result(10)
        super().stop(no_assert)

    async def _break_off(self) -> None:
        for each in list(self._connected):
            for transport in (each.transport, each._original_transport):
                if transport is not None:
                    transport.abort()
        await asyncio.sleep(0)  # each is closed in the loop's next turn


@dataclass
class SmtpSink:
    """A mail server that records each mail. What is in `refuse` is answered so: MAIL, RCPT, DATA or an address."""

    mails: list[Mail] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    """Take a mail and never say so."""
    context: ssl.SSLContext | None = None
    """Ask for STARTTLS, with this certificate."""

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        secured = {"tls_context": self.context, "require_starttls": True} if self.context else {}
        self._controller = _MailServer(self, hostname="127.0.0.1", port=self.port, **secured)
        self._arrived = threading.Condition()

    def target(self, to: str = "field@example.com", **parameters: str) -> str:
        """An apprise URL that mails here."""
        given = {"from": "alertd@example.com", "to": to, "mode": "insecure", "smtp": "127.0.0.1", **parameters}
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in given.items())
        return f"mailto://127.0.0.1:{self.port}/?{query}"

    def wait_for(self, count: int, seconds: float = 10) -> list[Mail]:
        """The mails, once there are that many; fails after a while."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= count, seconds), self.mails
            return list(self.mails)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if "MAIL" not in self.refuse:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.refuse.get("MAIL", "250 OK")

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        answer = self.refuse.get("RCPT") or self.refuse.get(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        message = message_from_bytes(envelope.content or b"", policy=policy.default)
        with self._arrived:
            self.mails.append(Mail(envelope.mail_from or "", list(envelope.rcpt_tos), message))
            self._arrived.notify_all()
        if self.hang:
            await asyncio.sleep(60)
        return "250 OK"

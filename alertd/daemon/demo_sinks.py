"""Where the demo's messages arrive: a mail server and a web server on this machine that only listen.

They stand in for the mail provider, Slack and Teams, and keep what comes for the demo to show.
"""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

HOST = "127.0.0.1"
_LONGEST_LINE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One message as its channel got it."""

    channel: str
    """email, slack or teams."""
    title: str
    body: str
    html: str = ""
    """E-mail only: the part that a mail program shows."""


Receive = Callable[[Arrived], None]


class MailSink(socketserver.ThreadingTCPServer):
    """As much of a mail server as a client needs to get rid of a mail (RFC 5321)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        super().__init__((HOST, 0), _MailSession)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _MailSession(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer each line until the client leaves; a mail is one DATA."""
        self._say("220 demo")
        for line in iter(lambda: self.rfile.readline(_LONGEST_LINE), b""):
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                cast(MailSink, self.server).receive(mail(b"".join(self._dotted())))
            self._say("221 bye" if verb == b"QUIT" else "250 ok")
            if verb == b"QUIT":
                return

    def _dotted(self) -> Iterator[bytes]:
        """The lines of a mail, up to the lone dot."""
        for line in iter(lambda: self.rfile.readline(_LONGEST_LINE), b""):
            if line == b".\r\n":
                return
            yield line.removeprefix(b".")

    def _say(self, reply: str) -> None:
        self.wfile.write(reply.encode() + b"\r\n")


class HookSink(ThreadingHTTPServer):
    """A web server that takes what alertd posts to Slack and to Teams; the path's first word says to which."""

    daemon_threads = True

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        super().__init__((HOST, 0), _HookRequest)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _HookRequest(BaseHTTPRequestHandler):
    """One connection."""

    def do_POST(self) -> None:
        """Take the message and say what Slack says; Teams is content with any 200."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        read = slack_message if self.path.startswith("/slack/") else teams_message
        cast(HookSink, self.server).receive(read(body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing."""


def mail(raw: bytes) -> Arrived:
    """What a mail says."""
    parsed = message_from_bytes(raw, policy=policy.default)
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    return Arrived(
        channel="email",
        title=str(parsed["Subject"]),
        body=_text(text),
        html=_text(html),
    )


def slack_message(payload: Any) -> Arrived:
    """What a post to a Slack webhook says."""
    blocks = [block for attachment in payload["attachments"] for block in attachment["blocks"]]
    return Arrived(channel="slack", title=payload["text"], body="\n\n".join(map(_block_text, blocks)))


def _block_text(block: Any) -> str:
    fields = (field["text"].replace("*\n", ":* ", 1) for field in block.get("fields", ()))
    return "\n".join([*([block["text"]["text"]] if "text" in block else []), *fields])


def teams_message(payload: Any) -> Arrived:
    """What an adaptive card says."""
    card = payload["attachments"][0]["content"]
    title, *body = card["body"]
    links = [f"[{action['title']}]({action['url']})" for action in card.get("actions", ())]
    texts = ["\n".join(_element_lines(element)) for element in body]
    return Arrived(channel="teams", title=title["items"][0]["text"], body="\n\n".join([*texts, *links]))


def _element_lines(element: Any) -> Iterator[str]:
    for fact in element.get("facts", ()):
        yield f"**{fact['title']}:** {fact['value']}"
    yield from element.get("text", "").split("\n\n") if "text" in element else ()


def _text(part: Any) -> str:
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


@contextmanager
def sinks(receive: Receive) -> Iterator[tuple[int, int]]:
    """Both sinks at work; their ports, the mail's first."""
    servers = (MailSink(receive), HookSink(receive))
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), name="sink", daemon=True).start()
    try:
        yield servers[0].port, servers[1].port
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()

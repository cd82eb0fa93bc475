"""Slack, Teams and a mail server as targets reach them: under their names, over TLS, through a proxy, on loopback."""

import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import trustme

from tests.support.sinks import Answer, HttpSink, SmtpSink

SLACK_HOST = "hooks.slack.com"
TEAMS_HOST = "prod-12.westeurope.logic.example.com"
WORKFLOW = "0123456789abcdef0123456789abcdef"
SIGNATURE = "made-up_signature-of-43-characters-0123456789"

SLACK_URL = f"https://{SLACK_HOST}/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
TEAMS_URL = (
    f"https://{TEAMS_HOST}:443/workflows/{WORKFLOW}/triggers/manual/paths/invoke"
    f"?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SIGNATURE}"
)


class Peers:
    """Servers that answer as Slack, Teams and a mail server do, the proxy that leads to them, and their authority."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._bundle = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self._bundle))
        self.slack = HttpSink(self._context(SLACK_HOST))
        self.teams = HttpSink(self._context(TEAMS_HOST))
        self.teams.answer = Answer(202, b"")
        self.mail = SmtpSink(context=self._context("127.0.0.1"))
        self.proxy = Proxy({SLACK_HOST: self.slack.port, TEAMS_HOST: self.teams.port})

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find them."""
        return {
            "HTTPS_PROXY": self.proxy.url,
            "REQUESTS_CA_BUNDLE": str(self._bundle),
            "SSL_CERT_FILE": str(self._bundle),
            "NO_PROXY": "127.0.0.1",
        }

    @property
    def mail_url(self) -> str:
        """An apprise URL that mails there over STARTTLS."""
        return self.mail.target(mode="starttls")

    def _context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name).configure_cert(context)
        return context

    def __enter__(self) -> Self:
        for each in (self.slack, self.teams, self.mail, self.proxy):
            each.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.proxy, self.mail, self.teams, self.slack):
            each.__exit__(None, None, None)


class Proxy:
    """An HTTP proxy that lets CONNECT through to the hosts it knows, and to nothing else."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        class Tunnel(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = self.rfile.readline().split()
                while self.rfile.readline().strip():
                    pass
                host = words[1].decode().partition(":")[0] if len(words) > 1 else ""
                if host not in ports:
                    self.wfile.write(b"HTTP/1.1 403 nowhere else\r\nContent-Length: 0\r\n\r\n")
                    return
                with socket.create_connection(("127.0.0.1", ports[host])) as peer:
                    self.wfile.write(b"HTTP/1.1 200 through\r\n\r\n")
                    _pump(self.connection, peer)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _pump(one: Any, other: socket.socket) -> None:
    """Carry bytes both ways until one side has no more."""
    while True:
        ready, _, _ = select.select([one, other], [], [], 30)
        for side in ready:
            piece = side.recv(65536)
            if not piece:
                return
            (other if side is one else one).sendall(piece)
        if not ready:
            return

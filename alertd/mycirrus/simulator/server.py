"""The simulated MyCirrus as an HTTP server: HTTP/1.1 with kept-alive connections, a thread each, faults included."""

import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from alertd.clock import Clock
from alertd.mycirrus.simulator import wire
from alertd.mycirrus.simulator.desk import (
    INSTRUMENTS_READ,
    SYSTEM_READ,
    WEBHOOKS_READ,
    WEBHOOKS_WRITE,
    Asked,
    Desk,
    Refusal,
)
from alertd.mycirrus.simulator.oddities import Fault, FaultKind, Faults

KEY = "mycirrus-000000-SIMULATOR0000000"
_REQUESTS_KEPT = 10_000
_LARGEST_BODY = 100_000
_HTML = b"<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"
_CODES = {401: "TokenExpired", 403: "AccessDenied", 404: "NotFound", 429: "TooManyRequests", 400: "MissingParam"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that came, for tests to look at."""

    at: datetime
    """By the simulator's clock."""
    method: str
    target: str
    source: str
    """The source's name, `instruments`, `webhooks`, or empty for an unknown path."""
    serials: tuple[str, ...]
    status: int
    """What was answered; 0 where a fault left nothing to answer."""


@dataclass(slots=True, kw_only=True)
class Front:
    """What all connections share."""

    desk: Desk
    clock: Clock
    story: Callable[[datetime], float]
    faults: Faults
    key: str = KEY
    scopes: frozenset[str] = frozenset({SYSTEM_READ, INSTRUMENTS_READ, WEBHOOKS_READ, WEBHOOKS_WRITE})
    requests: "deque[Request]"
    stopping: threading.Event


def front(desk: Desk, clock: Clock, story: Callable[[datetime], float], faults: Faults, key: str) -> Front:
    """A front before one desk."""
    requests: deque[Request] = deque(maxlen=_REQUESTS_KEPT)
    return Front(
        desk=desk, clock=clock, story=story, faults=faults, key=key, requests=requests, stopping=threading.Event()
    )


class Server(ThreadingHTTPServer):
    """Listens at once, on loopback unless told otherwise; `serve_forever` answers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], shared: Front) -> None:
        self.shared = shared
        self._open: set[socket.socket] = set()
        super().__init__(address, Connection)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection, and remember it for the end."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: object) -> None:
        """Forget a connection that is over."""
        connection = cast(socket.socket, request)
        self._open.discard(connection)
        super().shutdown_request(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(cast(socket.socket, request), client_address)

    def end(self) -> None:
        """Stop answering, end every connection, let go of the port."""
        self.shared.stopping.set()
        self.shutdown()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class Connection(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "MyCirrusSimulator"
    disable_nagle_algorithm = True
    wbufsize = -1
    """Buffered, so that head and body leave in one packet."""

    def do_GET(self) -> None:
        """Answer, or fail as planted."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LARGEST_BODY))
        shared = cast(Server, self.server).shared
        asked = shared.desk.understand(self.path)
        now = shared.clock()
        fault = shared.faults.meet(asked.source, asked.serials, shared.story(now))
        if fault is None or fault.kind in (FaultKind.SLOW, FaultKind.DRIP, FaultKind.TRUNCATED):
            status, answer = self._answer(shared, asked, body)
        else:
            status, answer = _failure(fault)
        shared.requests.append(
            Request(
                at=now,
                method=self.command,
                target=self.path,
                source=asked.source,
                serials=tuple(map(sys.intern, asked.serials)),
                status=status,
            )
        )
        self._send(status, answer, fault, shared.stopping)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _answer(self, shared: Front, asked: Asked, body: bytes) -> tuple[int, bytes]:
        if self.headers.get("X-Api-Key") != shared.key:
            return 401, _error("TokenExpired", "The API key is missing, wrong or expired")
        try:
            if self.command != "GET":
                return shared.desk.change(self.command, asked, body, shared.scopes)
            return 200, shared.desk.answer(asked, shared.scopes)
        except Refusal as refusal:
            return refusal.status, _error(refusal.code, str(refusal))

    def _send(self, status: int, body: bytes, fault: Fault | None, stopping: threading.Event) -> None:
        kind = fault.kind if fault else None
        if fault is not None and kind in (FaultKind.HANG, FaultKind.SLOW):
            stopping.wait(fault.seconds if kind is FaultKind.SLOW else None)
        if kind in (FaultKind.HANG, FaultKind.RESET) or stopping.is_set():
            self._cut(reset=kind is FaultKind.RESET)
            return
        self._send_head(status, len(body), fault)
        if fault is not None and kind is FaultKind.DRIP:
            self._drip(body, fault.seconds, stopping)
        elif kind is FaultKind.TRUNCATED:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _send_head(self, status: int, length: int, fault: Fault | None) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html" if fault and fault.kind is FaultKind.HTML else "application/json")
        self.send_header("Content-Length", str(length))
        if fault is not None and fault.retry_after:
            self.send_header("Retry-After", fault.retry_after)
        if fault is not None and fault.kind is FaultKind.REDIRECT:
            self.send_header("Location", fault.location)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _drip(self, body: bytes, seconds: float, stopping: threading.Event) -> None:
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if stopping.wait(seconds):
                self.close_connection = True
                return

    def _cut(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:  # closing with no time to linger sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing: the requests are on record."""


def _failure(fault: Fault) -> tuple[int, bytes]:
    """What is sent in place of an answer."""
    match fault.kind:
        case FaultKind.HTML:
            return fault.status, _HTML
        case FaultKind.REDIRECT:
            return 302, b""
        case FaultKind.GARBAGE:
            return 200, b'[{"cpu": 12.2, "mem": '
        case FaultKind.STRANGE:
            return 200, wire.encode({"message": "Everything is fine"})
        case FaultKind.HANG | FaultKind.RESET:
            return 0, b""
        case _:
            code = _CODES.get(fault.status, HTTPStatus(fault.status).phrase.title().replace(" ", ""))
            return fault.status, _error(code, "A planted fault")


def _error(code: str, description: str) -> bytes:
    return wire.encode({"error": code, "description": description})

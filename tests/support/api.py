"""A MyCirrus of a test's own making: a real socket, and a script that says what each request gets, byte for byte."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "mycirrus-123456-AABBCCDD11223344"

Reply = bytes | Callable[[socket.socket], None]
"""What goes over the wire; a callable writes itself, and the connection is closed after it."""

REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    connection: int
    """Which connection it came over, counted from 0."""

    @property
    def instruments(self) -> list[str]:
        """The serials asked for, however they are put together."""
        words = self.query.get("instruments", [])
        return [serial for word in words for serial in word.split(",")]

    @property
    def range(self) -> tuple[str, str]:
        return self.query["start"][0], self.query["end"][0]


@dataclass
class ScriptedApi:
    """Listens on a free port of loopback; asks `script` for each request's reply."""

    script: Callable[[Request], Reply]
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def asked(self, path: str = "") -> list[list[str]]:
        """The serials of each request whose path has these words."""
        return [request.instruments for request in self.requests if path in request.path]

    def drop_connections(self) -> None:
        """Close every connection at once, as a server that restarts does."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        self.drop_connections()
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number = len(self._connections)
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, number))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as lines:
            while request := _read(lines, number):
                self.requests.append(request)
                reply = self.script(request)
                if callable(reply):
                    reply(connection)
                    return
                connection.sendall(reply)


def _read(lines: Iterator[bytes], number: int) -> Request | None:
    head: list[str] = []
    for line in lines:
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            break
        head.append(text)
    if not head:
        return None
    url = urlsplit(head[0].split()[1])
    headers = dict(line.split(": ", 1) for line in head[1:])
    lower = {name.lower(): value for name, value in headers.items()}
    return Request(unquote(url.path), parse_qs(url.query), lower, number)


def reply(status: int, body: bytes | str = b"", **headers: str) -> bytes:
    """A whole HTTP answer; `Retry_After="5"` becomes a header of that name."""
    raw = body.encode() if isinstance(body, str) else body
    named = {"Content-Length": str(len(raw))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n{lines}\r\n".encode() + raw


def records(*found: object) -> bytes:
    """A good answer with these records."""
    return reply(200, json.dumps(list(found)), Content_Type="application/json; charset=utf-8")


def refusal(status: int, code: str, description: str = "", **headers: str) -> bytes:
    """An error as MyCirrus words it."""
    return reply(status, json.dumps({"error": code, "description": description}), **headers)


def short(raw: bytes) -> Callable[[socket.socket], None]:
    """These bytes, then the connection is closed."""

    def write(connection: socket.socket) -> None:
        connection.sendall(raw)

    return write


def bomb(megabytes: int) -> bytes:
    """JSON of so many megabytes in a thousandth of it."""
    packed = gzip.compress(b"[" + b" " * (megabytes * 1_000_000) + b"]")
    return reply(200, packed, Content_Encoding="gzip")


def drip(raw: bytes, stop: threading.Event, every: float = 0.05) -> Callable[[socket.socket], None]:
    """The bytes one by one, so that no single receive ever times out."""

    def write(connection: socket.socket) -> None:
        for index in range(len(raw)):
            connection.sendall(raw[index : index + 1])
            if stop.wait(every):
                return

    return write


def hang(stop: threading.Event) -> Callable[[socket.socket], None]:
    """Nothing at all."""

    def wait(_: socket.socket) -> None:
        stop.wait(30)

    return wait


@contextmanager
def serving(script: Callable[[Request], Reply]) -> Iterator[ScriptedApi]:
    """A scripted API while the block runs."""
    api = ScriptedApi(script)
    try:
        yield api
    finally:
        api.stop()

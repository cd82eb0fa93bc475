"""Plain sockets against alertd's web server: what a client's library would smooth over."""

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PATIENCE = 10.0
"""Seconds for one answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens at just now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def connect(port: int, host: str = "127.0.0.1", seconds: float = PATIENCE) -> socket.socket:
    """A connection, on which nothing was said yet."""
    return socket.create_connection((host, port), timeout=seconds)


def ask(port: int, path: str, method: str = "GET", host: str = "127.0.0.1", body: bytes = b"", **headers: str) -> Reply:
    """One request on a connection of its own, and the whole answer."""
    name = f"[{host}]" if ":" in host else host
    lines = [f"{method} {path} HTTP/1.1", f"Host: {name}:{port}", "Connection: close"]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with connect(port, host) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return read_reply(connection)


def read_reply(connection: socket.socket) -> Reply:
    """What comes until the server closes."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            found += part
    head, _, body = found.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Reply(int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body)


def is_closed(connection: socket.socket, seconds: float) -> bool:
    """Whether the server closes within so long."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@contextlib.contextmanager
def half_open(port: int, count: int, says: bytes = b"GET / HTTP/1.1\r\nHost: ") -> Iterator[list[socket.socket]]:
    """So many connections that begin a request and never end it."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(connect(port)) for _ in range(count)]
        for connection in found:
            connection.sendall(says)
        yield found

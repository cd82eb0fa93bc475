"""What every request and every answer has to keep to: sizes and times on the way in, headers on the way out."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from alertd.web.rest.answers import CODES

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HEAD_AT_MOST = 16 * 1024
"""Bytes of a request's first line and headers."""
BODY_AT_MOST = 1024 * 1024
"""Bytes of a request's body."""
HOOK_BODY_AT_MOST = 128 * 1024
"""Bytes of what comes to /hooks/, where anybody may send: twice what is read there, so that a larger one is counted."""
BODIES_AT_MOST = 16 * 1024 * 1024
"""Bytes of all bodies that are read or worked on."""
BODY_WITHIN = 10.0
"""Seconds in which it has to be there as a whole."""
SPEAKS_JSON = "/api/v1/"
"""Where errors have a form: see alertd/web/rest/answers.py."""

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class Limits:
    """ASGI: reads the body first, within its limits, and adds the headers that every answer has."""

    def __init__(self, inner: Application, close: Callable[[], None] = lambda: None) -> None:
        self._inner = inner
        self.close = close
        """Called when the server ends, before it waits for its answers."""
        self._held = 0
        """Bytes of all bodies that are read or worked on; only the server's one thread counts."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        guarded = _with_headers(send)
        if _head_size(scope) > HEAD_AT_MOST:
            await _refuse(guarded, scope["path"], 431, "the headers are too large")
            return
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        if lengths and any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            await _refuse(guarded, scope["path"], 400, "the body's length is said in two ways")
            return
        most = HOOK_BODY_AT_MOST if scope["path"].startswith("/hooks/") else BODY_AT_MOST
        announced = lengths[0] if lengths else b"0"
        if not announced.isdigit() or int(announced) > most:
            await _refuse(guarded, scope["path"], 413, "the body is too large")
            return
        await self._with_body(scope, receive, guarded, most)

    async def _with_body(self, scope: MutableMapping[str, Any], receive: Receive, send: Send, most: int) -> None:
        parts: list[bytes] = []
        size = 0
        try:
            try:
                async with asyncio.timeout(BODY_WITHIN):
                    async for part in _parts(receive):
                        parts.append(part)
                        size += len(part)
                        self._held += len(part)
                        if size > most:
                            await _refuse(send, scope["path"], 413, "the body is too large")
                            return
                        if self._held > BODIES_AT_MOST:
                            await _refuse(send, scope["path"], 503, "too many send at once: try again")
                            return
            except TimeoutError:
                await _refuse(send, scope["path"], 408, "the body did not come in time")
                return
            except ConnectionError:
                return
            body = {"type": "http.request", "body": b"".join(parts), "more_body": False}
            await self._inner(scope, handed_out(body, receive), send)
        finally:
            self._held -= size


def _head_size(scope: MutableMapping[str, Any]) -> int:
    """Uvicorn bounds only what of it waits for the rest."""
    line = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return line + sum(len(name) + len(value) + 4 for name, value in scope["headers"])


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    """The body as it comes.

    Raises:
        ConnectionError: the client went away.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client went away")
        more = message.get("more_body", False)
        yield message.get("body", b"")


def handed_out(first: Message, receive: Receive) -> Receive:
    """Hands out a message that was read already; then waits for the client to go, as ever."""
    given = False

    async def hand_out() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return first

    return hand_out


def _with_headers(send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            set_already = {name.lower() for name, _ in message.get("headers", ())}
            extra = [each for each in HEADERS if each[0] not in set_already]
            if b"cache-control" not in set_already:
                extra.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return add


async def _refuse(send: Send, path: str, status: int, text: str) -> None:
    is_json = path.startswith(SPEAKS_JSON)
    error = {"error": CODES[status], "description": text}
    body = json.dumps(error).encode() if is_json else text.encode()
    headers = [
        (b"content-type", b"application/json" if is_json else b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

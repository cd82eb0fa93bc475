"""In front of every route: finds out who asks, and lets no fault of a route out."""

from collections.abc import MutableMapping
from functools import partial
from typing import Any

from fastapi import Request

from alertd.logs import logger
from alertd.web.access import RefusedError
from alertd.web.gate import Gate
from alertd.web.limits import Message, Receive, Send, handed_out
from alertd.web.refusals import FAULT, failure, refusal

log = logger(__name__)


class Guard:
    """ASGI: what the routes behind it find in `request.state.visit` was admitted by the gate.

    An answer that goes on for long asks `request.state.admit_again` whether it may.
    """

    def __init__(self, app: Any, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request, its body as one message."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        request = Request(scope)
        first = await receive()
        sending = _Sending(send)
        try:
            try:
                request.state.visit = self._gate.admit(request, first.get("body", b""))
                request.state.admit_again = partial(self._gate.admit, request, b"")
            except RefusedError as error:
                answer = refusal(request, error, logs_in=bool(self._gate.accounts.users))
                await answer(scope, receive, sending)
                return
            await self._app(scope, handed_out(first, receive), sending)
        except Exception:
            log.exception("web.failed", method=scope["method"], route=_route(scope))
            if not sending.began:
                await failure(request, 500, FAULT)(scope, receive, send)


class _Sending:
    """Passes on, and knows whether an answer began."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.began = False

    async def __call__(self, message: Message) -> None:
        self.began = True
        await self._send(message)


def _route(scope: MutableMapping[str, Any]) -> str:
    """The route's own path: what a client wrote in its place may be a secret or nonsense."""
    return str(getattr(scope.get("route"), "path", "none"))

"""`/api/v1/events`: what happens to alerts and messages as it happens, as server-sent events.

Each event has an `id`; a client that comes back with it in `Last-Event-ID` is told what it missed: every transition
once, every message at least once.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from alertd.web.access import Viewer, may_stay
from alertd.web.closing import Closing
from alertd.web.house import House
from alertd.web.rest.answers import RestError, may_come
from alertd.web.rest.watch import Event, Position, Reader, Watch

HEARTBEAT = 15.0
"""Seconds of silence after which a comment says that the stream is alive."""
COME_BACK_AFTER = 3000
"""Milliseconds after which a client should ask again when the stream ends."""

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, for as long as it is read.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def event_routes(house: House, closing: Closing) -> APIRouter:
    """The route of events."""
    router = APIRouter(tags=["events"])
    watch = Watch(house.store, closing)

    @router.get("/events", response_class=Response, responses=may_come(422) | _STREAM)
    async def events(
        request: Request,
        _person: Viewer,
        last_event_id: Annotated[str | None, Header(max_length=100, description="`id` of the last event seen.")] = None,
    ) -> Response:
        """What happens, as it happens, as server-sent events.

        `transition` is a step of an alert, with the alert's name and what it is about; `delivery` is a message that
        was queued or came to its end. A comment comes every 15 s where nothing happens. Without Last-Event-ID it
        begins with what happens next.
        """
        since = _position(last_event_id)
        joined = await watch.join()
        if joined is None:
            raise RestError(503, "as many as can be served read the events already")
        return EventStream(watch, *joined, since, lambda: may_stay(request))

    return router


def _position(text: str | None) -> Position | None:
    if not text:
        return None
    try:
        return Position.read(text)
    except ValueError as error:
        raise RestError(422, f"Last-Event-ID: {error}") from error


class EventStream(Response):
    """The answer that goes on until the client goes, is too slow or may look no longer, or the server ends."""

    media_type = "text/event-stream"

    def __init__(
        self, watch: Watch, reader: Reader, told: Position, since: Position | None, may_stay: Callable[[], bool]
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self.headers["x-accel-buffering"] = "no"  # nginx would hold events back
        self._watch = watch
        self._reader = reader
        self._told = told
        self._since = since
        self._may_stay = may_stay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what was missed, then what comes."""
        gone = asyncio.create_task(_until_gone(receive))
        gone.add_done_callback(lambda _: self._reader.end())
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await _write(send, f"retry: {COME_BACK_AFTER}\n\n")
            await self._tell_missed(send)
            while (event := await self._reader.next(HEARTBEAT)) is not None or not self._reader.over:
                if not self._may_stay():
                    break
                await _write(send, ": alive\n\n" if event is None else _text(event))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._watch.leave(self._reader)
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone

    async def _tell_missed(self, send: Send) -> None:
        if self._since is None:
            return
        parts = self._watch.missed(self._since, self._told)
        while not self._reader.over and (events := await asyncio.to_thread(next, parts, None)) is not None:
            for event in events:
                await _write(send, _text(event))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


def _text(event: Event) -> str:
    """As it goes over the wire; JSON has no line break of its own."""
    return f"id: {event.position}\nevent: {event.kind}\ndata: {json.dumps(event.says, allow_nan=False)}\n\n"

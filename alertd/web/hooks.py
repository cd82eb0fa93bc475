"""`POST /hooks/mycirrus`: what MyCirrus sends is checked, put on disk and answered at once; the reading comes after.

Whoever sends is known by the signature alone. What is signed and not acted on is answered 200 all the same: MyCirrus
takes anything else for a receiver that is broken, and removes the registration in the end.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from alertd.errors import StoreError
from alertd.mycirrus.webhooks import (
    ID_HEADER,
    SIGNATURE_HEADER,
    MalformedError,
    Registration,
    is_about,
    is_signed,
    read_notice,
)
from alertd.web.house import House, WebhookDesk

PATH = "/hooks/mycirrus"
LARGEST = 64 * 1024
"""Bytes of a message; MyCirrus's have some two hundred."""
OLD_AFTER = timedelta(days=1)
"""Whatever an older one hints at was read by the polls long ago."""
LOOK_WITHIN = 3.0
"""Seconds that an unknown id may wait for a look at what is registered; MyCirrus waits five."""
STORE_WITHIN = 4.0
WAIT_AT_MOST = 20
"""How many may wait for such a look at once: any stranger can send unknown ids."""
OTHER = "other"
"""The type, where what came does not say it on good authority."""

ANSWERS: Mapping[str, tuple[int, str]] = {
    "taken": (200, "taken"),
    "repeated": (200, "taken before"),
    "old": (200, "too old"),
    "unwatched": (200, "the instrument is not watched"),
    "malformed": (400, "not a message of MyCirrus"),
    "forged": (401, "the signature is not that of this webhook"),
    "unknown": (404, "no such webhook"),
    "failed": (503, "cannot be stored now"),
}
"""Outcome → status and text."""


def hooks_routes(house: House) -> APIRouter:
    """The route for MyCirrus. It needs no log-in."""
    router = APIRouter(include_in_schema=False)
    waiting = asyncio.Semaphore(WAIT_AT_MOST)

    @router.post(PATH)
    async def mycirrus(request: Request) -> PlainTextResponse:
        if house.settings.webhooks is None:
            return PlainTextResponse("webhooks are not configured\n", 404)
        desk = house.webhooks
        if desk is None:
            return _answer("failed")
        body = await request.body()
        kind, outcome = await _hear(house, desk, waiting, request.headers, body)
        desk.count(kind, outcome)
        return _answer(outcome)

    return router


async def _hear(
    house: House, desk: WebhookDesk, waiting: asyncio.Semaphore, headers: Mapping[str, str], body: bytes
) -> tuple[str, str]:
    """(type, outcome) of one message; of the type only what is known, for it is a label."""
    webhook_id = headers.get(ID_HEADER, "")
    if not webhook_id or len(body) > LARGEST:
        return OTHER, "malformed"
    registration = desk.registration(webhook_id) or await _looked_up(desk, waiting, webhook_id)
    if registration is None:
        return OTHER, "unknown"
    if not is_signed(body, headers.get(SIGNATURE_HEADER, ""), registration.secret):
        return registration.type, "forged"
    return registration.type, await _taken(house, desk, registration, body)


async def _taken(house: House, desk: WebhookDesk, registration: Registration, body: bytes) -> str:
    """What becomes of a message with a good signature."""
    try:
        notice = read_notice(body)
    except MalformedError:
        return "malformed"
    if not is_about(notice, registration):
        return "forged"
    if house.now() - notice.time > OLD_AFTER:
        return "old"
    if not desk.watches(notice.instrument):
        return "unwatched"
    try:
        async with asyncio.timeout(STORE_WITHIN):
            is_new = await asyncio.wrap_future(desk.take(notice))
    except (TimeoutError, StoreError):
        return "failed"
    return "taken" if is_new else "repeated"


async def _looked_up(desk: WebhookDesk, waiting: asyncio.Semaphore, webhook_id: str) -> Registration | None:
    """The registration, if it was made since the last look; asked at most once a minute, whoever comes."""
    look = None if waiting.locked() else desk.look_again()
    if look is None:
        return None
    async with waiting:
        answer = asyncio.wrap_future(look)
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # a failed one is logged elsewhere
        await asyncio.wait({answer}, timeout=LOOK_WITHIN)
    return desk.registration(webhook_id)


def _answer(outcome: str) -> PlainTextResponse:
    status, text = ANSWERS[outcome]
    return PlainTextResponse(f"{text}\n", status)

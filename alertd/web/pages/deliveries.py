"""Who is told: how each target takes messages, the last messages, dead letters to send again, drills."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from alertd.model import Delivery, DeliveryState, TargetHealth
from alertd.notify.backoff import is_failing
from alertd.store.dead_letters import SaidAgain
from alertd.web.access import Operator, Person, RefusedError, Role, Viewer, audit
from alertd.web.house import House
from alertd.web.rooms import DrillSeen
from alertd.web.templating import page

SHOWN = 50
WORDS = {
    DeliveryState.QUEUED: "waiting",
    DeliveryState.LEASED: "being sent",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.SUPERSEDED: "overtaken",
    DeliveryState.DEAD: "given up",
}
DIGITS = 18
"""Of a message's number: more than a database counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSeen:
    """One target, and how it takes messages."""

    name: str
    health: TargetHealth | None
    failing: bool
    last: Delivery | None
    """The last message that arrived there."""
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSeen:
    """One receiver with its targets."""

    name: str
    targets: tuple[TargetSeen, ...]
    drill: DrillSeen | None


def deliveries_routes(house: House) -> APIRouter:
    """The routes of the page and of its buttons."""
    router = APIRouter()

    @router.get("/deliveries")
    def deliveries(request: Request, person: Viewer) -> HTMLResponse:
        return _page(house, request, person)

    @router.post("/deliveries/{delivery_id}/again")
    def send_again(request: Request, delivery_id: str, person: Operator) -> Response:
        dead = _message(house, delivery_id)
        if dead is None:
            raise RefusedError(404, "there is no such message")
        if dead.target not in _targets(house):
            return _page(house, request, person, "That target is not in the config any more.")
        came = house.store.say_again(dead.id, house.now())
        if came is SaidAgain.KNOWN:
            return _page(house, request, person, "Nothing of it is left to say: its target knows by now.")
        if came is SaidAgain.NO_DEAD_LETTER:
            return _page(house, request, person, "That message is no dead letter: it was sent again, or arrived.")
        audit(person, "message sent again", f"{dead.id} to {dead.target}")
        house.acted()
        return RedirectResponse(f"/deliveries?{urlencode({'again': dead.id})}", 303)

    @router.post("/deliveries/drill")
    def drill(request: Request, person: Operator, receiver: Annotated[str, Form()] = "") -> Response:
        if receiver not in {each.name for each in house.settings.receivers}:
            raise RefusedError(404, "there is no such receiver")
        if not house.drills.start(receiver, person.name):
            return _page(house, request, person, "A drill of that receiver goes on already.")
        audit(person, "drill", receiver)
        return RedirectResponse("/deliveries#receivers", 303)

    return router


def _page(house: House, request: Request, person: Person, error: str = "") -> HTMLResponse:
    target, state = request.query_params.get("target", ""), request.query_params.get("state", "")
    wanted = DeliveryState(state) if state in set(DeliveryState) else None
    targets = _targets(house)
    found = house.store.headlines(limit=SHOWN + 1, state=wanted, target=target or None)
    return page(
        request,
        "deliveries.html",
        person=person,
        status=409 if error else 200,
        error=error,
        may_act=person.role >= Role.OPERATOR,
        receivers=list(_receivers(house)),
        targets=targets,
        messages=found[:SHOWN],
        more=len(found) > SHOWN,
        asked_target=target,
        asked_state=wanted,
        again=_again(house, request.query_params.get("again", "")),
        words=WORDS,
    )


def _message(house: House, number: str) -> Delivery | None:
    """The message of a number that somebody wrote into an address."""
    is_one = number.isascii() and number.isdigit() and len(number) <= DIGITS
    return house.store.delivery(int(number)) if is_one else None


def _targets(house: House) -> list[str]:
    return [target.name for receiver in house.settings.receivers for target in receiver.targets]


def _receivers(house: House) -> Iterator[ReceiverSeen]:
    now, health, drills = house.now(), house.store.health(), house.drills.latest()
    last, counts = house.store.newest_delivered(), house.store.message_counts()
    for receiver in house.settings.receivers:
        seen = []
        for target in receiver.targets:
            its, number = health.get(target.name), counts.get(target.name, Counter())
            seen.append(
                TargetSeen(
                    name=target.name,
                    health=its,
                    failing=its is not None and is_failing(its, now),
                    last=last.get(target.name),
                    waiting=number[DeliveryState.QUEUED] + number[DeliveryState.LEASED],
                    dead=number[DeliveryState.DEAD],
                )
            )
        yield ReceiverSeen(name=receiver.name, targets=tuple(seen), drill=drills.get(receiver.name))


def _again(house: House, text: str) -> Delivery | None:
    """The dead letter that was sent again just now."""
    found = _message(house, text)
    return found if found is not None and found.state is not DeliveryState.DEAD else None

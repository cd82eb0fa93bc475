"""`/api/v2`: Alertmanager's API, for the tools that speak it: amtool, Grafana and their like."""

import secrets
from datetime import datetime

from fastapi import APIRouter, Request

from alertd.notify.silences import Silence
from alertd.present import Json
from alertd.web.access import Operator, Person, Viewer, audit
from alertd.web.alertmanager.alerts import alerts_shown, groups_shown
from alertd.web.alertmanager.asked import Asked, asked_of
from alertd.web.alertmanager.refusal import AlertmanagerRoute, NotMapped
from alertd.web.alertmanager.silences import (
    PostedSilence,
    begun,
    following,
    silence_of,
    silence_shown,
    silences_shown,
)
from alertd.web.alertmanager.status import status_shown
from alertd.web.house import House

ID_BYTES = 4
"""Of a new silence's id, as the command line makes them."""


def alertmanager_routes(house: House) -> APIRouter:
    """Every route of it."""
    router = APIRouter(prefix="/api/v2", route_class=AlertmanagerRoute, include_in_schema=False)
    started_at = house.now()

    @router.get("/status")
    def status(_: Viewer) -> Json:
        return status_shown(house.settings, started_at)

    @router.get("/receivers")
    def receivers(_: Viewer) -> list[Json]:
        return [{"name": receiver.name} for receiver in house.settings.receivers]

    _alerts(router, house)
    _silences(router, house)
    return router


def _alerts(router: APIRouter, house: House) -> None:
    @router.get("/alerts")
    def alerts(_: Viewer, request: Request) -> list[Json]:
        return alerts_shown(house.routed_alerts(), _asked(request), _external_url(house), house.now())

    @router.get("/alerts/groups")
    def groups(_: Viewer, request: Request) -> list[Json]:
        return groups_shown(house.routed_alerts(), _asked(request), _external_url(house), house.now())

    @router.post("/alerts")
    def post_alerts(_: Operator) -> None:
        raise NotMapped("alertd takes no alerts: it makes them by its own rules")


def _silences(router: APIRouter, house: House) -> None:
    @router.get("/silences")
    def silences(_: Viewer, request: Request) -> list[Json]:
        asked = _asked(request)
        return silences_shown(house.stated(house.store.standing.silences()), asked)

    @router.post("/silences")
    def post_silence(person: Operator, posted: PostedSilence) -> Json:
        now = house.now()
        asked = silence_of(posted, secrets.token_hex(ID_BYTES), person.name, now)
        made = _replaced(house, posted.id, asked, now, person) if posted.id else _added(house, asked, now, person)
        house.acted()
        return {"silenceID": made.id}

    @router.get("/silence/{silence_id}")
    def silence(_: Viewer, silence_id: str) -> Json:
        (stated,) = house.stated([_found(house, silence_id)])
        return silence_shown(stated)

    @router.delete("/silence/{silence_id}")
    def delete_silence(person: Operator, silence_id: str) -> None:
        found = _found(house, silence_id)
        if house.store.standing.expire_silence(found.id, house.now()):
            audit(person, "silence.expire", found.id)
            house.acted()


def _added(house: House, asked: Silence, now: datetime, person: Person) -> Silence:
    silence = begun(asked, now)
    house.store.standing.add_silence(silence)
    audit(person, "silence.add", f"{silence.id}: {' '.join(map(str, silence.matchers))}")
    return silence


def _replaced(house: House, silence_id: str, asked: Silence, now: datetime, person: Person) -> Silence:
    before = _found(house, silence_id)
    (stated,) = house.stated([before])
    after = following(stated, asked, now)
    if not house.store.standing.replace_silence(before, after, now):
        raise NotMapped(f"silence {before.id} was changed meanwhile: look again")
    audit(person, "silence.change", before.id if after.id == before.id else f"{before.id}, now {after.id}")
    return after


def _found(house: House, silence_id: str) -> Silence:
    silence = house.store.standing.silence(silence_id) if silence_id.isprintable() else None
    if silence is None:
        raise NotMapped("silence not found", 404)
    return silence


def _asked(request: Request) -> Asked:
    return asked_of(request.query_params.multi_items())


def _external_url(house: House) -> str:
    return house.settings.http.external_url or ""

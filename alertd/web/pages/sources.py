"""What MyCirrus is asked for: how each source answers, how far it was read, how much may be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alertd.model import RANGE_SOURCES, Source
from alertd.web.access import Viewer
from alertd.web.house import House
from alertd.web.rooms import SourceSeen
from alertd.web.templating import page

LISTING = "instruments"
MISSED = 3
"""Rounds after which a source counts as late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How long ago the records reach of which all older ones were read, over the fleet."""

    newest: timedelta
    middle: timedelta
    oldest: timedelta
    oldest_of: str
    """The monitor that lags behind most."""
    monitors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One source."""

    name: str
    every: timedelta | None
    """None: it is not polled."""
    good_at: datetime | None
    seen: SourceSeen | None
    spread: Spread | None
    is_late: bool


def sources_routes(house: House) -> APIRouter:
    """The route of the page."""
    router = APIRouter()

    @router.get("/sources")
    def sources(request: Request, person: Viewer) -> HTMLResponse:
        every: dict[str, timedelta] = {source.value: span for source, span in house.settings.poll.every.items()}
        listing = min(every.values(), default=timedelta(minutes=1)) if house.settings.instruments.discover else None
        rows = [
            _row(house, LISTING, listing),
            *(_row(house, source.value, every.get(source.value)) for source in Source),
        ]
        return page(
            request,
            "sources.html",
            person=person,
            rows=rows,
            client=house.polling.client(),
            webhooks=sorted(house.counted.of("webhooks").items()),
        )

    return router


def _row(house: House, name: str, every: timedelta | None) -> Row:
    now, good_at = house.now(), house.polled_at().get(name)
    late = every is not None and (good_at is None or now - good_at > MISSED * every + timedelta(minutes=1))
    dated = every is not None and name != LISTING and Source(name) in RANGE_SOURCES
    return Row(
        name=name,
        every=every,
        good_at=good_at,
        seen=house.polling.rounds().get(name),
        spread=_spread(house, Source(name), now) if dated else None,
        is_late=late,
    )


def _spread(house: House, source: Source, now: datetime) -> Spread | None:
    watched = {each.serial for each in house.fleet()}
    return spread({serial: at for serial, at in house.store.cursors(source).items() if serial in watched}, now)


def spread(cursors: Mapping[str, datetime], now: datetime) -> Spread | None:
    """How far a source was read; None where nothing was yet."""
    ages = sorted((now - at, serial) for serial, at in cursors.items())
    if not ages:
        return None
    return Spread(
        newest=max(ages[0][0], timedelta(0)),
        middle=max(ages[len(ages) // 2][0], timedelta(0)),
        oldest=max(ages[-1][0], timedelta(0)),
        oldest_of=ages[-1][1],
        monitors=len(ages),
    )

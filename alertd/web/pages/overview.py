"""The overview: what needs a hand now, and how the fleet is."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alertd.model import Source, State
from alertd.web.access import Viewer
from alertd.web.house import House
from alertd.web.pages.attention import attention
from alertd.web.pages.fleet_table import SHOWS, SORTS, Asked, table
from alertd.web.pages.roster import Roster
from alertd.web.pages.trends import Trends
from alertd.web.templating import page

PENDING_SHOWN = 20


def overview_routes(house: House, roster: Roster) -> APIRouter:
    """The route of the first page."""
    router = APIRouter()
    trends = Trends(house.store)

    @router.get("/")
    def overview(request: Request, person: Viewer) -> HTMLResponse:
        store, settings, now = house.store, house.settings, house.now()
        active = [alert for alert in store.active_alerts() if not alert.shadow]
        firing = [alert for alert in active if alert.state is State.FIRING]
        pending = [alert for alert in active if alert.state is State.PENDING]
        asked = Asked.of(request.query_params)
        found = table(store, roster.fleet(), firing, asked, settings.causes.site_label)
        # Of the coarser source, where there is one: a day of it is read in a fifth of the time.
        sources = [each for each in (Source.STATS, Source.CURRENT) if each in settings.poll.every]
        drawings = trends.of([row.instrument.serial for row in found.rows], sources, now)
        for row in found.rows:
            row.trend = drawings.get(row.instrument.serial, "")
        return page(
            request,
            "overview.html",
            person=person,
            attention=attention(firing, house.alerts_json(firing)),
            pending=pending[:PENDING_SHOWN],
            pending_count=len(pending),
            fleet=found,
            asked=asked,
            sorts=SORTS,
            shows=SHOWS,
            problems=[check for check in house.checks() if not check.is_good],
        )

    return router

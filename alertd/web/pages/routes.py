"""Every page that people look at, one module each."""

from fastapi import APIRouter

from alertd.web.house import House
from alertd.web.pages.alert import alert_routes
from alertd.web.pages.deliveries import deliveries_routes
from alertd.web.pages.monitor import monitor_routes
from alertd.web.pages.overview import overview_routes
from alertd.web.pages.roster import Roster
from alertd.web.pages.rules import rules_routes
from alertd.web.pages.silences import silences_routes
from alertd.web.pages.sources import sources_routes


def page_routes(house: House) -> APIRouter:
    """The routes of all pages."""
    router = APIRouter(include_in_schema=False)
    roster = Roster(house)
    router.include_router(overview_routes(house, roster))
    router.include_router(alert_routes(house))
    router.include_router(monitor_routes(house, roster))
    for routes in (rules_routes, silences_routes, deliveries_routes, sources_routes):
        router.include_router(routes(house))
    return router

"""The application: every route, and what is around them."""

from typing import Any

from fastapi import FastAPI

from alertd.web.alertmanager.routes import alertmanager_routes
from alertd.web.assets_served import assets_routes
from alertd.web.closing import Closing
from alertd.web.gate import Gate
from alertd.web.guard import Guard
from alertd.web.health import health_routes
from alertd.web.hooks import hooks_routes
from alertd.web.house import House
from alertd.web.limits import Limits
from alertd.web.login import login_routes
from alertd.web.metrics import metrics_routes
from alertd.web.pages.routes import page_routes
from alertd.web.refusals import add_refusals
from alertd.web.rest.app import mount_rest


def application(house: House) -> Any:
    """What the web server serves."""
    closing = Closing()
    # A redirect to a path without its last slash would repeat a link's token, at whatever Host the request names.
    app = FastAPI(title="alertd", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.house = house
    gate = Gate(house)
    add_refusals(app)
    app.include_router(health_routes(house))
    app.include_router(metrics_routes(house))
    app.include_router(hooks_routes(house))
    app.include_router(assets_routes())
    app.include_router(page_routes(house))
    app.include_router(login_routes(gate))
    app.include_router(alertmanager_routes(house))
    mount_rest(app, house, closing)
    return Limits(Guard(app, gate), closing.close)

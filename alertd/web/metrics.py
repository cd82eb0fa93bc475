"""`/metrics` in Prometheus's text format: what was counted, and how it stands as of the scrape."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from alertd.errors import StoreError
from alertd.web.figures import Figures
from alertd.web.footprint import Footprint
from alertd.web.house import House


def metrics_routes(house: House) -> APIRouter:
    """The route for Prometheus."""
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(house))
    registry.register(Footprint(house.now()))

    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        try:
            return Response(encode(registry), media_type=media_type)
        except StoreError as error:  # half a scrape would pass for a fleet without alerts
            return PlainTextResponse(f"{error}\n", 503)

    return router

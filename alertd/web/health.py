"""`/healthz`: the process answers. `/readyz`: it can do its work, and if not, what is in the way."""

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from alertd.web.house import House


def health_routes(house: House) -> APIRouter:
    """The routes for whoever watches alertd."""
    router = APIRouter(include_in_schema=False)
    own = CapacityLimiter(1)

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> PlainTextResponse:  # not in a thread: these may all wait for a store that hangs
        return PlainTextResponse("ok\n")

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    async def readyz() -> JSONResponse:
        checks = await to_thread.run_sync(house.checks, limiter=own)  # a thread that no page keeps waiting
        is_ready = all(check.is_good for check in checks)
        found = {
            "status": "ready" if is_ready else "not ready",
            "checks": {check.name: {"ok": check.is_good, "says": check.says} for check in checks},
        }
        return JSONResponse(found, 200 if is_ready else 503)

    return router

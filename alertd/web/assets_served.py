"""The style sheets, scripts and pictures of the pages: read once from the package, served by name from memory."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from alertd.chart.svg import style

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"
"""For an address that names its content: another content is another address."""
ASK_AGAIN = "public, no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    type: str
    version: str
    """Stands for the content."""


def asset_path(name: str) -> str:
    """The address of a file, with its version.

    Raises:
        KeyError: there is no such file.
    """
    return f"/assets/{name}?v={_assets()[name].version}"


def assets_routes() -> APIRouter:
    """The route of all these files. Only names that were found in the package at the start lead anywhere."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/assets/{name}", methods=["GET", "HEAD"])
    def asset(name: str, request: Request) -> Response:
        found = _assets().get(name)
        if found is None:
            return PlainTextResponse("no such file\n", 404)
        etag = f'"{found.version}"'
        named = request.query_params.get("v") == found.version
        headers = {"etag": etag, "cache-control": FOR_EVER if named else ASK_AGAIN}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type=found.type, headers=headers)

    return router


@cache
def _assets() -> dict[str, Asset]:
    found = {"charts.css": _charts_css().encode()}
    for file in files("alertd.web").joinpath("assets").iterdir():
        if file.name.rpartition(".")[2] in TYPES:
            found[file.name] = file.read_bytes()
    return {
        name: Asset(content, TYPES[name.rpartition(".")[2]], sha256(content).hexdigest()[:16])
        for name, content in found.items()
    }


def _charts_css() -> str:
    """Charts carry the light theme's colours themselves; in dark surroundings these stand in their place."""
    return f"@media (prefers-color-scheme: dark) {{\n{style('dark', 'svg.chart')}\n}}\n"

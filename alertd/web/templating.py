"""Pages out of templates: what each template may call, and how a time, a span and a number look in it.

Everything that a template prints is escaped; a name it does not know is an error, not an empty place.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from alertd import __version__
from alertd.notify.render_words import count, duration, field_words, reading, spoken, stamp, thousands
from alertd.notify.wallclock import zone_of
from alertd.present import time_text
from alertd.rules.spelling import spell_value
from alertd.web.access import Person, csrf_of
from alertd.web.assets_served import asset_path

NAVIGATION = (
    ("/", "Overview"),
    ("/rules", "Rules"),
    ("/silences", "Silences"),
    ("/deliveries", "Deliveries"),
    ("/sources", "Sources"),
)
"""Path and name of each page that every page leads to."""

NOTHING = Markup('<span class="muted">–</span>')
"""In the place of what is not known."""


def page(
    request: Request, name: str, *, person: Person | None = None, status: int = 200, **context: object
) -> HTMLResponse:
    """The page that a template makes; `person` is who asked, None for nobody known."""
    text = (
        _environment()
        .get_template(name)
        .render(request=request, person=person, now=request.app.state.house.now(), **context)
    )
    return HTMLResponse(text, status)


def csrf_field(request: Request) -> Markup:
    """What a form carries so that no other site can send it: a hidden field."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf_of(request))


def when(at: datetime | None, zone: str = "UTC") -> Markup:
    """A time by a zone's clocks: `24 Nov 02:10 GMT`."""
    if at is None:
        return NOTHING
    return Markup('<time datetime="{}">{}</time>').format(time_text(at), stamp(at.astimezone(zone_of(zone))))


@pass_context
def ago(context: Context, at: datetime | None) -> Markup:
    """How long ago a time was, or how far ahead it is: `3 min ago`, `in 2 h`; its tooltip is the time."""
    if at is None:
        return NOTHING
    now: datetime = context["now"]
    words = _distance(now - at)
    title = stamp(at.astimezone(UTC), now)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(time_text(at), title, words)


def span(value: timedelta | float | None) -> Markup | str:
    """A span in its two largest units: `1 h 10 min`; a number counts seconds."""
    return NOTHING if value is None else duration(value)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("alertd.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., Any]] = {
        "when": when,
        "ago": ago,
        "span": span,
        "spelt": spell_value,
        "thousands": thousands,
        "spoken": spoken,
        "reading": lambda value, key: reading(key, value),
        "field_words": field_words,
    }
    environment.filters.update(filters)
    environment.globals.update(
        version=__version__, navigation=NAVIGATION, asset=asset_path, csrf=_csrf, count=count, nothing=NOTHING
    )
    return environment


@pass_context
def _csrf(context: Context) -> Markup:
    return csrf_field(context["request"])


def _distance(passed: timedelta) -> str:
    seconds = passed.total_seconds()
    if abs(seconds) < 1:
        return "now"
    words = _largest_unit(abs(seconds))
    return f"{words} ago" if seconds > 0 else f"in {words}"


def _largest_unit(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length or (unit == "min" and seconds >= length):
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"

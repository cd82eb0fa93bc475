"""One monitor: how its values went, with the limits of its rules; its checks, alerts and the rules in force."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alertd.chart.chart import Chart
from alertd.chart.svg import to_svg
from alertd.fields import FIELDS
from alertd.model import Source
from alertd.store.pages import AlertFilter
from alertd.web.access import Viewer
from alertd.web.house import House
from alertd.web.pages.courses import CHECKS, METRICS, Frame, Spot, charts
from alertd.web.pages.fleet_table import Row
from alertd.web.pages.happenings import happenings
from alertd.web.pages.roster import Roster
from alertd.web.templating import page

RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
CHECKS_OVER = timedelta(days=90)
"""A SIC comes once a day, a calibration once a month."""
WIDTH, HEIGHT = 380, 180
ALERTS_SHOWN = 30
NEWEST = (
    *((Source.CURRENT, name) for name in ("voltage", "temp", "disk", "mem", "cpu", "network")),
    *((Source.CURRENT, name) for name in ("simUsage", "simQuota", "uptime")),
    *((Source.STATS, name) for name in ("lteRsrp", "lteRsrq", "lteSinr", "ping")),
)
_DRAWN_AS = {spot: metric.name for metric in METRICS for spot in metric.spots}


def monitor_routes(house: House, roster: Roster) -> APIRouter:
    """The route of one monitor's page."""
    router = APIRouter()

    @router.get("/monitors/{serial:path}")
    def monitor(serial: str, request: Request, person: Viewer) -> HTMLResponse:
        instrument = roster.monitor(serial)
        if instrument is None:
            return page(request, "missing.html", person=person, status=404, what="monitor")
        asked = request.query_params.get("range", "")
        chosen = asked if asked in RANGES else "24h"
        now, store = house.now(), house.store
        zone = instrument.labels.get("timezone") or "UTC"
        start = now - RANGES[chosen]
        happened, happened_count = happenings(store, serial, start, now)
        frame = Frame(
            serial=serial,
            start=start,
            end=now,
            zone=zone,
            limits=house.limits(instrument),
            notes=[each.note for each in happened],
        )
        row = Row(instrument=instrument, site=instrument.labels.get(house.settings.causes.site_label, ""))
        row.newest = {sample.source: sample for sample in store.newest_of(serial)}
        alerts = store.alerts_page(AlertFilter(instrument=serial), None, ALERTS_SHOWN)
        effective = house.rules_on(instrument)
        return page(
            request,
            "monitor.html",
            person=person,
            row=row,
            instrument=instrument,
            zone=zone,
            ranges=RANGES,
            chosen=chosen,
            newest=[(*spot, _words(spot)) for spot in NEWEST],
            courses=_drawn(charts(store, METRICS, frame, coarse=chosen != "24h")),
            checks=_drawn(charts(store, CHECKS, frame.wider(CHECKS_OVER), coarse=False)),
            sic=row.newest.get(Source.SIC),
            calibration=row.newest.get(Source.CALIBRATIONS),
            happened=happened,
            happened_count=happened_count,
            alerts=alerts,
            in_force=[each for each in effective if each["applies"]],
            others=[each for each in effective if not each["applies"]],
        )

    return router


def _words(spot: Spot) -> str:
    """What is measured, in the words of its chart; where there is none, in those of the catalogue."""
    source, name = spot
    meaning = FIELDS[source][name].meaning.split(";")[0]
    return _DRAWN_AS.get(spot) or meaning[:1].upper() + meaning[1:]


def _drawn(found: dict[str, Chart | None]) -> dict[str, str | None]:
    """Each as SVG."""
    return {name: None if chart is None else to_svg(chart, WIDTH, HEIGHT) for name, chart in found.items()}

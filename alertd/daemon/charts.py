"""Charts for mails: how the value that an alert is about came to be where it is."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alertd.chart.chart import FEWEST, Chart, Series, Span
from alertd.chart.png import to_png
from alertd.chart.words import alt_text
from alertd.daemon.asides import Numbers, numbers
from alertd.daemon.compared import Compared, compared_of
from alertd.logs import logger
from alertd.model import Alert, Image, State
from alertd.notify.plain_text import one_line
from alertd.notify.render_words import field_words
from alertd.notify.wallclock import zone_of
from alertd.rules.rule import Rule
from alertd.store.store import Store

log = logger(__name__)

SHOWN = timedelta(hours=24)
MOST = 3
"""Charts in one mail, of the worst alerts."""
PATIENCE = timedelta(seconds=5)
"""For the charts of one mail: what is not drawn by then is left out, for the message has to go."""


class Charts:
    """Draws charts from the history. A drawing that takes too long is left behind; safe to use from many threads."""

    def __init__(self, store: Store, rules: Mapping[str, Rule], patience: timedelta = PATIENCE) -> None:
        self._store = store
        self._rules = rules
        self._patience = patience
        self._lock = threading.Lock()
        self._late: threading.Thread | None = None

    def of(self, alerts: Sequence[Alert], zone: str, now: datetime) -> dict[str, Image]:
        """Pictures by alert id, for the worst few of these that have something to show; never raises, never long."""
        with self._lock:
            if self._late is not None and self._late.is_alive():
                return {}
        drawn: dict[str, Image] = {}
        worker = threading.Thread(target=self._draw_each, args=(alerts, zone, now, drawn), name="charts", daemon=True)
        worker.start()
        worker.join(self._patience.total_seconds())
        if worker.is_alive():
            log.warning("charts.late", seconds=self._patience.total_seconds())
            with self._lock:
                self._late = worker
        return dict(drawn)

    def _draw_each(self, alerts: Iterable[Alert], zone: str, now: datetime, drawn: dict[str, Image]) -> None:
        try:
            for alert in alerts:
                chart = self._chart(alert, zone, now) if not alert.own and len(drawn) < MOST else None
                if chart is not None:
                    cid = f"chart-{alert.id}@alertd"
                    drawn[alert.id] = Image(cid=cid, png=to_png(chart), alt=alt_text(chart))
        except Exception:
            log.exception("charts.failed")  # a mail without its pictures is still a mail

    def _chart(self, alert: Alert, zone: str, now: datetime) -> Chart | None:
        for compared in compared_of(alert, self._rules.get(alert.rule)):
            points = self._store.history(alert.subject, compared.source, compared.name, now - SHOWN, now)
            if len(values := numbers(points)) >= FEWEST:
                return chart_of(alert, compared, values, alert.labels.get("timezone") or zone, (now - SHOWN, now))
        return None


def chart_of(alert: Alert, compared: Compared, points: Numbers, zone: str, shown: tuple[datetime, datetime]) -> Chart:
    """One field from a time to a time, with its limit and when the alert was pending and firing."""
    words = field_words(compared.key)
    return Chart(
        series=Series(points=points, unit=compared.field.unit, name=words),
        start=shown[0],
        end=shown[1],
        title=f"{words[:1].upper()}{words[1:]} · {one_line(alert.name, 60) or one_line(alert.subject)}",
        limit=compared.limit,
        limit_above=compared.above,
        spans=spans_of(alert),
        zone=zone_of(zone),
    )


def spans_of(alert: Alert) -> list[Span]:
    """When an alert was pending and firing."""
    pending_until = alert.fired_at or alert.resolved_at
    found = [Span(state=State.PENDING, start=alert.active_at, end=pending_until)]
    if alert.fired_at is not None:
        found.append(Span(state=State.FIRING, start=alert.fired_at, end=alert.resolved_at))
    return [span for span in found if span.end is None or span.end > span.start]

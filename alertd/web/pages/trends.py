"""Small drawings of each monitor's supply voltage over the last day. A drawn one is kept for a while."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from statistics import fmean

from alertd.chart.chart import Points
from alertd.chart.svg import sparkline
from alertd.model import Source
from alertd.store.store import Store

SHOWN = timedelta(hours=24)
KEPT_FOR = timedelta(minutes=10)
"""A day on 120 points: what came in that time would be less than one more."""
STEP = 1800
"""Seconds that one point of a drawing stands for."""
MOST = 20_000
"""Drawings that are kept."""


class Trends:
    """Draws and keeps; safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[datetime, str]] = {}

    def of(self, serials: Sequence[str], sources: Iterable[Source], now: datetime) -> Mapping[str, str]:
        """By serial, as SVG; the first of the sources that has something of a monitor gives its values."""
        with self._lock:
            kept = {each: self._kept[each] for each in serials if each in self._kept}
        good = {serial: drawing for serial, (at, drawing) in kept.items() if timedelta(0) <= now - at < KEPT_FOR}
        drawn = self._drawn([each for each in serials if each not in good], sources, now)
        with self._lock:
            if len(self._kept) > MOST:
                self._kept.clear()
            self._kept.update({serial: (now, drawing) for serial, drawing in drawn.items()})
        return {**good, **drawn}

    def _drawn(self, serials: Collection[str], sources: Iterable[Source], now: datetime) -> dict[str, str]:
        drawn: dict[str, str] = {}
        for source in sources:
            missing = [each for each in serials if each not in drawn]
            if missing:
                found = self._store.measured(missing, source, ["voltage"], now - SHOWN, now)
                for serial, fields in found.items():
                    times, values = fields["voltage"]
                    if points := _points(times, values):
                        drawn[serial] = sparkline(points)
        return drawn


def _points(times: Sequence[float], values: Sequence[object]) -> Points:
    """The mean of each half hour: that is all that a line of this size can show."""
    sums: dict[int, list[float]] = {}
    for at, value in zip(times, values, strict=True):
        if isinstance(value, int | float) and isfinite(value):
            sums.setdefault(int(at // STEP), []).append(value)
    return [(datetime.fromtimestamp((step + 0.5) * STEP, UTC), fmean(those)) for step, those in sorted(sums.items())]

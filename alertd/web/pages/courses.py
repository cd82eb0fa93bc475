"""How a monitor's values went over some time, as charts with the limits of its rules and what happened meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from statistics import median

from alertd.chart.chart import FEWEST, GAP, GREATEST, Chart, Limit, Note, Points, Series
from alertd.fields import FIELDS, PREFIX_OF
from alertd.model import Source
from alertd.notify.wallclock import zone_of
from alertd.store.history import Measured
from alertd.store.store import Store
from alertd.web.house import RuleLimit

Spot = tuple[Source, str]
"""A field of a source."""

COLUMNS = 700
"""Of what lies within one of so many parts of the time, the least and the greatest value are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Something that is measured; the sources may give it under several names."""

    name: str
    spots: Sequence[Spot]


METRICS = (
    Metric(name="Supply voltage", spots=((Source.CURRENT, "voltage"), (Source.STATS, "voltage"))),
    Metric(name="Processor temperature", spots=((Source.CURRENT, "temp"), (Source.STATS, "temp"))),
    Metric(name="Disk in use", spots=((Source.CURRENT, "disk"), (Source.STATS, "diskPercent"))),
    Metric(name="Memory in use", spots=((Source.CURRENT, "mem"), (Source.STATS, "memoryPercent"))),
    Metric(name="SIM data used", spots=((Source.CURRENT, "simUsage"),)),
    Metric(name="4G signal power", spots=((Source.STATS, "lteRsrp"),)),
    Metric(name="4G signal quality", spots=((Source.STATS, "lteRsrq"),)),
    Metric(name="4G signal to noise", spots=((Source.STATS, "lteSinr"),)),
)
CHECKS = (
    Metric(name="SIC at 500 Hz", spots=((Source.SIC, "hz500"),)),
    Metric(name="SIC at 1 kHz", spots=((Source.SIC, "khz1"),)),
    Metric(name="SIC at 8 kHz", spots=((Source.SIC, "khz8"),)),
    Metric(name="Calibration offset", spots=((Source.CALIBRATIONS, "offset"),)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all charts of one page share."""

    serial: str
    start: datetime
    end: datetime
    zone: str
    limits: Sequence[RuleLimit]
    notes: Sequence[Note]

    def wider(self, span: timedelta) -> "Frame":
        """The same over so long at least."""
        return replace(self, start=min(self.start, self.end - span))


def charts(store: Store, metrics: Iterable[Metric], frame: Frame, *, coarse: bool) -> dict[str, Chart | None]:
    """A chart of each by name, None where there is too little to draw.

    `coarse`: where `stats` has a value too, it is taken from there, for it has fewer records.
    """
    metrics = tuple(metrics)
    asked: dict[Source, list[str]] = {}
    for source, field in (spot for metric in metrics for spot in metric.spots):
        asked.setdefault(source, []).append(field)
    first, second = (Source.STATS, Source.CURRENT) if coarse else (Source.CURRENT, Source.STATS)
    found: dict[Spot, Points] = {}
    for source in sorted(asked, key=lambda each: (each is second, each is not first)):
        wanted = [field for field in asked[source] if not _is_there(metrics, (source, field), found)]
        found.update(_read(store, source, wanted, frame))
    return {metric.name: _chart(metric, found, frame) for metric in metrics}


def thinned(measured: Measured, start: datetime, end: datetime) -> Points:
    """The values as points: of each column of the picture the least and the greatest; what is no number is left out."""
    width = max((end - start).total_seconds() / COLUMNS, 1e-6)
    begin = start.timestamp()
    lowest: dict[int, tuple[float, float]] = {}
    highest: dict[int, tuple[float, float]] = {}
    for at, value in zip(*measured, strict=True):
        if isinstance(value, int | float) and not isinstance(value, bool) and -GREATEST < value < GREATEST:
            column = int((at - begin) / width)
            if column not in lowest or value < lowest[column][1]:
                lowest[column] = (at, value)
            if column not in highest or value >= highest[column][1]:
                highest[column] = (at, value)
    kept = sorted({*lowest.values(), *highest.values()})
    return [(datetime.fromtimestamp(at, UTC), float(value)) for at, value in kept]


def _is_there(metrics: Sequence[Metric], spot: Spot, found: Mapping[Spot, Points]) -> bool:
    """Whether what this field would say is known already."""
    return any(spot in metric.spots and any(found.get(other) for other in metric.spots) for metric in metrics)


def _read(store: Store, source: Source, fields: Sequence[str], frame: Frame) -> dict[Spot, Points]:
    if not fields:
        return {}
    columns = store.measured([frame.serial], source, fields, frame.start, frame.end)
    return {
        (source, name): thinned(measured, frame.start, frame.end)
        for found in columns.values()
        for name, measured in found.items()
    }


def _chart(metric: Metric, found: Mapping[Spot, Points], frame: Frame) -> Chart | None:
    spot = next((each for each in metric.spots if len(found.get(each, ())) >= FEWEST), None)
    if spot is None:
        return None
    points = [(at, value) for at, value in found[spot] if isfinite(value) and frame.start <= at <= frame.end]
    if len(points) < FEWEST:
        return None
    names = {f"{PREFIX_OF[source]}.{name}" for source, name in metric.spots}
    limits = sorted((each for each in frame.limits if each.field in names), key=lambda each: not each.severe)
    main = limits[0] if limits else None
    seen = {(each.value, each.severe): each for each in limits[1:] if main is None or each.value != main.value}
    unit = FIELDS[spot[0]][spot[1]].unit
    return Chart(
        series=Series(points=points, unit=unit, name=metric.name, gap=_gap(points, frame)),
        start=frame.start,
        end=frame.end,
        title=metric.name,
        limit=None if main is None else main.value,
        limit_above=main is not None and main.above,
        limits=[Limit(value=each.value, severe=each.severe) for each in seen.values()],
        notes=frame.notes,
        zone=zone_of(frame.zone),
    )


def _gap(points: Points, frame: Frame) -> timedelta:
    """Thinned points may come in pairs: their typical step is that between columns."""
    column = (frame.end - frame.start).total_seconds() / COLUMNS
    steps = [(after - before).total_seconds() for (before, _), (after, _) in pairwise(points)]
    between = [step for step in steps if step >= column / 2]
    return timedelta(seconds=GAP * max(column, median(between) if between else 0.0))

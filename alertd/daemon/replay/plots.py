"""The charts of a replay: each metric with its limit, and when its alerts were pending and firing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alertd.chart.chart import FEWEST, Chart, Series
from alertd.chart.svg import to_svg
from alertd.daemon.charts import spans_of
from alertd.daemon.compared import Compared, comparisons
from alertd.daemon.replay.course import Course
from alertd.daemon.replay.outcome import Outcome
from alertd.daemon.replay.replay import Replay
from alertd.daemon.replay.work import course_of, reaches, read_tracks, wanted_fields
from alertd.model import Alert, Instrument
from alertd.notify.plain_text import one_line
from alertd.notify.render_words import field_words
from alertd.notify.wallclock import zone_of
from alertd.rules.closures import finite
from alertd.rules.rule import Rule, bind, labels_of
from alertd.store.columns import from_micros

WIDTH, HEIGHT = 900, 220
MOST = 200
"""Charts of one replay. Those with alerts come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One chart, and what it is about."""

    rule: str
    serial: str
    field: str
    """`current.voltage`."""
    fired: bool
    chart: Chart

    @property
    def name(self) -> str:
        """For a file."""
        return re.sub(r"[^A-Za-z0-9._-]+", "_", f"{self.rule}-{self.serial}-{self.field}")

    @property
    def svg(self) -> str:
        """The drawing."""
        return to_svg(self.chart, WIDTH, HEIGHT)


def plots_of(replayed: Replay, most: int = MOST) -> Iterator[Plot]:
    """A chart for each rule on each monitor, as far as it compares a field with a number and there are values."""
    outcome = replayed.outcome
    alerts: dict[tuple[str, str], list[Alert]] = {}
    for alert in outcome.alerts:
        alerts.setdefault((alert.rule, alert.subject), []).append(alert)
    pairs = [
        (rule, each)
        for rule in outcome.rules
        for each in outcome.fleet
        if rule.matches(labels_of(each)) and _compared(rule, each, alerts.get((rule.name, each.serial), []))
    ]
    pairs.sort(key=lambda pair: (pair[0].name, pair[1].serial) not in alerts)
    drawn = 0
    for rule, instrument in pairs:
        if drawn >= most:
            return
        its = alerts.get((rule.name, instrument.serial), [])
        plot = _plot(replayed, rule, instrument, its)
        if plot is not None:
            drawn += 1
            yield plot


def write_plots(replayed: Replay, folder: Path) -> int:
    """Draw into a folder, an SVG file for each; returns how many.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for plot in plots_of(replayed):
        (folder / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")
        count += 1
    return count


def _compared(rule: Rule, instrument: Instrument, alerts: list[Alert]) -> Compared | None:
    """The field and the limit of the worst level that fired, else of the mildest, which is the first to."""
    bound = bind(rule, labels_of(instrument))
    worst = max((alert.severity for alert in alerts if alert.fired_at is not None), default=None)
    levels = [level for level in bound.levels if level.severity is worst] or list(reversed(bound.levels))
    return next((compared for level in levels for compared in comparisons(level.when)), None)


def _plot(replayed: Replay, rule: Rule, instrument: Instrument, alerts: list[Alert]) -> Plot | None:
    compared = _compared(rule, instrument, alerts)
    if compared is None:
        return None
    outcome, serial = replayed.outcome, instrument.serial
    points = _points(_course(replayed, rule, serial), compared, outcome)
    if len(points) < FEWEST:
        return None
    words = field_words(compared.key)
    named = one_line(instrument.name, 60) or serial
    chart = Chart(
        series=Series(points=points, unit=compared.field.unit, name=words),
        start=outcome.start,
        end=outcome.end,
        title=f"{rule.name}: {words} · {named} ({serial})",
        limit=compared.limit,
        limit_above=compared.above,
        spans=[span for alert in alerts for span in spans_of(alert)],
        zone=zone_of(instrument.labels.get("timezone") or "UTC"),
    )
    fired = any(alert.fired_at is not None for alert in alerts)
    return Plot(rule=rule.name, serial=serial, field=compared.key, fired=fired, chart=chart)


def _course(replayed: Replay, rule: Rule, serial: str) -> Course:
    job = replayed.job
    found = read_tracks(job.place, [serial], wanted_fields([rule]), (job.start, job.end), reaches(()))
    return course_of(job, serial, found[serial])


def _points(course: Course, compared: Compared, outcome: Outcome) -> list[tuple[datetime, float]]:
    track = course.tracks.get(compared.source)
    column = [] if track is None else track.columns.get(compared.name, [])
    found = []
    for at, value in zip(course.times(compared.source), column, strict=False):
        number = finite(value)
        moment = from_micros(at)
        if number is not None and outcome.start <= moment <= outcome.end:
            found.append((moment, number))
    return found

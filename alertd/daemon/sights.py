"""What the pages draw of an alert and of a monitor: courses of values with the limits that rules set them. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.chart.chart import FEWEST, Chart
from alertd.daemon.asides import numbers
from alertd.daemon.charts import chart_of
from alertd.daemon.compared import compared_of, comparisons
from alertd.model import Alert, Instrument, Severity
from alertd.notify.render_words import field_words
from alertd.rules.rule import Rule, bind, labels_of
from alertd.store.store import Store
from alertd.web.house import RuleLimit

BEFORE, AFTER = timedelta(hours=6), timedelta(hours=3)
"""What is shown around an alert that is over."""
SHORTEST, LONGEST = timedelta(hours=24), timedelta(days=30)


def limits_of(rules: Iterable[Rule], instrument: Instrument) -> Iterator[RuleLimit]:
    """Each limit that a rule in force on a monitor sets one of its fields, worst level first."""
    labels = labels_of(instrument)
    for rule in (each for each in rules if each.matches(labels)):
        for level in bind(rule, labels).levels:
            for compared in comparisons(level.when):
                yield RuleLimit(
                    field=compared.key,
                    value=compared.limit,
                    above=compared.above,
                    rule=rule.name,
                    severe=level.severity is Severity.CRITICAL,
                )


def shown_of(alert: Alert, now: datetime) -> tuple[datetime, datetime]:
    """The time that the chart of an alert shows: all of its life and some before, a day at least, a month at most."""
    end = now if alert.resolved_at is None else min(now, alert.resolved_at + AFTER)
    start = min(alert.active_at - BEFORE, end - SHORTEST)
    return max(start, end - LONGEST), end


def chart_for(alert: Alert, rule: Rule | None, store: Store, now: datetime) -> Chart | None:
    """The first field of its condition that has something to show, with its limit; None where none has."""
    start, end = shown_of(alert, now)
    for compared in () if alert.own else compared_of(alert, rule):
        points = numbers(store.history(alert.subject, compared.source, compared.name, start, end))
        if len(points) >= FEWEST:
            chart = chart_of(alert, compared, points, alert.labels.get("timezone") or "UTC", (start, end))
            return replace(
                chart, title=field_words(compared.key)[:1].upper() + field_words(compared.key)[1:]
            )  # the page says whose it is
    return None

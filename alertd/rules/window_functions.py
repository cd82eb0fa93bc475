"""The functions over the past of one field: one table of names, forms and what they do.

What the source cannot vouch for now (offline, too old, not answered) has no past either: UNKNOWN, as the field itself.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from alertd.fields import Kind
from alertd.model import Value
from alertd.rules.functions import Answer
from alertd.rules.series import Stretch
from alertd.rules.trend import trend_in
from alertd.rules.view import NOT_POLLED, View
from alertd.rules.windows import HOUR, STEADY, Ask, Fold, spacing_of, stretch_of

SHARE = 0.5
"""Of the values that a window would hold at their usual spacing: with fewer it is UNKNOWN."""


Measure = Callable[[Stretch, View, Ask], Value | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFunction:
    """One function: how it is written, what it takes and what it gives."""

    name: str
    form: str
    """How a call looks, for messages."""
    title: str
    """What it is called in an explanation: `{field}`, `{span}`, `{ahead}` and `{level}` stand for what was asked."""
    kind: Kind | None
    """Of its answer; None: the field's."""
    measure: Measure
    numeric: bool = True
    """Whether the field has to be a number."""
    needs_share: bool = True
    fewest: int = 1
    has_level: bool = False
    span_needed: bool = True
    fixed: tuple[float, float] | None = None
    """Span and offset of a function that is not asked for them."""
    keywords: tuple[str, ...] = ("offset",)
    unit: str = "{unit}"
    """Of its answer; `{unit}` stands for the field's."""
    fold: Fold | None = Fold.ANY
    """What a long window keeps of each step; None where it needs each value."""
    same_scale: bool = True
    """Whether its answer is a height of the field, as a limit is."""


def answer(function: WindowFunction, ask: Ask) -> Answer:
    """The closure that answers one call."""
    prefix, measure = ask.prefix, function.measure

    def read(view: View) -> Value | None:
        if prefix not in view.values:
            return None
        window = stretch_of(ask, view)
        if window is None or missing(function, ask, window, view):
            return None
        return measure(window, view, ask)

    return read


def why_unknown(function: WindowFunction, ask: Ask, view: View) -> str:
    """Why a call has no answer, in few words."""
    if ask.prefix not in view.values:
        return view.why.get(ask.prefix, NOT_POLLED)
    window = stretch_of(ask, view)
    if window is None or not len(window.series):
        return "nothing on record"
    return missing(function, ask, window, view) or "cannot be told from what is on record"


def missing(function: WindowFunction, ask: Ask, window: Stretch, view: View) -> str:
    """What a window lacks to be judged; empty where it lacks nothing."""
    count = len(window)
    if count < function.fewest:
        return f"{count} of at least {function.fewest} values"
    if function.needs_share and ask.span and ask.source in STEADY:
        spacing = spacing_of(ask, window, view)
        if spacing is None:
            return "one value so far"
        expected = ask.span / spacing
        if count < SHARE * expected:
            return f"{count} of about {expected:.0f} values"
    return ""


# -- the functions -----------------------------------------------------------------------------------------------------


def _average(window: Stretch, _view: View, _ask: Ask) -> float:
    return window.series.total(window.first, window.last) / len(window)


def _lowest(window: Stretch, _view: View, _ask: Ask) -> float:
    return window.series.lowest(window.first, window.last)


def _highest(window: Stretch, _view: View, _ask: Ask) -> float:
    return window.series.highest(window.first, window.last)


def _median(window: Stretch, _view: View, _ask: Ask) -> float:
    middle: float = median(window.values)
    return middle


def _count(window: Stretch, view: View, ask: Ask) -> float | None:
    """How many there are; of a steady source not known before the whole window has been watched."""
    series = window.series
    if ask.source in STEADY:
        spacing, begin = spacing_of(ask, window, view), view.now.timestamp() - ask.offset - ask.span
        if spacing is None or series.begun > begin + 2 * spacing:
            return None
    return float(len(window))


def _changes(window: Stretch, _view: View, _ask: Ask) -> float:
    return float(window.series.changes(window.first, window.last))


def _delta(window: Stretch, _view: View, _ask: Ask) -> float:
    values = window.series.values
    change: float = values[window.last - 1] - values[window.first]
    return change


def _slope(window: Stretch, _view: View, ask: Ask) -> float | None:
    trend = trend_in(window, ask.span)
    return None if trend is None else trend.per_second * HOUR


def _forecast(window: Stretch, view: View, ask: Ask) -> float | None:
    trend = trend_in(window, ask.span)
    return None if trend is None else trend.value(view.now.timestamp() + ask.ahead)


def _time_to(window: Stretch, view: View, ask: Ask) -> float | None:
    trend, level = trend_in(window, ask.span), None if ask.level is None else ask.level(view)
    if trend is None or not isinstance(level, float):
        return None
    now = view.now.timestamp()
    at = trend.meets(level)
    if at is None:
        return 0.0 if trend.level == level else math.inf
    if at >= now:
        return at - now
    # The line was there within the window and goes on: it has come to pass. Before, it comes from there.
    return 0.0 if at > now - ask.span else math.inf


def _previous(window: Stretch, view: View, ask: Ask) -> Value | None:
    """The value of the record before the newest."""
    newest = view.times[ask.prefix].timestamp()
    before, at = window.series.before(newest)
    if before is None or (ask.within and newest - at > ask.within):
        return None
    return before


WINDOW_FUNCTIONS = {
    function.name: function
    for function in (
        WindowFunction(
            name="avg",
            form='avg(current.voltage, "6h")',
            title="mean {field} of {span}",
            kind=Kind.NUMBER,
            measure=_average,
        ),
        WindowFunction(
            name="min",
            form='min(current.voltage, "6h")',
            title="lowest {field} of {span}",
            kind=Kind.NUMBER,
            measure=_lowest,
            fold=Fold.LOWEST,
        ),
        WindowFunction(
            name="max",
            form='max(current.voltage, "6h")',
            title="highest {field} of {span}",
            kind=Kind.NUMBER,
            measure=_highest,
            fold=Fold.HIGHEST,
        ),
        WindowFunction(
            name="median",
            form='median(current.voltage, "6h")',
            title="median {field} of {span}",
            kind=Kind.NUMBER,
            measure=_median,
        ),
        WindowFunction(
            name="count",
            form='count(event.type, "6h")',
            title="count of {field} in {span}",
            kind=Kind.NUMBER,
            measure=_count,
            fold=None,
            unit="",
            same_scale=False,
            numeric=False,
            needs_share=False,
            fewest=0,
        ),
        WindowFunction(
            name="changes",
            form='changes(current.voltage, "6h")',
            title="changes of {field} in {span}",
            kind=Kind.NUMBER,
            measure=_changes,
            fold=None,
            unit="",
            same_scale=False,
            numeric=False,
        ),
        WindowFunction(
            name="delta",
            form='delta(current.voltage, "6h")',
            title="change of {field} in {span}",
            kind=Kind.NUMBER,
            measure=_delta,
            same_scale=False,
            fewest=2,
        ),
        WindowFunction(
            name="slope",
            form='slope(current.voltage, "6h")',
            title="trend of {field} over {span}",
            kind=Kind.NUMBER,
            measure=_slope,
            fewest=3,
            unit="{unit}/h",
            same_scale=False,
        ),
        WindowFunction(
            name="forecast",
            form='forecast(current.voltage, "12h", ahead="8h")',
            title="{field} expected in {ahead}",
            kind=Kind.NUMBER,
            measure=_forecast,
            fewest=3,
            keywords=("ahead",),
        ),
        WindowFunction(
            name="time_to",
            form='time_to(current.voltage, 11.3, "12h")',
            title="time until {field} is {level}",
            kind=Kind.DURATION,
            measure=_time_to,
            unit="",
            same_scale=False,
            fewest=3,
            has_level=True,
            keywords=(),
        ),
        WindowFunction(
            name="previous",
            form='previous(sic.status) or previous(sic.status, within="90m")',
            title="previous {field}",
            kind=None,
            measure=_previous,
            fold=None,
            numeric=False,
            needs_share=False,
            fewest=2,
            span_needed=False,
            keywords=("within",),
        ),
        WindowFunction(
            name="same_hour_yesterday",
            form="same_hour_yesterday(current.voltage)",
            title="mean {field} at this hour yesterday",
            kind=Kind.NUMBER,
            measure=_average,
            span_needed=False,
            fixed=(HOUR, 23.5 * HOUR),
            keywords=(),
        ),
    )
}

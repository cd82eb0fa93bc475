"""What windows cost: CPU of one evaluation after each new value, and memory.

The yardstick reckons the same answer anew from a list of the window's values.
"""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import Any

from alertd.model import Source
from alertd.rules.expression import BoundExpression, compile_expression
from alertd.rules.pasts import Pasts, needs_of
from alertd.rules.view import View
from benchmarks.table import Table

MONITORS = 5_000
START = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVERY = dict.fromkeys(Source, MINUTE)
FACTS = {"serial": "QT000000"}

CALLS = (
    'avg(current.voltage, "{span}")',
    'min(current.voltage, "{span}")',
    'changes(current.voltage, "{span}")',
    'delta(current.voltage, "{span}")',
    'median(current.voltage, "{span}")',
    'slope(current.voltage, "{span}")',
    'forecast(current.voltage, "{span}", ahead="8h")',
)
ANEW: dict[str, Callable[[list[float]], float]] = {
    "avg": fmean,
    "min": min,
    "changes": lambda values: sum(a != b for a, b in pairwise(values)),
    "delta": lambda values: values[-1] - values[0],
    "median": median,
}


@dataclass(frozen=True)
class WindowCosts:
    """Of one function, microseconds an evaluation with one new value before it."""

    name: str
    short: float
    """Over an hour."""
    long: float
    """Over a day."""
    anew: float | None
    """Over a day, from a list."""


def measure(monitors: int, rounds: int = 5) -> tuple[list[WindowCosts], float]:
    """Each function's costs, and the bytes that a day of one field of one monitor takes."""
    found = [
        WindowCosts(
            name=call.partition("(")[0],
            short=_cost(call, "1h", monitors, rounds),
            long=_cost(call, "24h", monitors, rounds),
            anew=_anew(call),
        )
        for call in CALLS
    ]
    return found, _memory()


def _cost(call: str, span: str, monitors: int, rounds: int) -> float:
    bound = compile_expression(call.format(span=span)).bind()
    # A few hundred series are filled soon, and are more than the processor's caches hold.
    held = min(monitors, 200)
    pasts = _filled(bound, held)
    spent = []
    for round_ in range(rounds):
        now = START + (1500 + round_) * MINUTE
        began = time.process_time()
        for number in range(monitors):
            serial = f"QT{number % held:06}"
            if number < held:  # the others ask again without a new value
                pasts.put(serial, Source.CURRENT, "voltage", now.timestamp(), _volts(1500 + round_ + number))
            view = View(now=now, instrument=FACTS, values={"current": {}}, past=pasts.of(serial))
            assert bound.answer(view) is not None
        spent.append((time.process_time() - began) / monitors)
    return min(spent) * 1e6


def _anew(call: str) -> float | None:
    reckon = ANEW.get(call.partition("(")[0])
    if reckon is None:
        return None
    values = [_volts(number) for number in range(1440)]
    began = time.process_time()
    for _ in range(200):
        reckon(values)
    return (time.process_time() - began) / 200 * 1e6


def _filled(bound: BoundExpression, monitors: int) -> Pasts:
    pasts = Pasts(needs_of(bound.windows), EVERY)
    for number in range(monitors):
        for minute in range(1500):
            at = START + minute * MINUTE
            pasts.put(f"QT{number:06}", Source.CURRENT, "voltage", at.timestamp(), _volts(minute + number))
    return pasts


def _memory() -> float:
    bound = compile_expression('avg(current.voltage, "24h")').bind()
    tracemalloc.start()
    pasts = _filled(bound, 20)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pasts
    return size / 20


def _volts(number: int) -> float:
    return 12.4 + (number * 7919 % 100) / 1000


def verdicts(times: int = 10_000) -> float:
    """Seconds of CPU for so many verdicts of a typical rule without a window."""
    answer: Callable[[Any], object] = (
        compile_expression("current.voltage < 11.3 and not status.sicInProgress").bind().answer
    )
    view = View(
        now=START,
        instrument=FACTS,
        values={"current": {"voltage": 12.6}, "status": {"sicInProgress": False}},
    )
    began = time.process_time()
    for _ in range(times):
        answer(view)
    return time.process_time() - began


def tables(monitors: int, rounds: int = 5) -> Iterator[Table]:
    """The costs of functions, then of verdicts."""
    found, size = measure(monitors, rounds)
    table = Table(
        f"Functions over windows, {monitors:,} monitors with a value each minute; CPU of one evaluation, µs",
        ["function", "over 1 h", "over 24 h", "24 h ÷ 1 h", "24 h reckoned anew"],
    )
    for each in found:
        anew = "" if each.anew is None else f"{each.anew:.1f}"
        table.add(each.name, f"{each.short:.1f}", f"{each.long:.1f}", f"{each.long / each.short:.2f}", anew)
    yield table
    other = Table("Verdicts and memory", ["10,000 verdicts of a rule, ms", "a day of one field of a monitor, KB"])
    other.add(f"{verdicts() * 1e3:.1f}", f"{size / 1000:.0f}")
    yield other

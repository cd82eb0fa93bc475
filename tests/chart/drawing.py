"""Charts to draw."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alertd.chart.chart import Chart, Series, Span
from alertd.model import State

END = datetime(2026, 11, 24, 6, 12, tzinfo=UTC)
START = END - timedelta(hours=24)
LONDON = ZoneInfo("Europe/London")


def hours(count: float) -> datetime:
    """So long after the start."""
    return START + timedelta(hours=count)


def chart(*values: float | None, every: float | None = None, **given: Any) -> Chart:
    """A day's chart of these values, evenly spread or every so many hours; None is a missing one."""
    step = every or 24 / max(len(values) - 1, 1)
    points = [(hours(step * index), value) for index, value in enumerate(values) if value is not None]
    series = Series(points=given.pop("points", points), unit=given.pop("unit", "V"), name="supply voltage")
    return Chart(series=series, **{"start": START, "end": END, "zone": LONDON, **given})


def flat_battery(**given: Any) -> Chart:
    """A battery that empties over night, with a gap before noon; pending, then firing."""
    values: list[float | None] = [round(12.4 - 0.001 * max(0, step - 30) ** 2 / 2.1, 2) for step in range(73)]
    values[10:16] = [None] * 6
    usual = {
        "title": "Supply voltage of Quarry A north",
        "limit": 11.9,
        "spans": [
            Span(state=State.PENDING, start=hours(21), end=hours(21.5)),
            Span(state=State.FIRING, start=hours(21.5)),
        ],
    }
    return chart(*values, **{**usual, **given})


def noise(count: int) -> list[float]:
    """Values that know nothing of one another, between -1 and 1."""
    dice = random.Random(7)
    return [round(dice.uniform(-1, 1), 3) for _ in range(count)]


def wave(count: int, height: float = 3.0) -> list[float]:
    """Two days and nights in one."""
    return [height * math.sin(index / count * 4 * math.pi) for index in range(count)]

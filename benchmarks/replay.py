"""What a replay costs: a month of one-minute records of each monitor, under the rule library that ships."""

import math
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from alertd.config.files import expand_patterns
from alertd.config.load import load_config
from alertd.daemon.replay.lives import Terms
from alertd.daemon.replay.replay import setup_of
from alertd.daemon.replay.telling import telling
from alertd.daemon.replay.work import PROCESSES, FromApi, Job, Relived, RuleSet, relive_all
from alertd.daemon.routing import flap_terms
from alertd.model import Instrument, Source
from alertd.shipped import shipped
from alertd.store.columns import to_micros
from alertd.store.past_cache import PastCache
from alertd.store.tracks import Column, Track
from benchmarks.table import Table

END = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE = 60_000_000
MONITORS, DAYS = 20, 30
"""`--sizes 100` is the fleet of the promise."""
BEFORE = 8
"""Days of records before the replay's beginning, for windows to look back at."""
SINKING = 10
"""Of so many monitors one has a battery that goes low each night."""
OVERDUE = 1
"""Of so many one was not calibrated for long."""


@dataclass
class ReplayCosts:
    """Of one fleet."""

    monitors: int
    days: int
    reliving: float = 0.0
    """Seconds, both processes at work."""
    reckoning: float = 0.0
    """Seconds of CPU of all processes for the same."""
    telling: float = 0.0
    writing: float = 0.0
    """Seconds of CPU of the same."""
    alerts: int = 0
    messages: int = 0


def measure(monitors: int, days: int, folder: Path) -> ReplayCosts:
    """Write the past, then replay it."""
    folder.mkdir(parents=True, exist_ok=True)
    costs = ReplayCosts(monitors, days)
    fleet = [
        Instrument(serial=f"QT{number:06}", name=f"Monitor {number}", labels=_labels(number))
        for number in range(monitors)
    ]
    start = END - timedelta(days=days)
    cache = PastCache(folder / "cache")
    for number, instrument in enumerate(fleet):
        for source, track in _tracks(number, days):
            span = (start - timedelta(days=400), END)
            cache.add_track(instrument.serial, source, span, END + timedelta(days=2), track)
    setup = setup_of(load_config(_config(folder)), expand_patterns(["*.yaml"], shipped("rules"))[0], {})
    files = tuple(dict.fromkeys(rule.file for rule in setup.rules))
    terms = Terms(start=start, end=END, flapping=flap_terms(setup.settings, setup.rules))
    rule_set = RuleSet(files=files, terms=terms)
    every = setup.settings.poll.every
    job = Job(place=FromApi(cache=cache.folder), sets=(rule_set,), every=every, start=start, end=END)
    began, used = time.perf_counter(), _cpu()
    relived = relive_all(job, fleet, lambda _count: None)
    costs.reliving, costs.reckoning = time.perf_counter() - began, _cpu() - used
    began, used = time.perf_counter(), _cpu()
    lives = [life for part in relived for life in part.lives[0]]
    with telling(setup, fleet, [], start) as teller:
        teller.tell(lives, _turns(relived), END)
        costs.messages = len(teller.messages)
    costs.telling, costs.writing = time.perf_counter() - began, _cpu() - used
    costs.alerts = sum(step.kind == "fired" for life in lives for change in life.changes for step in change.transitions)
    return costs


def table(costs: ReplayCosts) -> Table:
    """As Markdown."""
    minutes = costs.monitors * costs.days * 1440
    found = Table(
        f"A replay of {costs.monitors} monitors' {costs.days} days of one-minute records "
        f"({minutes:,} instrument-minutes), the shipped rules, {PROCESSES} processes",
        ["", "seconds", "CPU seconds", "CPU µs a minute", ""],
    )
    each = f"{costs.reckoning / minutes * 1e6:.1f}"
    found.add("records to alerts", f"{costs.reliving:.1f}", f"{costs.reckoning:.1f}", each, f"{costs.alerts} fired")
    found.add("alerts to messages", f"{costs.telling:.1f}", f"{costs.writing:.1f}", "", f"{costs.messages} messages")
    return found


def _turns(relived: list[Relived]) -> dict[str, list[tuple[int, bool]]]:
    return {serial: list(turns) for part in relived for serial, turns in part.turns.items()}


def _cpu() -> float:
    """Of this process and of those that it ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _labels(number: int) -> dict[str, str]:
    return {"site": f"Site {number // 5}", "power": _power(number)}


def _power(number: int) -> str:
    return ("mains", "battery", "solar")[number % 3]


def _config(folder: Path) -> Path:
    path = folder / "config.yaml"
    config = {
        "mycirrus": {"api_key": "none"},
        "receivers": [{"name": "team", "targets": [{"name": "mail", "url": "json://127.0.0.1:9/x"}]}],
        "route": {"receiver": "team", "group_by": ["alertname", "site"]},
    }
    path.write_text(yaml.safe_dump(config))
    return path


def _tracks(number: int, days: int) -> Iterator[tuple[Source, Track]]:
    dice = random.Random(number)
    count = (days + BEFORE) * 1440
    first = to_micros(END) - count * MINUTE
    middle, swing = (12.9, 0.5) if _power(number) == "solar" else (12.5, 0.4)
    if number % SINKING == 0:
        middle, swing = 11.6, 0.5
    visited = days + 3 if number % OVERDUE else days + 40
    rows = [row for row in range(count) if not 5_000 < (row + 97 * number) % 20_000 < 5_040]  # now and then a gap

    def course(low: float, high: float) -> Column:
        return [round(dice.uniform(low, high), 1) for _ in rows]

    volts: Column = [round(middle + swing * math.sin(row / 229) + dice.gauss(0, 0.012), 3) for row in rows]
    columns = {
        "samplePeriod": [60.0] * len(rows),
        "voltage": volts,
        "temp": course(25, 55),
        "cpu": course(5, 30),
        "network": course(1, 20),
        "diskPercent": [round(0.2 + row / 1e6, 4) for row in rows],
        "memoryPercent": course(6, 9),
        "lteRsrp": course(-95, -80),
    }
    yield Source.STATS, Track([first + row * MINUTE for row in rows], columns)  # type: ignore[arg-type]
    checks = range(0, count, 360)
    status: Column = ["Error" if dice.random() < 0.01 else "Success" for _ in checks]
    levels: dict[str, Column] = {name: [round(dice.gauss(mean, 0.1), 4) for _ in checks] for name, mean in _SIC}
    yield Source.SIC, Track([first + row * MINUTE + 207 for row in checks], {"status": status, **levels})
    yield (
        Source.CALIBRATIONS,
        Track([to_micros(END) - visited * 1440 * MINUTE], {"status": ["Success"], "level": [93.7], "offset": [0.12]}),
    )
    drops = range(0, count, 2_900)
    yield (
        Source.EVENTS,
        Track(
            [first + row * MINUTE for row in drops],
            {"type": ["Connection"] * len(drops), "duration": [72.0] * len(drops)},
        ),
    )


_SIC = (("hz500", 55.4), ("khz1", 48.5), ("khz8", 35.7))

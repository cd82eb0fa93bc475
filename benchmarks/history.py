"""What the samples' history costs: bytes on disk, CPU to write and to pack a record, to read a day of one field.

Each monitor is asked for status and current and sends a record of stats each minute, with noise as monitors have it.
"""

import math
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from alertd.model import Sample, Source, Value
from alertd.store.store import Store
from benchmarks.table import Table

START = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY_AND_HOUR = 25 * 60
READS = 20
MONITORS = 100


@dataclass
class HistoryCosts:
    """Of one fleet, over a day."""

    monitors: int
    records: int = 0
    recording: float = 0.0
    """Seconds of CPU."""
    packing: float = 0.0
    longest_step: float = 0.0
    bytes_before: int = 0
    """Of the last hour, as rounds wrote it, a record."""
    bytes_after: dict[Source, float] = field(default_factory=dict)
    """Packed, a monitor's day."""
    file: int = 0
    reading: list[float] = field(default_factory=list)


def measure(monitors: int, folder: Path, minutes: int = DAY_AND_HOUR) -> HistoryCosts:
    """Let a fleet live for 25 hours, with housekeeping each hour."""
    folder.mkdir(parents=True, exist_ok=True)
    costs = HistoryCosts(monitors)
    days = {source: list(a_day(source)) for source in (Source.STATUS, Source.STATS, Source.CURRENT)}
    dice = random.Random(1)
    with Store.open("sqlite:///history.db", base=folder, work=True) as store:
        for minute in range(minutes):
            now = START + minute * MINUTE
            if minute and minute % 60 == 0:
                _pack(store, now, costs)
            for source, values in days.items():
                at = now if source is Source.STATS else now + timedelta(seconds=dice.uniform(0, 2))
                round_ = [
                    Sample(instrument=f"QT{each:06}", source=source, at=at, values=values[(minute + 97 * each) % 1440])
                    for each in range(monitors)
                ]
                began = time.process_time()
                store.record_round(samples=[], history=round_, cursors={}, alerts=[], transitions=[], now=now)
                costs.recording += time.process_time() - began
                costs.records += len(round_)
        _weigh(folder / "history.db", costs)
        _pack(store, START + timedelta(days=2), costs)
        _weigh(folder / "history.db", costs)
        for each in range(READS):
            began = time.process_time()
            end = START + timedelta(hours=24)
            store.history(f"QT{each % monitors:06}", Source.STATS, "voltage", end - timedelta(hours=24), end)
            costs.reading.append(time.process_time() - began)
    costs.file = (folder / "history.db").stat().st_size
    return costs


def _pack(store: Store, now: datetime, costs: HistoryCosts) -> None:
    more = True
    while more:
        began = time.process_time()
        more = store.pack_history(now)
        took = time.process_time() - began
        costs.packing += took
        costs.longest_step = max(costs.longest_step, took)


def _weigh(file: Path, costs: HistoryCosts) -> None:
    with closing(sqlite3.connect(file)) as raw:
        count, weight = raw.execute("SELECT count(*), sum(length(block)) FROM recent WHERE source = 'stats'").fetchone()
        if count:
            costs.bytes_before = round(weight / 60 / costs.monitors)
        day = (START - datetime(1970, 1, 1, tzinfo=UTC)).days
        packed = "SELECT sum(length(block)) FROM history WHERE day = ? AND source = ?"
        for source in (Source.STATUS, Source.CURRENT, Source.STATS):
            (weight,) = raw.execute(packed, (day, source.value)).fetchone()
            costs.bytes_after[source] = (weight or 0) / costs.monitors


def a_day(source: Source) -> Iterator[dict[str, Value | None]]:
    """A day's records of one monitor."""
    dice = random.Random(source.value)
    load, heat, disk = 12.0, 36.0, 57.0
    for minute in range(1440):
        load = max(0.5, load + (12 - load) * 0.2 + dice.gauss(0, 1.5))
        heat += (36 + 6 * math.sin(minute / 229) - heat) * 0.05 + dice.gauss(0, 0.3)
        disk += dice.random() * 0.05
        volts = 12.4 + 0.4 * math.sin(minute / 229) + dice.gauss(0, 0.012)
        received, sent = round(dice.lognormvariate(6, 0.4)), round(dice.lognormvariate(4.8, 0.5))
        common: dict[str, Value | None] = {"cpu": round(load, 1), "temp": round(heat, 1), "voltage": round(volts, 3)}
        memory = round(285 + dice.gauss(0, 2), 1)
        if source is Source.STATUS:
            yield {"online": True, "measuring": True, "calibrationInProgress": False, "sicInProgress": False}
        elif source is Source.CURRENT:
            yield common | {
                "mem": round(memory / 37.93, 1),
                "disk": round(disk / 249, 1),
                "network": round((received + sent) / 60, 1),
                "simQuota": 5000.0,
                "simUsage": 1200.0 + minute // 10,
                "uptime": 900000.0 + 60 * minute,
            }
        else:
            yield common | {
                "samplePeriod": 60.0,
                "mem": memory,
                "cache": round(531 + dice.gauss(0, 0.4), 1),
                "disk": round(disk, 1),
                "netRx": float(received),
                "netTx": float(sent),
                "mTot": 3793.0,
                "dTot": 24892.0,
                "lteRsrp": float(round(dice.gauss(-95, 2))),
                "lteRsrq": float(round(dice.gauss(-11, 1))),
                "lteSinr": float(round(dice.gauss(9, 2))),
                "lteSignal": float(round(dice.gauss(-67, 2))),
                "ping": float(round(dice.lognormvariate(3.7, 0.2))),
                "network": (received + sent) / 60,
                "memoryPercent": memory / 3793 * 100,
                "diskPercent": round(disk, 1) / 24892 * 100,
            }


def table(found: list[HistoryCosts]) -> Table:
    """One line for each fleet."""
    table = Table(
        "History of a day, status, current and stats each minute",
        [
            "monitors",
            "µs to record, each round a commit",
            "µs to pack",
            "longest step ms",
            "stats record, bytes before",
            "after",
            "status, KB a monitor's day",
            "current",
            "stats",
            "read 24 h, ms",
        ],
    )
    for each in found:
        table.add(
            f"{each.monitors:,}",
            f"{each.recording / each.records * 1e6:.1f}",
            f"{each.packing / each.records * 1e6:.1f}",
            f"{each.longest_step * 1e3:.0f}",
            each.bytes_before,
            f"{each.bytes_after[Source.STATS] / 1440:.1f}",
            *(f"{weight / 1000:.1f}" for weight in each.bytes_after.values()),
            f"{median(each.reading) * 1e3:.1f}",
        )
    return table


def main() -> None:
    """Measure and print."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="alertd-bench-") as name:
        print(table([measure(monitors, Path(name) / str(monitors)) for monitors in (MONITORS,)]))


if __name__ == "__main__":
    main()

"""The samples' history: complete, in order, nothing twice, whichever way it stands in the store just now."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alertd.model import Sample, Source, Value
from alertd.store import history, schema
from alertd.store.store import Store
from tests.store.making import NOW, sample

DAY = datetime(2026, 11, 24, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

Step = Callable[[Store], object]


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """The store itself: how records lie in its tables is what is looked at here."""
    with Store.open(database_url, base=tmp_path, work=True) as opened:
        yield opened


def keep(store: Store, *samples: Sample, now: datetime = NOW) -> None:
    """One round that brought these."""
    store.record_round(samples=[], cursors={}, alerts=[], transitions=[], history=samples, now=now)


def pack(store: Store, now: datetime) -> int:
    """Everything there is to pack; how many steps it took."""
    steps = 0
    while store.pack_history(now):
        steps += 1
    return steps


def rows(store: Store) -> tuple[int, int]:
    """How many blocks there are of rounds and of packed history."""
    with store._database.reading() as connection:
        counts = [
            connection.scalar(select(func.count()).select_from(table)) for table in (schema.RECENT, schema.HISTORY)
        ]
    return counts[0] or 0, counts[1] or 0


AS_RECORDED: Step = lambda _store: None  # noqa: E731
PACKED: Step = lambda store: pack(store, NOW + timedelta(hours=2))  # noqa: E731
LATER: Step = lambda store: pack(store, NOW + timedelta(days=2))  # noqa: E731


def volts(found: Sequence[tuple[datetime, Value]]) -> list[Value]:
    """Without their times."""
    return [value for _, value in found]


@pytest.mark.parametrize("step", [AS_RECORDED, PACKED, LATER], ids=["recorded", "packed", "joined"])
def test_what_was_recorded_is_read(store: Store, step: Step) -> None:
    """Every kind of value of every field, exactly, at its time; null and absent are both missing."""
    at = [NOW + timedelta(minutes=minute) for minute in range(4)]
    sic = [
        sample("A", at[0], Source.SIC, status="Success", hz500=55.3829, khz1=None),
        sample("A", at[1], Source.SIC, status="Error", hz500=55.4),
        sample("B", at[0], Source.SIC, status="Prüfung ✓ \0", hz500=-1.5e300),
    ]
    keep(store, *sic, sample("A", at[2], Source.STATUS, online=True, measuring=False))
    keep(store, sample("A", at[3], Source.STATUS, online=False, measuring=None))
    step(store)
    fields = ["status", "hz500", "khz1", "khz8"]
    assert store.history_many("A", Source.SIC, fields, at[0], at[3]) == {
        "status": [(at[0], "Success"), (at[1], "Error")],
        "hz500": [(at[0], 55.3829), (at[1], 55.4)],
        "khz1": [],
        "khz8": [],
    }
    assert store.history("B", Source.SIC, "status", *at[::3]) == [(at[0], "Prüfung ✓ \0")]
    assert store.history("B", Source.SIC, "hz500", *at[::3]) == [(at[0], -1.5e300)]
    online = store.history("A", Source.STATUS, "online", *at[::3])
    assert [(when, value is True, type(value)) for when, value in online] == [(at[2], True, bool), (at[3], False, bool)]
    assert store.history("A", Source.STATUS, "measuring", *at[::3]) == [(at[2], False)]


@pytest.mark.parametrize("step", [AS_RECORDED, PACKED, LATER], ids=["recorded", "packed", "joined"])
def test_a_span_includes_its_ends(store: Store, step: Step) -> None:
    """And nothing beside them, over midnights too; what is not there is an empty list."""
    at = [DAY + timedelta(hours=8 * number) for number in range(-4, 1)]
    keep(store, *(sample("A", when, voltage=float(number)) for number, when in enumerate(at)))
    step(store)
    assert volts(store.history("A", Source.CURRENT, "voltage", at[1], at[3])) == [1.0, 2.0, 3.0]
    tick = timedelta(microseconds=1)
    assert volts(store.history("A", Source.CURRENT, "voltage", at[1] + tick, at[3] - tick)) == [2.0]
    assert store.history("A", Source.CURRENT, "voltage", at[4] + tick, at[4] + tick * 2) == []
    assert store.history("A", Source.CURRENT, "voltage", at[4], at[1]) == []
    assert store.history("A", Source.CURRENT, "temp", at[0], at[4]) == []
    assert store.history("A", Source.STATS, "voltage", at[0], at[4]) == []
    assert store.history("nobody", Source.CURRENT, "voltage", at[0], at[4]) == []


def test_late_and_repeated_records_are_read_once_in_order(store: Store) -> None:
    """At any moment of packing; of two with one time, the one that was written last counts as a whole."""
    minutes = [DAY + timedelta(minutes=minute) for minute in range(180)]

    def read() -> list[tuple[datetime, Value]]:
        return store.history("A", Source.STATS, "voltage", minutes[0], minutes[-1])

    def stats(minute: int, **values: Value | None) -> Sample:
        return sample("A", minutes[minute], Source.STATS, **{"voltage": 12.0 + minute / 1000, **values})

    expected = [(when, 12.0 + minute / 1000) for minute, when in enumerate(minutes)]
    keep(store, *(stats(minute) for minute in range(120, 180)), now=minutes[179])
    pack(store, minutes[179] + timedelta(hours=1))
    keep(store, *(stats(minute) for minute in reversed(range(130))), stats(5), now=NOW)
    assert read() == expected
    pack(store, NOW + timedelta(hours=2))
    assert read() == expected
    pack(store, NOW + timedelta(days=1))
    assert rows(store) == (0, 1)
    assert read() == expected
    keep(store, stats(7, voltage=11.0, temp=50.0), now=NOW + timedelta(days=2))
    keep(store, stats(8, voltage=None), now=NOW + timedelta(days=2))
    expected[7] = (minutes[7], 11.0)
    del expected[8]
    for _ in range(3):
        assert read() == expected
        store.pack_history(NOW + timedelta(days=3))
    assert rows(store) == (0, 1)
    assert store.history("A", Source.STATS, "temp", minutes[0], minutes[-1]) == [(minutes[7], 50.0)]


def test_many_instruments_at_once(store: Store) -> None:
    """By serial; one that has nothing in that span is left out. A large round has many rows, a small one one."""
    serials = [f"QT{number:06}" for number in range(history.FEW + 20)]
    for minute in range(3):
        when = NOW + timedelta(minutes=minute)
        large = [sample(serial, when, voltage=float(index)) for index, serial in enumerate(serials)]
        keep(store, *large, now=when)
        if minute == 0:
            assert rows(store)[0] == history.SHELVES
            pack(store, NOW + timedelta(hours=1))
            keep(store, *large[:30], now=when)
            assert rows(store)[0] == 1
    found = store.histories([*serials, "nobody"], Source.CURRENT, ["voltage"], NOW, NOW + timedelta(minutes=1))
    assert {serial: volts(each["voltage"]) for serial, each in found.items()} == {
        serial: [float(index)] * 2 for index, serial in enumerate(serials)
    }


def test_packing_waits_for_an_hour(store: Store) -> None:
    """A round writes one row a shelf; after an hour there is one row an instrument, and after midnight one a day."""
    serials = [f"QT{number:06}" for number in range(20)]
    for minute in range(120):
        when = DAY + timedelta(hours=1, minutes=minute)
        keep(store, *(sample(serial, when, voltage=12.0) for serial in serials), now=when)
        if minute == 59:
            assert pack(store, when) == 0
            assert rows(store)[1] == 0
            pack(store, when + timedelta(minutes=1))
            assert rows(store) == (0, 20)
    pack(store, DAY + timedelta(hours=5))
    assert rows(store) == (0, 40)
    pack(store, DAY + timedelta(days=1))
    assert rows(store) == (0, 20)
    assert len(store.history("QT000003", Source.CURRENT, "voltage", DAY, DAY + timedelta(days=1))) == 120


def test_a_step_of_packing_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much an outage left to read: it is packed in parts, and what is left comes next."""
    monkeypatch.setattr(history, "BYTES_AT_ONCE", 3000)
    for minute in range(30):
        keep(store, *(sample("A", NOW + timedelta(minutes=minute, seconds=each), voltage=1.0) for each in range(5)))
    steps = pack(store, NOW + timedelta(hours=2))
    assert steps > 5
    assert len(store.history("A", Source.CURRENT, "voltage", NOW, NOW + timedelta(hours=1))) == 150


def test_old_days_are_forgotten(store: Store) -> None:
    """Whole days, packed or joined, in chunks of any size; the day in which retention ends stays."""
    for day in range(5):
        for hour in (1, 2):
            when = DAY + timedelta(days=day, hours=hour)
            keep(store, *(sample(serial, when, voltage=12.0) for serial in "ABC"), now=when)
            pack(store, when + timedelta(hours=1))
    store.prune(DAY + timedelta(days=3, hours=12), chunk=2)
    read = store.history("A", Source.CURRENT, "voltage", DAY, DAY + timedelta(days=9))
    assert [when.day - DAY.day for when, _ in read] == [3, 3, 4, 4]
    assert rows(store) == (0, 9)


def test_packing_at_once_by_two_keeps_each_record_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two servers on one PostgreSQL: the second finds its blocks gone and leaves them to the first."""
    keep(store, sample("A", voltage=12.0))
    real = history._replace

    def twice(*given: object) -> None:
        real(*given)  # type: ignore[arg-type]
        real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(history, "_replace", twice)
    pack(store, NOW + timedelta(hours=1))
    assert rows(store) == (0, 1)


def test_a_reader_never_misses_what_is_being_packed(store: Store) -> None:
    """A thread that reads without a pause sees every record each time."""
    for minute in range(60):
        keep(store, *(sample(f"QT{each}", NOW + timedelta(minutes=minute), voltage=12.0) for each in range(40)))
    lengths: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            lengths.add(len(store.history("QT7", Source.CURRENT, "voltage", NOW, NOW + timedelta(hours=1))))

    reader = threading.Thread(target=look)
    reader.start()
    pack(store, NOW + timedelta(hours=2))
    pack(store, NOW + timedelta(days=2))
    done.set()
    reader.join(20)
    assert lengths == {60}


def test_a_failed_round_leaves_no_history(store: Store) -> None:
    """The records are written with all else that a round changed, or not at all."""
    with pytest.raises(AttributeError):
        store.record_round(
            samples=[],
            cursors={},
            alerts=["no alert"],
            transitions=[],
            history=[sample("A", voltage=1.0)],
            now=NOW,  # type: ignore[list-item]
        )
    assert rows(store) == (0, 0)


def test_damage_is_reported_and_costs_itself_only(store: Store) -> None:
    """`alertd db check` names the instrument and the day; all else is read."""
    for hour in range(3):
        keep(store, sample("A", NOW + timedelta(hours=hour), voltage=float(hour)), sample("B", voltage=12.0))
        if hour < 2:
            pack(store, NOW + timedelta(hours=5))
    assert store.check() == []
    with store._database.writing() as connection:
        first = select(func.min(schema.HISTORY.c.id)).where(schema.HISTORY.c.instrument == "A").scalar_subquery()
        connection.execute(schema.HISTORY.update().where(schema.HISTORY.c.id == first).values(block=b"x"))
        connection.execute(schema.RECENT.update().values(block=b"y"))
    wrong = store.check()
    assert wrong[0] == "A: the history of current on 2026-11-24 is damaged"
    assert wrong[1] == "the history of current recorded at 2026-11-24T02:10:30Z is damaged"
    assert volts(store.history("A", Source.CURRENT, "voltage", NOW, NOW + timedelta(hours=3))) == [1.0]
    pack(store, NOW + timedelta(days=2))
    assert store.check() == []
    assert volts(store.history("A", Source.CURRENT, "voltage", NOW, NOW + timedelta(hours=3))) == [1.0]


WRITER = """
import sys
from datetime import datetime, timedelta, UTC
from pathlib import Path
from alertd.model import Sample, Source
from alertd.store.store import Store
start = datetime(2026, 11, 20, tzinfo=UTC)
with Store.open("sqlite:///alertd.db", base=Path(sys.argv[1]), work=True) as store:
    while store.pack_history(start):
        pass
    minute = int(sys.argv[2])
    while True:
        at = start + timedelta(minutes=minute)
        values = {"ping": float(minute)}
        samples = [Sample(instrument=each, source=Source.STATS, at=at, values=values) for each in "ABC"]
        store.record_round(samples=samples, history=samples, cursors={}, alerts=[], transitions=[], now=at)
        print(minute, flush=True)
        minute += 1
        if minute % 20 == 0:
            for _ in range(4):
                store.pack_history(at + timedelta(hours=2))
"""


def lines(pipe: object) -> Iterator[int]:
    """What the writer has said."""
    for line in pipe:  # type: ignore[attr-defined]
        if line.endswith("\n"):
            yield int(line)


def test_kill_9_leaves_it_whole(tmp_path: Path) -> None:
    """At any instruction of recording, packing and joining: every acknowledged record is there, once."""
    said = -1
    for kill in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(said + 1)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert writer.stdout is not None
        told = lines(writer.stdout)
        said = next(told)
        time.sleep(0.15 + 0.07 * kill)
        os.kill(writer.pid, signal.SIGKILL)
        said = max([said, *told])
        writer.wait(10)
        writer.stdout.close()
    start = datetime(2026, 11, 20, tzinfo=UTC)
    with Store.open("sqlite:///alertd.db", base=tmp_path, work=True) as store:
        assert store.check() == []
        for serial in "ABC":
            found = store.history(serial, Source.STATS, "ping", start, start + timedelta(days=30))
            pings = [int(value) for _, value in found if isinstance(value, float)]
            assert pings == list(range(len(pings)))
            assert len(pings) in (said + 1, said + 2)
        assert rows(store)[1] > 0
    with closing(sqlite3.connect(tmp_path / "alertd.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)

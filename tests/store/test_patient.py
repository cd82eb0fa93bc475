"""What only the patient store does: it waits. That it keeps a store's promises is what every other test here asks."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.matchers import parse_matcher
from alertd.model import Instrument, Source, State
from alertd.notify.silences import Silence
from alertd.store.patient import PatientStore
from tests.store.making import NOW, alert, minutes, record, sample

FAR = timedelta(days=400)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PatientStore]:
    """An empty one in tmp_path/alertd.db."""
    with PatientStore.open("sqlite:///alertd.db", base=tmp_path, work=True) as opened:
        yield opened


def rows(folder: Path, table: str) -> int:
    """How many another process sees."""
    with closing(sqlite3.connect(folder / "alertd.db")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_quiet_round_waits_until_somebody_asks(store: PatientStore, tmp_path: Path) -> None:
    """Rounds without news are one row of the history, written when it is read."""
    assert store.cursors(Source.STATS) == {}
    for minute in range(5):
        seen = [sample("A", minutes(minute), voltage=float(minute))]
        reached = {(Source.STATS, "A"): minutes(minute)}
        store.record_round(samples=seen, history=seen, cursors=reached, alerts=[], transitions=[], now=minutes(minute))
        assert store.cursors(Source.STATS) == {"A": minutes(minute)}
    assert rows(tmp_path, "recent") == rows(tmp_path, "newest") == 0
    volts = store.history("A", Source.CURRENT, "voltage", NOW - FAR, NOW + FAR)
    assert [value for _, value in volts] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert rows(tmp_path, "recent") == rows(tmp_path, "newest") == 1


def test_news_is_written_at_once(store: PatientStore, tmp_path: Path) -> None:
    """A new alert, and one that ends; not one that was merely seen once more."""
    firing = alert("a")
    record(store, firing)
    assert rows(tmp_path, "alerts") == 1
    lower = replace(firing, explanation="voltage 11.01 V < 11.3 V")
    record(store, lower)
    assert store.active_alerts() == [lower]
    with closing(sqlite3.connect(tmp_path / "alertd.db")) as connection:
        assert connection.execute("SELECT explanation FROM alerts").fetchone()[0] == firing.explanation
    assert store.alert(firing.id) == lower
    over = alert("a", State.RESOLVED)
    record(store, over)
    assert store.active_alerts() == []
    assert rows(tmp_path, "alerts") == 1


def test_what_is_known_is_up_to_date(store: PatientStore) -> None:
    """Also of alerts that are only seen once more, before and after they are written."""
    firing = alert("a")
    record(store, firing)
    assert store.known(NOW).alerts == [firing]
    for text in ("lower", "lower still"):
        firing = replace(firing, explanation=text)
        record(store, firing)
        assert store.known(minutes(1)).alerts == [firing]
        store.write_now()
        assert store.known(minutes(2)).alerts == [firing]


def test_a_silence_is_known_until_it_is_over(store: PatientStore) -> None:
    """Its end is an end for what is known without a look."""
    silence = Silence(
        id="s",
        matchers=(parse_matcher('instrument="A"'),),
        starts_at=NOW,
        ends_at=minutes(10),
        reason="visit",
        created_at=NOW,
    )
    assert store.known(NOW).silences == []
    store.standing.add_silence(silence)
    assert [len(store.known(minutes(after)).silences) for after in (1, 9, 10, 11)] == [1, 1, 0, 0]


def test_the_same_fleet_is_not_written_again(store: PatientStore) -> None:
    """But one that misses somebody counts each time."""
    fleet = [Instrument(serial="A"), Instrument(serial="B")]
    assert [store.record_fleet(fleet, NOW) for _ in range(3)] == [[], [], []]
    assert [store.record_fleet(fleet[:1], NOW) for _ in range(3)] == [[], [], ["B"]]
    assert [each.serial for each in store.instruments()] == ["A"]

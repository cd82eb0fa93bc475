"""Forgetting, remembering, checking and copying."""

import os
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alertd.alerts.flapping import Episode
from alertd.errors import StoreError
from alertd.model import DeliveryState, Instrument, Severity, Source, State, Timing, Transition, TransitionKind
from alertd.notify.silences import Silence
from alertd.notify.standing import Ack, EscalationClock, Explained, Held, HoldKind
from alertd.store.store import Store
from tests.store.making import LEASE, NOW, alert, decide, delivery, finish, minutes, record, sample, told

HOUR = timedelta(hours=1)
RETENTION = timedelta(days=90)
LATER = NOW + RETENTION + timedelta(days=1)


def transition(name: str) -> Transition:
    return Transition(
        alert_id=f"alert-{name}", kind=TransitionKind.FIRED, at=NOW, severity=Severity.INFO, reason="for 0s"
    )


@pytest.mark.parametrize("value", [None, 0, "x", [1, {"a": None}], {"stats": "single", "t": 1.5}])
def test_what_is_remembered_is_recalled(store: Store, value: object) -> None:
    """Any JSON value; the last one counts; an unknown name is None."""
    store.remember("key", "before")
    store.remember("key", value)
    assert store.recall("key") == value
    assert store.recall("other") is None


def test_old_history_is_forgotten(store: Store) -> None:
    """Ended alerts with all that belongs to them, finished messages, instruments long gone; in chunks of any size."""
    old = [alert(str(number), State.RESOLVED) for number in range(5)]
    record(store, *old, transitions=[transition(str(number)) for number in range(5)])
    decide(store, delivery("0"), settled=[told(str(number), firing_at=NOW) for number in range(5)])
    finish(store, store.claim("mail", NOW, LEASE))
    record(store, samples=[sample("A"), sample("B")], cursors={(Source.SIC, each): NOW for each in "AB"})
    store.record_fleet([Instrument(serial="A"), Instrument(serial="B")], NOW)
    for _ in range(3):
        store.record_fleet([Instrument(serial="A")], NOW)
    assert store.prune(LATER - RETENTION, chunk=2) == 5 + 1 + 1
    assert store.alerts() == []
    assert store.transitions("alert-0") == []
    assert store.told([each.id for each in old]) == []
    assert store.deliveries() == []
    assert [each.instrument for each in store.newest()] == ["A"]
    assert store.cursors(Source.SIC) == {"A": NOW}
    assert store.prune(LATER - RETENTION) == 0


def test_what_lives_is_never_forgotten(store: Store) -> None:
    """However old: pending and firing alerts, messages that wait and what they speak of, a present instrument."""
    living = [alert("a", State.PENDING), alert("b")]
    owed = alert("c", State.RESOLVED)
    record(store, *living, owed, samples=[sample("A")], transitions=[transition(each) for each in "abc"])
    store.record_fleet([Instrument(serial="A")], NOW)
    waiting = decide(store, delivery("-c"), delivery("b", group="h"), settled=[told("b", firing_at=NOW)])
    store.claim("mail", NOW, LEASE)
    assert store.prune(LATER) == 0
    assert {each.id for each in store.alerts()} == {"alert-a", "alert-b", "alert-c"}
    assert [each.id for each in store.pending_deliveries()] == [each.id for each in waiting]
    assert store.told(["alert-b"]) != []
    assert len(store.transitions("alert-c")) == 1
    assert [each.serial for each in store.instruments()] == ["A"]


def test_retention_counts_from_when_it_was_recorded(store: Store) -> None:
    """A record of last year that is read today is today's news."""
    long_ago = NOW - timedelta(days=300)
    late = alert("a", State.RESOLVED, active_at=long_ago, fired_at=long_ago, resolved_at=long_ago, recorded_at=long_ago)
    record(store, late, now=NOW)
    assert store.prune(NOW - RETENTION) == 0
    assert store.prune(minutes(1)) == 1


def test_what_stood_between_old_alerts_and_targets_is_forgotten(store: Store) -> None:
    """Acknowledgements, holds, clocks and explanations go with their alert; those of one that lives stay."""
    record(store, alert("old", State.RESOLVED), alert("new"))
    names = ("old", "new")
    for name in names:
        store.standing.add_ack(
            Ack(alert_id=f"alert-{name}", rule="R", subject=name, by="ann", at=NOW, severity=Severity.INFO)
        )
    decide(
        store,
        held=[
            Held(alert_id=f"alert-{each}", target="mail", kind=HoldKind.CAUSE, name="x", since=NOW) for each in names
        ],
        clocks=[EscalationClock(alert_id=f"alert-{each}", receiver="team", decided_at=NOW) for each in names],
        explained=[Explained(alert_id=f"alert-{each}", cause_id="cause") for each in names],
    )
    assert store.prune(LATER - RETENTION) == 1
    known = store.known(LATER)
    left = [
        *store.standing.acks([f"alert-{each}" for each in names]),
        *known.held.values(),
        *known.clocks.values(),
        *store.standing.explained_by(["cause"]),
    ]
    assert [each.alert_id for each in left] == ["alert-new"] * 4


@pytest.mark.parametrize(
    ("story", "given", "kept"),
    [
        ("over", {"ends_at": minutes(60)}, False),
        ("ended by hand", {"expired_at": minutes(60)}, False),
        ("open", {"until_resolved": True}, True),
        ("without an end", {"rrule": "FREQ=DAILY", "length": HOUR}, True),
        ("its rule counts to the end", {"rrule": "FREQ=DAILY;COUNT=3", "length": HOUR}, False),
        ("its rule has a last day", {"rrule": "FREQ=DAILY;UNTIL=20261201", "length": HOUR}, False),
        ("its last time goes on", {"rrule": "FREQ=DAILY;COUNT=3", "length": timedelta(days=90)}, True),
        ("its rule counts on", {"rrule": "FREQ=DAILY;COUNT=9999", "length": HOUR}, True),
        ("it was over in the last days", {"rrule": "FREQ=DAILY;UNTIL=20270222", "length": HOUR}, True),
    ],
)
def test_silences_long_over_are_forgotten(store: Store, story: str, given: dict[str, Any], kept: bool) -> None:
    """Each whose end is known and so long ago, a series too whose end stands in its rule alone."""
    usual: dict[str, Any] = {"id": "s", "matchers": (), "starts_at": NOW, "ends_at": None, "created_at": NOW}
    store.standing.add_silence(Silence(**{**usual, **given}))
    store.prune(NOW)
    assert store.standing.silence("s") is not None
    store.prune(NOW + RETENTION)
    assert (store.standing.silence("s") is not None) is kept, story


def test_flapping_long_over_is_forgotten(store: Store) -> None:
    """What goes on stays, however old."""
    usual = Episode(id="a", rule="R", subject="A", alert_id="x", severity=Severity.INFO, count=4, began_at=NOW)
    episodes = [replace(usual, ended_at=minutes(9)), replace(usual, id="b", subject="B")]
    store.record_round(samples=(), cursors={}, alerts=(), transitions=(), episodes=episodes, now=NOW)
    store.prune(LATER)
    assert [each.id for each in store.standing.episodes()] == ["b"]


def test_timings_of_groups_long_silent_are_forgotten(store: Store) -> None:
    """The others stay."""
    old = Timing(group_key="g", target="mail", last_message_at=NOW)
    new = replace(old, target="slack", last_message_at=LATER)
    decide(store, delivery("a"), delivery("a", target="slack"), timings=[old, new])
    store.prune(LATER)
    assert store.timings() == [new]


def test_an_id_is_never_given_twice(store: Store) -> None:
    """Not even when every message was forgotten."""
    (first,) = decide(store, delivery("a"))
    finish(store, store.claim("mail", NOW, LEASE), DeliveryState.DEAD)
    store.prune(LATER)
    (second,) = decide(store, delivery("a"))
    assert second.id > first.id


def test_a_sound_store_has_nothing_wrong(store: Store) -> None:
    """On either database."""
    record(store, alert())
    assert store.check() == []


def test_a_backup_is_whole_while_alertd_works(sqlite_store: Store, tmp_path: Path) -> None:
    """It holds what was acknowledged, the part in the -wal file too, and opens as a store."""
    record(sqlite_store, alert("a"))
    folder = tmp_path / "backups"
    folder.mkdir()
    sqlite_store.backup(folder / "copy.db")
    record(sqlite_store, alert("b"))
    assert [each.name for each in folder.iterdir()] == ["copy.db"]
    with Store.open("sqlite:///copy.db", base=folder, work=False) as copy:
        assert copy.active_alerts() == [alert("a")]
        assert copy.check() == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("there.db", "is there already"), ("none/copy.db", "cannot be written: No such file or directory")],
)
def test_a_backup_that_cannot_be_says_why(sqlite_store: Store, tmp_path: Path, name: str, words: str) -> None:
    """Nothing is overwritten, and nothing half done is left."""
    (tmp_path / "there.db").write_text("precious")
    with pytest.raises(StoreError, match=words):
        sqlite_store.backup(tmp_path / name)
    assert (tmp_path / "there.db").read_text() == "precious"
    assert not list(tmp_path.glob("*.unfinished"))


def test_postgres_is_backed_up_with_its_own_tool(postgres_server: str, tmp_path: Path) -> None:
    """The error names it."""
    from tests.support.databases import own_schema

    with (
        Store.open(own_schema(postgres_server), base=tmp_path, work=True) as store,
        pytest.raises(StoreError, match="pg_dump"),
    ):
        store.backup(tmp_path / "copy.db")


def test_a_damaged_index_is_found(tmp_path: Path) -> None:
    """A page of an index that lost its order: one line says so."""
    file = tmp_path / "alertd.db"
    with Store.open("sqlite:///alertd.db", base=tmp_path, work=True) as store:
        record(store, *(alert(str(number)) for number in range(50)))
    with sqlite3.connect(file) as raw:
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'alerts_open'").fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    with file.open("r+b") as pages:
        pages.seek((page - 1) * size)
        content = bytearray(pages.read(size))
        content[-4:] = b"zzzz"
        pages.seek((page - 1) * size)
        pages.write(content)
        os.fsync(pages.fileno())
    with Store.open("sqlite:///alertd.db", base=tmp_path, work=False) as store:
        wrong = store.check()
    assert wrong
    assert all("\n" not in line for line in wrong)

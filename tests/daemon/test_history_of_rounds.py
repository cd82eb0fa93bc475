"""What rounds leave in the samples' history: every record of every source, late ones too, each once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alertd.daemon.upkeep import keep_house, keep_house_if_due
from alertd.errors import StoreError
from alertd.model import Source, Value
from alertd.store import schema
from tests.support.world import LOW_VOLTAGE, START, World

SIC_FAILED = {"alert": "SicFailed", "when": 'sic.status != "Success"'}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One monitor, polled each minute."""
    made = World(tmp_path, LOW_VOLTAGE, SIC_FAILED, poll={"sic": "1m"})
    yield made
    made.close()


def read(world: World, source: Source, field: str) -> list[tuple[datetime, Value]]:
    """The whole history of one field."""
    return world.store.history("QT1", source, field, START - timedelta(days=400), START + timedelta(days=400))


def minute(number: float) -> datetime:
    """So long after the start."""
    return START + timedelta(minutes=number)


def test_each_poll_is_on_record(world: World) -> None:
    """Values that stay the same too, so that a gap is a gap; a null is missing, and what is said of an offline one."""
    world.client.current["QT1"]["temp"] = None
    world.at("2m").voltage("QT1", 12.1).at("4m").online("QT1", False)
    world.at("6m").fails("current").at("8m").heals("current")
    world.run(until="9m")
    volts = read(world, Source.CURRENT, "voltage")
    assert volts == [(minute(each), 12.6 if each < 2 else 12.1) for each in range(4)]
    assert read(world, Source.CURRENT, "temp") == []
    assert read(world, Source.STATUS, "online") == [(minute(each), each < 4) for each in range(10)]


def test_every_record_of_a_range_is_on_record(world: World) -> None:
    """Several in one answer, also on the first poll, where only the newest is judged."""
    for back in (300, 200, 100):
        world.client.record(Source.SIC, "QT1", minute(-back), {"status": "Error", "hz500": float(back)})
    world.at("3m").does(lambda: None)
    for number in (2.1, 2.2, 2.3):
        world.client.record(Source.SIC, "QT1", minute(number), {"status": "Success", "hz500": number})
    world.tick()
    assert [value for _, value in read(world, Source.SIC, "hz500")] == [300.0, 200.0, 100.0]
    world.tick(9)
    assert [value for _, value in read(world, Source.SIC, "hz500")] == [300.0, 200.0, 100.0, 2.1, 2.2, 2.3]


def test_a_late_record_is_on_record_once(world: World) -> None:
    """One that arrives behind newer ones is not judged any more, and is read like any other."""
    world.client.record(Source.SIC, "QT1", minute(0.5), {"status": "Success", "hz500": 1.0})
    world.client.record(Source.SIC, "QT1", minute(1.5), {"status": "Success", "hz500": 3.0})
    world.tick(2)
    world.client.record(Source.SIC, "QT1", minute(1), {"status": "Error", "hz500": 2.0})
    for _ in range(3):
        world.tick(5)
        assert [value for _, value in read(world, Source.SIC, "hz500")] == [1.0, 2.0, 3.0]
    world.start_again()
    world.tick(5)
    assert [value for _, value in read(world, Source.SIC, "hz500")] == [1.0, 2.0, 3.0]
    assert world.states() == {}


def blocks(world: World) -> int:
    """How many rounds' blocks there are."""
    with world.store._database.reading() as connection:
        return len(connection.execute(schema.RECENT.select()).all())


def test_what_is_heard_again_is_not_written_again(world: World) -> None:
    """Each answer repeats the records of the last minutes: they cost the store nothing."""
    world.client.record(Source.SIC, "QT1", minute(0.5), {"status": "Success", "hz500": 1.0})
    world.tick()
    world.tick(5)
    with world.store._database.reading() as connection:
        of_sic = schema.RECENT.select().where(schema.RECENT.c.source == Source.SIC)
        assert len(connection.execute(of_sic).all()) == 1


def test_what_could_not_be_written_is_heard_again(world: World) -> None:
    """A round that the store refuses leaves the daemon as it was: the failure in it is judged and told afterwards."""
    world.client.record(Source.SIC, "QT1", minute(0.5), {"status": "Success", "hz500": 1.0})
    world.tick()
    with closing(sqlite3.connect(world.folder / "alertd.db")) as raw:
        raw.execute("CREATE TRIGGER full BEFORE INSERT ON recent BEGIN SELECT RAISE(ABORT, 'full'); END")
        world.client.record(Source.SIC, "QT1", minute(1.1), {"status": "Error", "hz500": 2.0})
        world.client.record(Source.SIC, "QT1", minute(1.2), {"status": "Success", "hz500": 3.0})
        world.now += timedelta(minutes=5)
        for _ in range(2):
            with pytest.raises(StoreError, match="full"):
                world.parts.poller.poll(Source.SIC)
        raw.execute("DROP TRIGGER full")
    world.parts.poller.poll(Source.SIC)
    assert [value for _, value in read(world, Source.SIC, "hz500")] == [1.0, 2.0, 3.0]
    assert [alert.rule for alert in world.store.alerts() if alert.fired_at] == ["SicFailed"]


def test_housekeeping_packs_and_forgets(world: World) -> None:
    """What is older than retention goes, what is recent is packed, an unfinished round of it ends early."""
    settings = world.parts.setup.settings
    world.run(until="5m")
    keep_house(world.store, settings, minute(120), go_on=lambda: False)
    assert blocks(world) > 0
    keep_house(world.store, settings, minute(120))
    assert blocks(world) == 0
    assert len(read(world, Source.CURRENT, "voltage")) == 6
    keep_house(world.store, settings, minute(120) + settings.storage.retention + timedelta(days=1))
    assert read(world, Source.CURRENT, "voltage") == []


def test_single_cycles_keep_house_once_an_hour(world: World) -> None:
    """`alertd poll` from cron, each minute: the first does it, and then one an hour, also after a clock went back."""
    settings = world.parts.setup.settings
    packed: list[bool] = []
    for now in (minute(0), minute(59), minute(61), minute(62), minute(-600)):
        before = world.store.recall("upkeep.last")
        keep_house_if_due(world.store, settings, now)
        packed.append(world.store.recall("upkeep.last") != before)
    assert packed == [True, False, True, False, True]

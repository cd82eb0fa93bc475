"""What a round costs the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from alertd.model import Source
from alertd.store.store import Store
from tests.support.world import World


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Every SQL statement meanwhile."""
    heard: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(" ".join(statement.split()))

    engine = store._database._engine
    event.listen(engine, "before_cursor_execute", note)
    yield heard
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("source", [Source.STATUS, Source.CURRENT])
def test_a_round_reads_the_alerts_once(tmp_path: Path, source: Source) -> None:
    """There may be thousands of them: monitors' alerts, sites and the API are judged by the same reading."""
    world = World(tmp_path)
    try:
        world.tick(2)
        with statements(world.store) as heard:
            world.parts.poller.poll(source)
    finally:
        world.close()
    assert len([each for each in heard if each.startswith("SELECT") and "FROM alerts" in each]) == 1

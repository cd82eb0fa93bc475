"""What the acceptance tests share: a world on a virtual clock, a site of real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Site
from tests.support.world import LOW_VOLTAGE, NewWorld, World


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Three healthy monitors, one rule, one target; nothing runs yet."""
    with Site(tmp_path) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[NewWorld]:
    """Makes a world; closes it at the end."""
    worlds: list[World] = []

    def make(*rules: dict[str, object], **config: object) -> World:
        worlds.append(World(tmp_path, *(rules or (LOW_VOLTAGE,)), **config))  # type: ignore[arg-type]
        return worlds[-1]

    yield make
    for each in worlds:
        each.close()

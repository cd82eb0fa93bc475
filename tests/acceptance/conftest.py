"""What the acceptance tests share: a world on a virtual clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import LOW_VOLTAGE, NewWorld, World


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

"""Opening config and store for commands that only look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alertd.config.load import Config, load_config
from alertd.daemon.stores import open_store
from alertd.store.store import Store


@contextmanager
def open_to_look(path: Path) -> Iterator[tuple[Config, Store]]:
    """The config (its secrets are not read) and the store, shared with whoever works on it."""
    config = load_config(path)
    store = open_store(config, work=False)
    try:
        yield config, store
    finally:
        store.close()

"""Opening config and store for commands that only look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alertd.cli.output import complain
from alertd.config.load import Config, load_config
from alertd.daemon.stores import open_store, owed_elsewhere
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


def complain_of_owed(store: Store, targets: frozenset[str]) -> None:
    """One line for each target that is not in the config and is owed endings."""
    for target, count in owed_elsewhere(store, targets).items():
        owed = "1 ending is owed to target" if count == 1 else f"{count} endings are owed to target"
        complain(f"warning: {owed} {target}, which is not in the config")

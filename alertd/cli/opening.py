"""Opening config and store for commands that only look."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alertd.cli.output import complain
from alertd.config.files import expand_patterns
from alertd.config.load import Config, load_config
from alertd.config.names import taken_names
from alertd.daemon.stores import open_store, owed_elsewhere
from alertd.errors import ConfigError, StoreError
from alertd.notify.render_words import count
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule
from alertd.store.place import is_there, locate
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


@contextmanager
def open_to_change(path: Path) -> Iterator[tuple[Config, Store]]:
    """The same for what may be said before the first poll: where there is no database file yet, one is made."""
    config = load_config(path)
    file = locate(config.storage_url(os.environ), config.base).file
    if file is not None and not is_there(file):
        open_store(config, work=True).close()
    with open_store(config, work=False) as store:
        yield config, store


@contextmanager
def open_if_there(config: Config) -> Iterator[Store | None]:
    """The store; None before there is one, and where it cannot be used, which one line of warning says."""
    file = locate(config.storage_url(os.environ), config.base).file
    if file is not None and not is_there(file):
        yield None
        return
    try:
        store = open_store(config, work=False)
    except StoreError as error:
        complain(f"warning: silences, alerts and newest values are not known: {error}")
        yield None
        return
    with store:
        yield store


def rules_to_look(config: Config) -> list[Rule]:
    """The rules; where a file has mistakes, those of the others, and one line of warning."""
    paths, _ = expand_patterns(config.settings.rules, config.base)
    try:
        return load_rules(paths, taken_names(config.document))
    except ConfigError as error:
        files = ", ".join(dict.fromkeys(mistake.file.name for mistake in error.mistakes))
        complain(f"warning: left out for its mistakes, which alertd check names: {files}")
    found: list[Rule] = []
    for path in paths:
        with suppress(ConfigError):
            found += load_rules([path])
    return found


def complain_of_owed(store: Store, targets: frozenset[str]) -> None:
    """One line for each target that is not in the config and is owed endings."""
    for target, owed in owed_elsewhere(store, targets).items():
        complain(
            f"warning: {count(owed, 'ending is', 'endings are')} owed to target {target}, which is not in the config"
        )

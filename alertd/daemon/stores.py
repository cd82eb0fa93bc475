"""Opening the store for those who work on it, and what is owed to targets that are gone."""

import os
from collections import Counter
from collections.abc import Mapping

from alertd.clock import wall
from alertd.config.load import Config
from alertd.errors import StoreError
from alertd.logs import redact
from alertd.notify.decide import knows
from alertd.store.store import Store


def open_store(config: Config, *, work: bool, environment: Mapping[str, str] = os.environ) -> Store:
    """Open the store that the config names.

    Raises:
        ConfigError: its URL is a secret that is missing.
        StoreError: it cannot be used; with `work`, also where another process works on it.
    """
    url = config.storage_url(environment)
    if not url.startswith("sqlite"):  # a file's name is no secret, and a message that blots it out helps nobody
        redact.add(url)
    return Store.open(url, base=config.base, work=work)


def open_for_work(config: Config) -> Store:
    """Open the store as its one worker. Messages that a killed predecessor had in flight are queued again, marked.

    Raises:
        StoreError: it cannot be used, or another process works on it.
    """
    store = open_store(config, work=True)
    try:
        store.release_leases(wall(), all_=store.sole_owner)
    except StoreError:
        store.close()
        raise
    return store


def owed_elsewhere(store: Store, targets: frozenset[str]) -> Counter[str]:
    """How many endings are owed to each target that the config does not have."""
    alerts = store.open_alerts()
    told = store.told([alert.id for alert in alerts])
    return Counter(each.target for each in told if each.target not in targets and knows(each) and not each.settled)

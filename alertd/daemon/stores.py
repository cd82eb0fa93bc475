"""Opening the store for those who work on it, and what is owed to targets that are gone."""

from collections import Counter

from alertd.clock import wall
from alertd.daemon.setup import Setup
from alertd.notify.decide import knows
from alertd.store.store import Store


def open_for_work(setup: Setup) -> Store:
    """Open the store as its one worker. Messages that a killed predecessor had in flight are queued again, marked.

    Raises:
        StoreError: it cannot be used, or another process works on it.
    """
    store = Store.open(setup.settings.storage.url, base=setup.config.base, work=True)
    store.release_leases(wall(), all_=store.sole_owner)
    return store


def owed_elsewhere(store: Store, targets: frozenset[str]) -> Counter[str]:
    """How many endings are owed to each target that the config does not have."""
    alerts = store.open_alerts()
    told = store.told([alert.id for alert in alerts])
    return Counter(each.target for each in told if each.target not in targets and knows(each) and not each.settled)

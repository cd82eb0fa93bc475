"""What is done for the store once an hour: forget what is old, pack the samples' history, free what a lease held."""

from collections.abc import Callable
from datetime import datetime, timedelta

from alertd.config.settings import Settings
from alertd.logs import logger
from alertd.store.store import Store

log = logger(__name__)

EVERY = timedelta(hours=1)
LAST = "upkeep.last"


def keep_house(store: Store, settings: Settings, now: datetime, go_on: Callable[[], bool] = lambda: True) -> None:
    """All of it, in short transactions beside the other work; ends early when `go_on` says no.

    Raises:
        StoreError: the store failed; what was done is done.
    """
    pruned = store.prune(now - settings.storage.retention)
    pruned += store.hooks.prune(now)
    store.release_leases(now, all_=False)
    steps = 0
    while go_on() and store.pack_history(now):
        steps += 1
    store.remember(LAST, now.isoformat())
    log.debug("housekeeping.done", pruned=pruned, packed=steps)


def keep_house_if_due(store: Store, settings: Settings, now: datetime) -> None:
    """The same for single cycles, which may come each minute: unless it was done within the hour."""
    last = store.recall(LAST)
    if not isinstance(last, str) or abs(now - datetime.fromisoformat(last)) >= EVERY:
        keep_house(store, settings, now)

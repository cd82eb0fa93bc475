"""MyCirrus's webhooks in a running daemon: whose secret signs, what is stored and read again, what is registered."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from alertd.clock import Clock, Monotonic
from alertd.config.settings import Settings, Webhooks
from alertd.daemon.inbox import Inbox
from alertd.daemon.poller import Poller
from alertd.daemon.registrations import Registrations, apply, wanted
from alertd.daemon.rereader import Rereader
from alertd.daemon.tally import Counts
from alertd.errors import ApiError
from alertd.logs import logger
from alertd.mycirrus.client import Client
from alertd.mycirrus.webhooks import Notice, Registration, changes
from alertd.store.store import Store

log = logger(__name__)

LOOK_APART = 60.0
"""Seconds between two looks at what is registered that unknown ids may bring about."""


class WebhookDesk:
    """Takes what MyCirrus sends; its methods may be called from any thread. See alertd/web/house.py."""

    def __init__(  # noqa: PLR0913 - the composition root names each
        self,
        *,
        terms: Webhooks,
        settings: Settings,
        client: Client,
        store: Store,
        poller: Poller,
        registrations: Registrations,
        clock: Clock,
        monotonic: Monotonic,
        tally: Counts,
    ) -> None:
        self._terms = terms
        self._client = client
        self._poller = poller
        self._registrations = registrations
        self._monotonic = monotonic
        self._tally = tally
        self._rereader = Rereader(store.hooks, poller, settings.poll.every, clock)
        self._inbox = Inbox(store.hooks, clock, self._rereader.wake)
        self._lock = threading.Lock()
        self._look: Future[list[Registration]] | None = None
        self._looked_at: float | None = None
        self._stopping = False
        self._trouble = ""
        self._missing = 0

    def start(self) -> None:
        """Begin to take and to read."""
        self._inbox.start()
        self._rereader.start()

    def stop(self) -> None:
        """End soon; does not wait."""
        self._stopping = True
        self._rereader.stop()
        self._inbox.stop()

    @property
    def joins(self) -> list[Callable[[float], object]]:
        """What waits for its ends."""
        return [self._inbox.join, self._rereader.join]

    # -- for the web ---------------------------------------------------------------------------------------------------

    def registration(self, webhook_id: str) -> Registration | None:
        """The registration of an id, with its secret; None where it is not known."""
        return self._registrations.of(webhook_id)

    def look_again(self) -> "Future[list[Registration]] | None":
        """Ask MyCirrus what is registered, or join whoever asks; None where it was asked within the last minute."""
        with self._lock:
            if self._look is not None and not self._look.done():
                return self._look
            if self._looked_at is not None and self._monotonic() - self._looked_at < LOOK_APART:
                return None
        return self._ask()

    def watches(self, serial: str) -> bool:
        """Whether this instrument is one of those that are watched."""
        return serial in self._poller.watchlist.watches

    def take(self, notice: Notice) -> "Future[bool]":
        """Store it and read what it hints at; whether it is new, as soon as it is on disk."""
        return self._inbox.offer(notice)

    def count(self, kind: str, outcome: str) -> None:
        """One more that came."""
        self._tally.count("webhooks", kind, outcome)

    # -- for the schedule ----------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Learn what is registered; with `sync: auto` make it match the fleet, else say once what is missing.

        Again at once where the fleet changed meanwhile: a job that is at work is not started a second time.
        """
        while not self._stopping:
            watched = set(self._poller.watchlist.watches)
            self._keep_once()
            if set(self._poller.watchlist.watches) == watched:
                return

    def _keep_once(self) -> None:
        try:
            listed = self._ask().result()
        except ApiError as error:
            self._note_trouble(str(error))
            return
        fleet = [watch.instrument for watch in self._poller.watchlist.watches.values()]
        if not fleet or self._stopping:
            return
        found = changes(listed, wanted(self._terms.types, fleet), self._terms.public_url)
        if self._terms.sync == "manual":
            self._note_trouble("")
            self._note_missing(len(found.add))
            return
        done = apply(
            self._client,
            found,
            self._terms.public_url,
            added=self._registrations.add,
            removed=self._registrations.drop,
            go_on=lambda: not self._stopping,
        )
        if done.added or done.removed:
            log.info("webhooks.synced", added=len(done.added), removed=len(done.removed))
        if not self._stopping:
            self._note_trouble(done.failed[0] if done.failed else "")

    def _ask(self) -> "Future[list[Registration]]":
        """Ask in a thread of its own, so that nobody has to wait for it."""
        with self._lock:
            if self._look is not None and not self._look.done():
                return self._look
            self._looked_at = self._monotonic()
            self._look = look = Future[list[Registration]]()
        threading.Thread(target=self._list, args=(look,), name="webhooks-listing", daemon=True).start()
        return look

    def _list(self, look: "Future[list[Registration]]") -> None:
        try:
            listed = self._client.registrations()
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            look.set_exception(error)
            return
        self._registrations.hold(listed, self._terms.public_url)
        look.set_result(listed)

    def _note_trouble(self, why: str) -> None:
        """Log the edge, not the level."""
        if why and not self._trouble:
            log.warning("webhooks.sync_failed", error=why)
        elif self._trouble and not why:
            log.info("webhooks.sync_recovered")
        self._trouble = why

    def _note_missing(self, missing: int) -> None:
        if missing and missing != self._missing:
            log.warning("webhooks.missing", missing=missing, remedy="alertd webhooks sync")
        self._missing = missing

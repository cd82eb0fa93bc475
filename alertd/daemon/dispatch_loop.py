"""The thread that decides, as long as the daemon runs."""

from collections.abc import Callable
from datetime import datetime, timedelta

from alertd.daemon.compose import Parts
from alertd.daemon.worker import Worker
from alertd.errors import StoreError
from alertd.logs import logger

log = logger(__name__)

TICK = 1.0
"""Seconds between looks at the clock, the watchdog and what is due."""
LOOK_APART = timedelta(seconds=0.9 * TICK)
"""Between looks for what other processes changed: a little under a tick, so that each tick has one."""


class DispatchLoop(Worker):
    """Dispatches when something changed, when something is due, and once a minute anyway.

    What other processes change, silences and acknowledgements, it looks for once a second.
    """

    def __init__(self, parts: Parts, enqueued: Callable[[], None]) -> None:
        super().__init__("dispatch")
        self._parts = parts
        self._enqueued = enqueued
        self._failed = False
        self._stamp: tuple[object, ...] | None = None
        self._stamped_at = parts.clock()
        self.good_at: datetime | None = None

    def run(self) -> None:
        """The loop."""
        look_at = self._parts.clock()
        while not self._stopping.is_set():
            now = self._parts.clock()
            acted = self._somebody_acted(now)
            if acted or self._wake.is_set() or now >= look_at or look_at - now > timedelta(minutes=2):
                self._wake.clear()
                look_at = self._dispatch(now)
            self._wake.wait(TICK if look_at - now > timedelta(seconds=TICK) else 0.1)

    def _somebody_acted(self, now: datetime) -> bool:
        """Whether a silence or an acknowledgement came or went since the last look, a second ago or more."""
        if abs(now - self._stamped_at) < LOOK_APART:
            return False
        self._stamped_at = now
        try:
            stamp = self._parts.store.standing.stamp()
        except StoreError:
            return False  # the next dispatch says so
        before, self._stamp = self._stamp, stamp
        return stamp != before

    def _dispatch(self, now: datetime) -> datetime:
        try:
            enqueued, look_at = self._parts.dispatcher.dispatch(now)
        except StoreError as error:
            if not self._failed:
                log.error("store.failed", during="dispatch", error=str(error))
            self._failed = True
            return now + timedelta(seconds=TICK)
        except Exception:
            log.exception("dispatch.failed")
            return now + timedelta(seconds=TICK)
        self._failed = False
        self.good_at = now
        if enqueued:
            self._enqueued()
        return look_at

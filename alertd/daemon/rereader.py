"""Reads at once what webhooks hint at, outside the polls' turns; a hint is done when all of it was read."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from alertd.clock import Clock
from alertd.daemon.poller import Poller
from alertd.daemon.worker import Worker
from alertd.errors import ApiError, NotAllowed, StoreError
from alertd.logs import logger
from alertd.model import RANGE_SOURCES, Source
from alertd.mycirrus.webhooks import SOURCES
from alertd.store.hooks import Hint, Hooks

log = logger(__name__)

GATHER = 0.15
"""Seconds to wait for a hint's companions: a site that goes offline is ten of them."""
SINGLES_AT_ONCE = 20
"""Instruments of a source that is asked for one by one, until newer hints are looked at."""
FIRST_WAIT = 2.0
LONGEST_WAIT = 60.0
"""Seconds between attempts at what MyCirrus does not answer."""
GIVEN_UP_AFTER = timedelta(days=1)
"""The polls have read it many times by then."""


class Rereader(Worker):
    """Works off what is stored and not done, also what a process before this one left."""

    def __init__(self, hooks: Hooks, poller: Poller, polled: Collection[Source], clock: Clock) -> None:
        super().__init__("webhooks")
        self._hooks = hooks
        self._poller = poller
        self._polled = frozenset(polled)
        self._clock = clock
        self._read: dict[int, set[Source]] = {}
        """What was read of each hint that is not done."""
        self._store_failed = False

    def run(self) -> None:
        """The loop."""
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                is_well = self._work_off()
            except StoreError as error:
                if not self._store_failed:
                    log.error("store.failed", during="webhooks", error=str(error))
                self._store_failed, is_well = True, False
            except Exception:
                log.exception("webhooks.failed")
                is_well = False
            else:
                self._store_failed = False
            wait = FIRST_WAIT if is_well else min(LONGEST_WAIT, 2 * wait)
            self._wake.wait(LONGEST_WAIT if is_well else wait)
            self._stopping.wait(GATHER)

    def _work_off(self) -> bool:
        """Read until nothing is left, or nothing more is answered; whether it is the former."""
        failed: set[tuple[Source, str]] = set()
        while not self._stopping.is_set():
            hints = self._finish(self._hooks.open())
            following = self._next(hints, failed)
            if following is None:
                return not failed
            source, serials = following
            outcome = self._poller.reread(source, serials)
            if self._stopping.is_set():
                break
            unread = {serial for serial in serials if _is_to_be_read_again(outcome, serial)}
            failed |= {(source, serial) for serial in unread}
            for hint in hints:
                if hint.instrument in serials and hint.instrument not in unread:
                    self._read.setdefault(hint.id, set()).add(source)
        return True

    def _finish(self, hints: Sequence[Hint]) -> list[Hint]:
        """Mark what is done, and forget how far it was; what is left."""
        now = self._clock()
        done = {hint.id for hint in hints if not self._left(hint) or now - hint.received_at > GIVEN_UP_AFTER}
        self._hooks.done(done, now)
        for each in done:
            self._read.pop(each, None)
        return [hint for hint in hints if hint.id not in done]

    def _next(self, hints: Sequence[Hint], failed: Collection[tuple[Source, str]]) -> tuple[Source, set[str]] | None:
        """What to read next, and of whom: first what one request answers for many."""
        left: dict[Source, set[str]] = {}
        for hint in hints:
            for each in self._left(hint):
                if (each, hint.instrument) not in failed:
                    left.setdefault(each, set()).add(hint.instrument)
        source = min(left, key=lambda each: (each not in RANGE_SOURCES, each), default=None)
        if source is None:
            return None
        serials = left[source]
        return source, serials if source in RANGE_SOURCES else set(sorted(serials)[:SINGLES_AT_ONCE])

    def _left(self, hint: Hint) -> list[Source]:
        read = self._read.get(hint.id, ())
        return [each for each in SOURCES.get(hint.type, ()) if each in self._polled and each not in read]


def _is_to_be_read_again(outcome: Mapping[str, ApiError | None], serial: str) -> bool:
    """Whether there was no answer; a refusal is one, and whoever is not watched has none to give."""
    error = outcome.get(serial)
    return error is not None and not isinstance(error, NotAllowed)

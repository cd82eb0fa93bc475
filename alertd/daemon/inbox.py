"""Takes webhooks to the store, all that wait in one transaction: an answer may go out when they are on disk."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from alertd.clock import Clock
from alertd.errors import StoreError
from alertd.mycirrus.webhooks import Notice
from alertd.store.hooks import Hooks, Key

AT_ONCE = 500
WAITING_AT_MOST = 5_000
"""Whoever comes beyond them is told to come again."""

_Waiting = tuple[Notice, "Future[bool]"]


class InboxFullError(StoreError):
    """More come than can be stored."""


class Inbox(threading.Thread):
    """Stores what is offered, in the order it came."""

    def __init__(self, hooks: Hooks, clock: Clock, stored: Callable[[], None]) -> None:
        super().__init__(name="webhooks-inbox", daemon=True)
        self._hooks = hooks
        self._clock = clock
        self._stored = stored
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(WAITING_AT_MOST)

    def offer(self, notice: Notice) -> "Future[bool]":
        """Whether it was new, once it is on disk; or a StoreError."""
        future: Future[bool] = Future()
        try:
            self._waiting.put_nowait((notice, future))
        except queue.Full:
            future.set_exception(InboxFullError("too many webhooks wait"))
        return future

    def stop(self) -> None:
        """End when what was offered so far is stored; does not wait."""
        self._waiting.put(None)

    def run(self) -> None:
        """The loop."""
        while (first := self._waiting.get()) is not None:
            batch = [first]
            is_last = False
            while len(batch) < AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    is_last = True
                    break
                batch.append(following)
            self._store([each for each in batch if each[1].set_running_or_notify_cancel()])
            if is_last:
                return

    def _store(self, batch: Sequence[_Waiting]) -> None:
        try:
            new = self._hooks.take([_key(notice) for notice, _ in batch], self._clock())
        except Exception as error:  # noqa: BLE001 - whoever offered it says so
            for _, future in batch:
                future.set_exception(error)
            return
        for notice, future in batch:
            future.set_result(_key(notice) in new)
            new.discard(_key(notice))  # the second of the same in one batch is a repeat
        self._stored()


def _key(notice: Notice) -> Key:
    return notice.type, notice.instrument, notice.time

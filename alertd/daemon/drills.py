"""Drills as a web page starts them: see alertd/web/rooms.py."""

import threading
from collections.abc import Mapping
from typing import Protocol

from alertd.clock import Clock
from alertd.daemon.drill import Wish, drill
from alertd.daemon.setup import Setup
from alertd.errors import AlertdError
from alertd.logs import logger
from alertd.store.store import Store
from alertd.web.rooms import DrillSeen, TriedTarget

log = logger(__name__)

SOON = 2.0
"""Seconds that whoever starts a drill waits for its end."""


class Around(Protocol):
    """What the desks need of the daemon."""

    @property
    def store(self) -> Store:
        """What is on record."""

    @property
    def setup(self) -> Setup:
        """What is in force."""


class Drills:
    """One drill of a receiver at a time, each in a thread of its own."""

    def __init__(self, around: Around, clock: Clock) -> None:
        self._around = around
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, DrillSeen] = {}

    def start(self, receiver: str, by: str) -> bool:
        """See the protocol."""
        with self._lock:
            going = self._seen.get(receiver)
            if going is not None and going.tried is None:
                return False
            begun = self._seen[receiver] = DrillSeen(by=by, at=self._clock())
        thread = threading.Thread(target=self._run, args=(receiver, begun), name=f"drill-{receiver}", daemon=True)
        thread.start()
        thread.join(SOON)
        return True

    def latest(self) -> Mapping[str, DrillSeen]:
        """See the protocol."""
        with self._lock:
            return dict(self._seen)

    def _run(self, receiver: str, begun: DrillSeen) -> None:
        tried: tuple[TriedTarget, ...] = ()
        failure = ""
        try:
            done = drill(self._around.setup, self._around.store, Wish(receiver=receiver), begun.at)
            tried = tuple(
                TriedTarget(
                    target=each.target, delivered=each.delivered, error=each.error, muted_by=tuple(each.muted_by)
                )
                for each in done.tried
            )
        except AlertdError as error:
            failure = str(error)
        except Exception:
            log.exception("drill.failed", receiver=receiver)
            failure = "it failed; the log says why"
        with self._lock:
            self._seen[receiver] = DrillSeen(by=begun.by, at=begun.at, tried=tried, failure=failure)

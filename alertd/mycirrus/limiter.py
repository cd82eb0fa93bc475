"""One shared limit on the rate of requests."""

import threading
from collections import deque

from alertd.clock import Monotonic, monotonic

WINDOW_SECONDS = 60.0


class Limiter:
    """Lets at most `per_minute` requests pass in any 60 s; that many may go at once. Threads are served in order."""

    def __init__(self, per_minute: int, *, monotonic: Monotonic = monotonic) -> None:
        self._granted: deque[float] = deque(maxlen=max(1, per_minute))
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def used(self) -> int:
        """How many places of the last minute are taken, those that somebody waits for too."""
        with self._lock:
            since = self._monotonic() - WINDOW_SECONDS
            return sum(granted > since for granted in self._granted)

    def reserve(self) -> float:
        """Take the next free place; the seconds to wait before using it, 0 for none."""
        with self._lock:
            now = self._monotonic()
            start = now
            if len(self._granted) == self._granted.maxlen:
                start = max(now, self._granted[0] + WINDOW_SECONDS)
            self._granted.append(start)
            return start - now

    def free(self) -> int:
        """How many requests could go at once now."""
        with self._lock:
            since = self._monotonic() - WINDOW_SECONDS
            return (self._granted.maxlen or 0) - sum(at > since for at in self._granted)

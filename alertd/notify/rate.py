"""How fast messages may go to one target: a token bucket on the monotonic clock."""

import threading
from dataclasses import dataclass

from alertd.clock import Monotonic

BURST = 10
"""The most that a bucket holds; what is due at once beyond it is merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many messages in so many seconds."""

    messages: int
    seconds: float


DEFAULTS = {"slack": Rate(messages=60, seconds=60.0), "teams": Rate(messages=60, seconds=60.0)} | {
    "email": Rate(messages=30, seconds=60.0)
}
"""By kind of channel. Slack asks for one message a second for each webhook, Teams for fewer than four."""


class Bucket:
    """Holds the smaller of the rate's count and ten tokens, and is full at the start. Safe to use from many threads."""

    def __init__(self, rate: Rate, monotonic: Monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._holds = float(min(rate.messages, BURST))
        self._tokens = self._holds
        self._counted_at = monotonic()
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int:
        """How many messages may go now."""
        with self._lock:
            self._fill()
            return int(self._tokens)

    def take(self) -> bool:
        """Take a token; False where there is none."""
        with self._lock:
            self._fill()
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def give_back(self) -> None:
        """A token that was taken for nothing."""
        with self._lock:
            self._tokens = min(self._holds, self._tokens + 1)

    def _fill(self) -> None:
        now = self._monotonic()
        gained = max(0.0, now - self._counted_at) * self._rate.messages / self._rate.seconds
        self._tokens = min(self._holds, self._tokens + gained)
        self._counted_at = now


class Pace:
    """Every target's bucket; one without a rate has none."""

    def __init__(self, rates: dict[str, Rate], monotonic: Monotonic) -> None:
        self._buckets = {target: Bucket(rate, monotonic) for target, rate in rates.items()}

    def tokens(self) -> dict[str, int]:
        """What each target with a rate may get at once."""
        return {target: bucket.tokens for target, bucket in self._buckets.items()}

    def take(self, target: str) -> bool:
        """Whether a message may go to this target now; an attempt counts."""
        bucket = self._buckets.get(target)
        return bucket is None or bucket.take()

    def give_back(self, target: str) -> None:
        """There was nothing to send after all."""
        if target in self._buckets:
            self._buckets[target].give_back()

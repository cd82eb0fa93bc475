"""Slows those who try passwords: each account and each address waits longer after each failure."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from alertd.clock import Monotonic, monotonic

FORGET_AFTER = 15 * 60.0
"""Seconds without a failure, after which there were none."""
KNOWN_AT_MOST = 4096
"""Accounts, and addresses; beyond them the one that failed longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How one kind of failures is counted."""

    free: int
    """Failures that cost nothing: everybody mistypes."""
    longest: float
    """Seconds of the longest wait. An account's is short, or anybody could lock its owner out."""


ACCOUNT = Patience(free=3, longest=30.0)
ADDRESS = Patience(free=10, longest=15 * 60.0)


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: float


class _Counted:
    """The failures of one kind, by key."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until the next attempt is looked at; 0 for at once."""
        found = self._failures.get(key)
        if found is None or now - found.last_at > FORGET_AFTER or found.count < self._patience.free:
            return 0.0
        pause = min(2.0 ** (found.count - self._patience.free), self._patience.longest)
        return max(0.0, found.last_at + pause - now)

    def failed(self, key: str, now: float) -> None:
        """One more."""
        found = self._failures.pop(key, None)
        count = 0 if found is None or now - found.last_at > FORGET_AFTER else found.count
        self._failures[key] = _Failures(min(count + 1, 64), now)
        while len(self._failures) > KNOWN_AT_MOST:
            self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """None so far."""
        self._failures.pop(key, None)


class Attempts:
    """The failures of everybody; safe to use from any thread."""

    def __init__(self, clock: Monotonic = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._accounts = _Counted(ACCOUNT)
        self._addresses = _Counted(ADDRESS)

    def wait(self, account: str, address: str) -> float:
        """Seconds until somebody may try again; 0 for at once."""
        with self._lock:
            now = self._clock()
            return max(self._accounts.wait(account, now), self._addresses.wait(_network(address), now))

    def failed(self, account: str, address: str) -> None:
        """It was the wrong password, or nobody's name."""
        with self._lock:
            now = self._clock()
            self._accounts.failed(account, now)
            self._addresses.failed(_network(address), now)

    def succeeded(self, account: str) -> None:
        """The account's owner is here. Its address goes on counting: it may try others' accounts, too."""
        with self._lock:
            self._accounts.forget(account)


def _network(address: str) -> str:
    """An IPv6 user has 2**64 addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(int(found) >> 64) if isinstance(found, IPv6Address) else address

"""When not to ask: a circuit breaker for the whole API and for each endpoint, and the waits that the API asks for."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from alertd.clock import Monotonic, monotonic
from alertd.errors import ApiError, TooManyRequests, Unreachable

FAILURES_TO_OPEN = 3
FIRST_WAIT_SECONDS = 2.0
LONGEST_ASKED_WAIT = timedelta(minutes=5)
"""A longer Retry-After is not believed: a gateway that says a day would blind the watch for a day."""
PROBE_SHARE = 0.9
"""The longest back-off as a share of the probe interval, so that a round that starts a little early still probes."""


@dataclass(slots=True)
class _Circuit:
    """Failures in a row of one endpoint, or of everything."""

    failures: int = 0
    endpoints: set[str] = field(default_factory=set)
    waits: int = 0
    open_until: float | None = None
    probing: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCircuit:
    """An endpoint that is left alone for a while."""

    endpoint: str
    """Empty: all of MyCirrus."""
    failures: int
    reason: str
    probe_in: timedelta
    """Until the next request is let through."""


class NotTried(Unreachable):
    """Held back here, because what went before failed."""


class Breaker:
    """Decides whether a request may go; safe to share between threads.

    An endpoint is left alone after three failures in a row; everything is, once three in a row came from more than one
    endpoint, so that one sick endpoint does not blind the others. While open, one request at a time goes as a probe:
    after 2 s, doubling, jittered, at the latest nine tenths of `probe_every` after the last one.
    """

    def __init__(
        self, probe_every: timedelta, *, monotonic: Monotonic = monotonic, noise: Callable[[], float] = random.random
    ) -> None:
        self._longest = probe_every.total_seconds() * PROBE_SHARE
        self._monotonic = monotonic
        self._noise = noise
        self._lock = threading.Lock()
        self._whole = _Circuit()
        self._endpoints: dict[str, _Circuit] = {}
        self._blocked_until = 0.0
        self._refusals = 0

    def open_circuits(self) -> list[OpenCircuit]:
        """What is left alone now; that of everything first."""
        with self._lock:
            now = self._monotonic()
            circuits = [("", self._whole), *sorted(self._endpoints.items(), key=lambda each: each[0])]
            return [
                OpenCircuit(
                    endpoint=endpoint,
                    failures=circuit.failures,
                    reason=circuit.reason,
                    probe_in=timedelta(seconds=max(0.0, circuit.open_until - now)),
                )
                for endpoint, circuit in circuits
                if circuit.open_until is not None
            ]

    def blocked_for(self) -> timedelta:
        """How much is left of the wait that MyCirrus asked for."""
        with self._lock:
            return timedelta(seconds=max(0.0, self._blocked_until - self._monotonic()))

    def admit(self, endpoint: str) -> None:
        """Let one request to this endpoint go; `answered`, `failed`, `told_to_wait` or `dropped` must follow.

        Raises:
            TooManyRequests: while the API asked for a wait; with what is left of it.
            NotTried: while the circuit is open; the text says why.
        """
        with self._lock:
            now = self._monotonic()
            if now < self._blocked_until:
                left = timedelta(seconds=self._blocked_until - now)
                raise TooManyRequests(f"{endpoint}: not tried, MyCirrus asked for a wait", left)
            circuits = (self._whole, self._endpoint(endpoint))
            for circuit in circuits:
                if circuit.open_until is not None and (circuit.probing or now < circuit.open_until):
                    raise NotTried(f"{endpoint}: not tried, the last {circuit.failures} failed: {circuit.reason}")
            for circuit in circuits:
                if circuit.open_until is not None:
                    circuit.probing = True
                    circuit.open_until = now + self._wait(circuit)

    def answered(self, endpoint: str) -> None:
        """The request got a usable answer or a refusal: MyCirrus is there."""
        with self._lock:
            self._refusals = 0
            self._whole = _Circuit()
            self._endpoints[endpoint] = _Circuit()

    def failed(self, endpoint: str, error: ApiError) -> None:
        """The request got no usable answer."""
        with self._lock:
            now = self._monotonic()
            for circuit in (self._whole, self._endpoint(endpoint)):
                self._count(circuit, endpoint, str(error), now)

    def told_to_wait(self, endpoint: str, wait: timedelta | None) -> None:
        """A 429: nothing goes until the wait is over, five minutes at most; without one, a back-off of our own."""
        with self._lock:
            self._release(endpoint)
            seconds = self._jittered(self._refusals)
            if wait is not None:
                seconds = min(wait, LONGEST_ASKED_WAIT).total_seconds()
            self._refusals += 1
            self._blocked_until = max(self._blocked_until, self._monotonic() + seconds)

    def dropped(self, endpoint: str) -> None:
        """The request was given up here, which says nothing of MyCirrus."""
        with self._lock:
            self._release(endpoint)

    def _endpoint(self, endpoint: str) -> _Circuit:
        return self._endpoints.setdefault(endpoint, _Circuit())

    def _release(self, endpoint: str) -> None:
        self._whole.probing = self._endpoint(endpoint).probing = False

    def _count(self, circuit: _Circuit, endpoint: str, reason: str, now: float) -> None:
        circuit.probing = False
        circuit.failures += 1
        circuit.endpoints.add(endpoint)
        circuit.reason = reason
        enough = circuit is not self._whole or len(circuit.endpoints) > 1
        if circuit.open_until is None and circuit.failures >= FAILURES_TO_OPEN and enough:
            circuit.open_until = now + self._wait(circuit)

    def _wait(self, circuit: _Circuit) -> float:
        seconds = self._jittered(circuit.waits)
        circuit.waits += 1
        return seconds

    def _jittered(self, doublings: int) -> float:
        """Seconds between half and all of the capped back-off."""
        seconds = min(self._longest, FIRST_WAIT_SECONDS * 2.0 ** min(doublings, 20))
        return seconds * (0.5 + self._noise() / 2)

"""What the daemon counts while it works, for whoever looks at its metrics. It outlives a reload."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

STEPS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Seconds: a quick answer, a slow one, a target's time-out, a first round of a large fleet."""


@dataclass(slots=True)
class Spans:
    """How long something took."""

    up_to: list[int] = field(default_factory=lambda: [0] * (len(STEPS) + 1))
    """How many took no longer than each of STEPS, and not as short as the one before; the last: longer than all."""
    total: float = 0.0
    """Seconds, all together."""

    def add(self, seconds: float) -> None:
        """One more."""
        self.up_to[bisect_left(STEPS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[float, int]]:
        """(at most so many seconds, how many), as Prometheus counts: each with all that were shorter."""
        found, so_far = [], 0
        for limit, count in zip((*STEPS, float("inf")), self.up_to, strict=True):
            so_far += count
            found.append((limit, so_far))
        return found


class Counts(Protocol):
    """Takes counts."""

    def count(self, what: str, *labels: str, by: int = 1) -> None:
        """So many more of these."""

    def add(self, what: str, counts: Mapping[str, int]) -> None:
        """So many more of each label."""

    def took(self, what: str, label: str, seconds: float) -> None:
        """One of these took so long."""


class Tally:
    """Counts by name and labels; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[tuple[str, ...]]] = {}
        self._spans: dict[str, dict[str, Spans]] = {}

    def count(self, what: str, *labels: str, by: int = 1) -> None:
        """So many more of these."""
        with self._lock:
            self._counts.setdefault(what, Counter())[labels] += by

    def add(self, what: str, counts: Mapping[str, int]) -> None:
        """So many more of each label."""
        with self._lock:
            known = self._counts.setdefault(what, Counter())
            for label, count in counts.items():
                known[label,] += count

    def took(self, what: str, label: str, seconds: float) -> None:
        """One of these took so long."""
        with self._lock:
            self._spans.setdefault(what, {}).setdefault(label, Spans()).add(seconds)

    def of(self, what: str) -> Mapping[tuple[str, ...], int]:
        """What was counted under a name, by labels."""
        with self._lock:
            return dict(self._counts.get(what, ()))

    def spans(self, what: str) -> Mapping[str, tuple[list[tuple[float, int]], float]]:
        """How long things took, by label: their buckets, and the seconds all together."""
        with self._lock:
            return {label: (each.buckets(), each.total) for label, each in self._spans.get(what, {}).items()}

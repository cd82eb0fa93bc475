"""What was learnt of the endpoints: where answers say whose records they are, and who must be asked alone.

None of it is needed to be right, only to be quick: a new process without it finds it out again.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alertd.model import Source
from alertd.mycirrus.parse import read_time

TRIED_AGAIN_AFTER = timedelta(days=1)
"""How long a limit on batches is believed before larger ones are tried again."""


class Habits:
    """How each source is best asked. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: dict[Source, tuple[int, datetime]] = {}
        self._alone: dict[Source, set[str]] = {}
        self._barred: dict[Source, int] = {}
        self._doubts: dict[Source, dict[str, int]] = {}

    def limit(self, source: Source, now: datetime) -> int | None:
        """How many instruments one request may name, if fewer than usual; 1 where records do not say whose they are."""
        with self._lock:
            limit, learnt_at = self._limits.get(source, (None, now))
            return limit if abs(now - learnt_at) < TRIED_AGAIN_AFTER else None

    def limit_to(self, source: Source, most: int, now: datetime) -> None:
        """Larger batches do not work; true for a day."""
        with self._lock:
            known, learnt_at = self._limits.get(source, (most, now))
            if abs(now - learnt_at) < TRIED_AGAIN_AFTER:
                most = min(most, known)
            self._limits[source] = (max(1, most), now)

    def works(self, source: Source, size: int) -> None:
        """A batch of this size was answered well."""
        with self._lock:
            self._barred.pop(source, None)
            if source in self._limits and size > self._limits[source][0]:
                del self._limits[source]

    def refused_alone(self, source: Source, serial: str, *, refused: bool) -> None:
        """Whether the instrument was refused when it alone was asked for: then it is kept out of batches."""
        with self._lock:
            if refused:
                self._alone.setdefault(source, set()).add(serial)
            elif source in self._alone:
                self._alone[source].discard(serial)

    def barred(self, source: Source) -> bool:
        """Whether every instrument that was asked was refused: not worth asking each in turn."""
        with self._lock:
            return source in self._barred

    def scout(self, source: Source, serials: Sequence[str]) -> str:
        """Whom of a barred batch to ask for alone: each time another."""
        with self._lock:
            self._barred[source] = self._barred.get(source, 0) + 1
            return serials[self._barred[source] % len(serials)]

    def bar(self, source: Source, serials: Iterable[str]) -> None:
        """All of these were refused one by one, and nobody was allowed."""
        with self._lock:
            self._barred.setdefault(source, 0)
            self._alone.get(source, set()).difference_update(serials)

    def doubt(self, source: Source, serials: Sequence[str]) -> None:
        """Their request failed where others' went well: one of them may be why, so they go last and in halves."""
        with self._lock:
            size = max(1, len(serials) // 2)
            self._doubts.setdefault(source, {}).update(dict.fromkeys(serials, size))

    def trust(self, source: Source, serials: Iterable[str]) -> None:
        """Their request went well."""
        with self._lock:
            doubts = self._doubts.get(source)
            if doubts:
                for serial in serials:
                    doubts.pop(serial, None)

    def arrange(self, source: Source, serials: Sequence[str], size: int) -> list[tuple[int, list[str]]]:
        """The instruments by how many may be asked together, the unsuspected first."""
        with self._lock:
            alone = self._alone.get(source, set())
            doubts = self._doubts.get(source, {})
            if not alone and not doubts:
                return [(size, list(serials))]
            groups: dict[tuple[bool, int], list[str]] = {}
            for serial in serials:
                doubted = doubts.get(serial, size)
                most = 1 if serial in alone else min(size, doubted)
                groups.setdefault((serial not in doubts, most), []).append(serial)
        return [(most, groups[sure, most]) for sure, most in sorted(groups, reverse=True)]

    def dump(self) -> dict[str, object]:
        """All of it as plain JSON values."""
        with self._lock:
            return {
                "limits": {source.value: [most, at.isoformat()] for source, (most, at) in self._limits.items()},
                "alone": {source.value: sorted(serials) for source, serials in self._alone.items() if serials},
                "barred": {source.value: count for source, count in self._barred.items()},
                "doubts": {source.value: dict(doubts) for source, doubts in self._doubts.items() if doubts},
            }

    def load(self, dumped: object) -> None:
        """Take up what `dump` gave in another process; whatever is not in that form is left out."""
        with self._lock:
            for source, value in _by_source(dumped, "limits"):
                match value:
                    case [int(most), at] if most > 0 and (learnt_at := read_time(at)) is not None:
                        self._limits[source] = (most, learnt_at)
            for source, value in _by_source(dumped, "alone"):
                if isinstance(value, list):
                    self._alone[source] = {serial for serial in value if isinstance(serial, str)}
            for source, value in _by_source(dumped, "doubts"):
                if isinstance(value, dict):
                    self._doubts[source] = {
                        str(serial): size for serial, size in value.items() if type(size) is int and size > 0
                    }
            for source, value in _by_source(dumped, "barred"):
                if type(value) is int:
                    self._barred[source] = value


_WORDS = frozenset(source.value for source in Source)


def _by_source(dumped: object, part: str) -> list[tuple[Source, object]]:
    found = dumped.get(part) if isinstance(dumped, Mapping) else None
    if not isinstance(found, Mapping):
        return []
    return [(Source(word), value) for word, value in found.items() if word in _WORDS]

"""What was unusable in MyCirrus's answers: counted, and logged once for each kind."""

import threading
from collections import Counter
from collections.abc import Mapping

from alertd.logs import logger
from alertd.model import Source

log = logger(__name__)


class Garbage:
    """Counts unusable records and values; the first of each (source, kind) is logged. Safe to share between threads."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Source | None, str]] = Counter()
        self._lock = threading.Lock()

    def note(self, source: Source | None, kind: str, instrument: str = "") -> None:
        """Count one; `kind` says what was wrong and comes from a small set. A source of None is the listing."""
        with self._lock:
            self._counts[source, kind] += 1
            first = self._counts[source, kind] == 1
        if first:
            log.warning("mycirrus.garbage", source=source or "instruments", kind=kind, instrument=instrument)

    @property
    def counts(self) -> Mapping[tuple[Source | None, str], int]:
        """How many of each (source, kind) so far."""
        with self._lock:
            return dict(self._counts)

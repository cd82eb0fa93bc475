"""How the rounds of polling went, source by source, since the start. It outlives a reload."""

import threading
from dataclasses import replace
from datetime import datetime

from alertd.daemon.rounds import RoundReport
from alertd.web.rooms import RoundSeen, SourceSeen


class RoundLog:
    """The last round of each source and its last failed one; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, SourceSeen] = {}

    def note(self, report: RoundReport, ended_at: datetime) -> None:
        """A round is over."""
        seen = RoundSeen(
            at=ended_at,
            asked=report.asked,
            answered=report.answered,
            contained=len(report.contained),
            failure=report.failure,
        )
        self._put(report.source, seen)

    def note_lost(self, source: str, failure: str, at: datetime) -> None:
        """A round could not be written."""
        self._put(source, RoundSeen(at=at, failure=failure))

    def seen(self) -> dict[str, SourceSeen]:
        """By source."""
        with self._lock:
            return dict(self._seen)

    def _put(self, source: str, last: RoundSeen) -> None:
        with self._lock:
            before = self._seen.get(source) or SourceSeen(last=last)
            failed = last if last.failure else before.last_failed
            self._seen[source] = replace(before, last=last, last_failed=failed)

"""The demo's daemon as its web pages see it: the timetable drives the parts, no thread of a service does."""

from datetime import datetime

from alertd.clock import Clock, Monotonic
from alertd.daemon.compose import Parts
from alertd.daemon.rounds import RoundReport
from alertd.daemon.service import Service
from alertd.daemon.tally import Tally


class Stage(Service):
    """A service that is never started: its parts are at work all the same, and it hears what they do."""

    def __init__(self, parts: Parts, clock: Clock, monotonic: Monotonic, tally: Tally) -> None:
        super().__init__(parts.store, clock, monotonic, tally=tally)
        self._setup = parts.setup
        self._parts = parts
        self._good_at: dict[str, datetime] = {}

    @property
    def parts(self) -> Parts:
        """Those of the demo."""
        return self._parts

    def good_at(self) -> dict[str, datetime]:
        """When the last good round of each source ended."""
        return dict(self._good_at)

    def wake(self) -> None:
        """Nothing: the timetable looks at each step of the demo's clock."""

    def live(self) -> None:
        """A sign of life, at each step."""
        self._alive()

    def hear(self, report: RoundReport) -> None:
        """What a round came to."""
        self.rounds.note(report, self._clock())
        self._tally.count("polls", report.source, "failed" if report.failure else "good")
        if not report.failure:
            self._good_at[report.source] = self._clock()

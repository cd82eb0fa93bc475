"""The daemon's jobs on a clock that the caller moves: what is due runs, in order, before the call returns.

The same parts as in `alertd run`, without threads or waiting; the demo and the acceptance tests live in it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from alertd.daemon.compose import Parts
from alertd.daemon.deliverer import Attempt, drain
from alertd.daemon.rounds import RoundReport
from alertd.model import Source


class Timetable:
    """Runs sources at their intervals, dispatches what is due and delivers it."""

    def __init__(self, parts: Parts, heard: Callable[[RoundReport], None] = lambda _report: None) -> None:
        self._parts = parts
        self._heard = heard
        self._every = parts.setup.settings.poll.every
        self._due: dict[Source, datetime] = {}
        self._listing_due: datetime | None = None

    def run_due(self, now: datetime) -> list[Attempt]:
        """Everything that is due at `now`, which the parts' clock shows too; the attempts to deliver that it led to."""
        self.poll_due(now)
        return self.deliver(now)

    def poll_due(self, now: datetime) -> None:
        """Read the fleet and each source whose time has come."""
        if self._listing_due is None or now >= self._listing_due:
            self._listing_due = now + min(self._every.values(), default=timedelta(minutes=1))
            self._heard(self._parts.poller.list_instruments())
        for source in Source:
            if source in self._every and now >= self._due.get(source, now):
                self._due[source] = now + self._every[source]
                self._heard(self._parts.poller.poll(source))

    def deliver(self, now: datetime) -> list[Attempt]:
        """Dispatch and deliver until nothing more is due."""
        attempts: list[Attempt] = []
        while True:
            self._parts.dispatcher.dispatch(now)
            made = drain(self._parts.deliverer, self._parts.targets, hasten=False)
            attempts += made
            if not made:
                return attempts

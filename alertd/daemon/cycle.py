"""One whole cycle, for `alertd poll`: read every source once, judge, decide, deliver what is due."""

from collections.abc import Callable
from dataclasses import dataclass, field

from alertd.daemon.compose import Parts
from alertd.daemon.deliverer import Attempt, drain
from alertd.daemon.rounds import RoundReport
from alertd.daemon.upkeep import keep_house_if_due
from alertd.model import Source

PASSES = 2
"""The second pass tells what the first one's deliveries brought about: a target that fails."""


@dataclass(slots=True)
class CycleReport:
    """What one cycle did."""

    rounds: list[RoundReport] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    waiting: int = 0
    """Messages left in the outbox."""

    @property
    def went_well(self) -> bool:
        """Whether no source and no delivery failed."""
        return not any(each.failure for each in self.rounds) and all(each.delivered for each in self.attempts)


def cycle(parts: Parts, progress: Callable[[RoundReport], None] = lambda _report: None) -> CycleReport:
    """Run one cycle; group_wait counts as over, and a target's back-off too: whoever calls wants to see it tried."""
    report = CycleReport()
    _round(report, parts.poller.list_instruments(), progress)
    for source in Source:
        if source in parts.setup.settings.poll.every:
            _round(report, parts.poller.poll(source), progress)
    parts.dispatcher.without_group_wait()
    for number in range(PASSES):
        parts.dispatcher.dispatch(parts.clock())
        report.attempts += drain(parts.deliverer, parts.targets, hasten=number == 0)
    report.waiting = len(parts.store.pending_deliveries())
    keep_house_if_due(parts.store, parts.setup.settings, parts.clock())
    if report.went_well and parts.heartbeat is not None:
        parts.heartbeat.beat()
    return report


def _round(report: CycleReport, each: RoundReport, progress: Callable[[RoundReport], None]) -> None:
    report.rounds.append(each)
    progress(each)

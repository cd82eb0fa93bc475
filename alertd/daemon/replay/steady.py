"""When an alert goes on as it is, so that it need not be judged in full. Pure."""

from bisect import bisect_left
from itertools import pairwise

from alertd.daemon.replay.course import STEADY, Course, Micros
from alertd.model import Alert, LevelState, Source, State, Value, Verdict
from alertd.rules.bounds import Extent, may_be
from alertd.rules.evaluate import Evaluation, LevelVerdict
from alertd.rules.expression import walk
from alertd.rules.freshness import STATS_PATIENCE
from alertd.rules.rule import BoundLevel, BoundRule
from alertd.rules.tree import Windowed


def verdict(answer: Value | None) -> Verdict:
    """The word for a condition's answer."""
    if answer is None:
        return Verdict.UNKNOWN
    return Verdict.BREACHED if answer else Verdict.CLEAR


def is_steady(alert: Alert, seen: Evaluation) -> bool:
    """Whether the same verdicts again would change nothing but the time of the last one."""
    return alert.state is State.FIRING and all(
        _level_is_steady(alert.levels.get(severity), verdict) for severity, verdict in seen.levels.items()
    )


def _level_is_steady(level: LevelState | None, verdict: LevelVerdict) -> bool:
    if level is None or level.phase is None:
        return verdict.when is not Verdict.BREACHED
    return level.phase is State.FIRING and level.clear_for is None


def is_whole(course: Course, source: Source, start: Micros, end: Micros) -> bool:
    """Whether what a source said holds all through [start, end): no poll of it failed, no record is late."""
    if source in STEADY:
        return not any(True for _ in course.missing(source, start, end, 1))
    if source is not Source.STATS:
        return True
    times = course.times(source)
    within = times[max(0, bisect_left(times, start) - 1) : bisect_left(times, end)]
    hold = STATS_PATIENCE * course.every[source]
    steps = pairwise([*within, end])
    return bool(within) and all(after - before < hold.total_seconds() * 1e6 for before, after in steps)


def cannot_change(alert: Alert, bound: BoundRule, extent: Extent) -> bool:
    """Whether no level that fires can clear within a stretch, and none that does not can be breached."""
    for level in bound.levels:
        may = may_be(level.when.root, extent)
        if may.fail if alert.levels[level.severity].phase is State.FIRING else may.hold:
            return False
    return True


def extrapolates(level: BoundLevel) -> bool:
    """Whether a condition follows a line to some time after now, which is another one at each moment."""
    windowed = (node for node in walk(level.when.root) if isinstance(node, Windowed))
    return any(node.function.name in ("forecast", "time_to") for node in windowed)

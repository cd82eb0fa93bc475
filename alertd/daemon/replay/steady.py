"""When an alert goes on as it is, so that it need not be judged in full. Pure."""

from bisect import bisect_left
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from alertd.alerts.life import Subject, judge
from alertd.daemon.replay.course import STEADY, Course, Micros
from alertd.daemon.replay.extent import Stretch
from alertd.model import Alert, LevelState, Severity, Source, State, Value, Verdict
from alertd.rules.bounds import may_be
from alertd.rules.evaluate import Evaluation, LevelVerdict
from alertd.rules.expression import BoundExpression, walk
from alertd.rules.freshness import STATS_PATIENCE
from alertd.rules.rule import BoundLevel, BoundRule
from alertd.rules.tree import Call, Description, Node, Reading, Windowed
from alertd.rules.view import View


def verdict(answer: Value | None) -> Verdict:
    """The word for a condition's answer."""
    if answer is None:
        return Verdict.UNKNOWN
    return Verdict.BREACHED if answer else Verdict.CLEAR


def is_steady(alert: Alert, seen: Evaluation) -> bool:
    """Whether the same verdicts again would change nothing but the time of the last one."""
    return all(_level_is_steady(alert.levels.get(severity), verdict) for severity, verdict in seen.levels.items())


def _level_is_steady(level: LevelState | None, verdict: LevelVerdict) -> bool:
    if level is None or level.phase is None:
        return verdict.when is not Verdict.BREACHED
    if level.phase is State.PENDING:
        return verdict.when is Verdict.BREACHED
    return level.clear_for is None


def pends_for(alert: Alert, subject: Subject) -> timedelta:
    """How long it may go on so until a pending level fires."""
    pending = (
        subject.terms[severity].for_ - level.breached_for
        for severity, level in alert.levels.items()
        if level.phase is State.PENDING
    )
    return min(pending, default=timedelta.max)


def gone_on(alert: Alert, observed: datetime, breached: datetime | None, spans: timedelta) -> Alert:
    """A steady alert as it is after it was judged so until then; `spans` is what counts towards a pending level."""
    levels: dict[Severity, LevelState] = {
        severity: level
        if level.observed_at is None
        else replace(
            level,
            observed_at=observed,
            breached_for=level.breached_for + (spans if level.phase is State.PENDING else timedelta(0)),
        )
        for severity, level in alert.levels.items()
    }
    return replace(alert, levels=levels, breached_at=breached or alert.breached_at)


def says_the_same(level: BoundLevel, state: LevelState | None, before: LevelVerdict, view: View) -> bool:
    """Whether a level of a steady alert says what it said: that it is breached, or that it is not."""
    when = verdict(level.when.answer(view))
    if state is None or state.phase is not State.FIRING:
        return (when is Verdict.BREACHED) is (before.when is Verdict.BREACHED)
    until = None if level.until is None else verdict(level.until.answer(view))
    return judge(LevelVerdict(when=when, until=until), firing=True) is judge(before, firing=True)


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


def cannot_change(alert: Alert, bound: BoundRule, stretch: Stretch) -> bool:
    """Whether no level that fires can clear within a stretch, none that does not can be breached, and all is known."""
    for level in bound.levels:
        may, phase = may_be(level.when.root, stretch), alert.levels[level.severity].phase
        if phase is not State.FIRING:
            if may.hold or phase is State.PENDING:
                return False
        elif may.fail and (level.until is None or may_be(level.until.root, stretch).hold):
            return False
    conditions = [each for level in bound.levels for each in (level.when, level.until) if each is not None]
    return all(_is_known(each, stretch) for each in conditions)


def _is_known(condition: BoundExpression, stretch: Stretch) -> bool:
    """Whether certainly nothing that a condition reads is unknown within a stretch, and its windows are full enough."""
    nodes = list(walk(condition.root))
    calls = (node for node in nodes if isinstance(node, Windowed))
    return all(_tells(node, stretch) for node in nodes) and all(
        stretch.fills(ask, call.function.fewest) for call, ask in zip(calls, condition.windows, strict=True)
    )


def _tells(node: Node, stretch: Stretch) -> bool:
    """Whether a node certainly has a value of its own at each moment of a stretch."""
    match node:
        case Reading(source, field):
            # Of an offline instrument nothing but that counts.
            counts = source not in STEADY or field.name == "online" or stretch.is_online()
            return counts and stretch.has_all(source, field.name)
        case Call(_, (source,)):
            return stretch.is_begun(source)
        case Call():
            return not stretch.hours().is_empty
        case Description(name):
            return stretch.description(name) is not None
    return True


def extrapolates(level: BoundLevel) -> bool:
    """Whether a condition follows a line to some time after now, which is another one at each moment."""
    windowed = (node for node in walk(level.when.root) if isinstance(node, Windowed))
    return any(node.function.name in ("forecast", "time_to") for node in windowed)

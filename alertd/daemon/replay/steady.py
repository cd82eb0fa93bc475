"""When an alert goes on as it is, so that it need not be judged in full. Pure."""

from alertd.model import Alert, LevelState, State, Value, Verdict
from alertd.rules.evaluate import Evaluation, LevelVerdict


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

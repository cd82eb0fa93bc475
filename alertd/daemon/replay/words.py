"""A replay in words: its headline and the rows of its tables, for the terminal and for the page. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from alertd.config.durations import format_duration
from alertd.daemon.replay.outcome import Outcome, spans_of
from alertd.model import Alert, EndReason, State, Transition, TransitionKind
from alertd.present import short_time

RULE_COLUMNS = ("RULE", "FIRED", "MONITORS", "FIRING FOR", "MESSAGES")
ALERT_COLUMNS = ("SEVERITY", "RULE", "INSTRUMENT", "WHY", "COURSE (UTC)")
MESSAGE_COLUMNS = ("AT (UTC)", "TARGET", "REASON", "TITLE")
DIFFERENCE_COLUMNS = ("ONLY", "SEVERITY", "RULE", "INSTRUMENT", "FROM (UTC)", "UNTIL", "WHY")

Row = tuple[str, ...]


def headline(outcome: Outcome) -> str:
    """What was looked at, and what came of it."""
    monitors = "1 monitor" if len(outcome.fleet) == 1 else f"{len(outcome.fleet)} monitors"
    place = "the store" if outcome.source == "store" else "MyCirrus"
    fired = sum(each.fired for each in outcome.sums())
    alerts = "1 alert fired" if fired == 1 else f"{fired} alerts fired"
    told = "1 message" if len(outcome.messages) == 1 else f"{len(outcome.messages)} messages"
    return (
        f"{outcome.start:%Y-%m-%d %H:%M} to {outcome.end:%Y-%m-%d %H:%M} UTC, {monitors}, "
        f"{outcome.records} records from {place}: {alerts}, {told}"
    )


def rule_rows(outcome: Outcome) -> Iterator[Row]:
    """How each rule did."""
    told = _told(outcome)
    for each in outcome.sums():
        messages = len(set().union(*(told.get(alert.id, set()) for alert in each.alerts)) if each.alerts else ())
        yield (
            each.rule,
            str(each.fired),
            str(len({alert.subject for alert in each.alerts})),
            span_words(each.firing_for),
            str(messages),
        )


def alert_rows(outcome: Outcome) -> Iterator[Row]:
    """Each alert with its course, newest first."""
    for alert in outcome.alerts:
        yield (
            alert.severity.word,
            alert.rule,
            _named(alert),
            _why(alert, outcome.timelines.get(alert.id, ())),
            course_words(alert, outcome.timelines.get(alert.id, ())),
        )


def message_rows(outcome: Outcome) -> Iterator[Row]:
    """Each message, in the order in which they were decided."""
    for each in outcome.messages:
        yield short_time(each.decided_at), each.target, each.reason.value, each.message.title


def difference_rows(before: Iterable[Alert], after: Iterable[Alert], end: datetime) -> Iterator[Row]:
    """What only one of two rule sets has, in the order of time."""
    both = [("before", alert) for alert in before] + [("after", alert) for alert in after]
    for which, alert in sorted(both, key=lambda pair: (spans_of(pair[1], end), pair[0], pair[1].subject)):
        start, _ = spans_of(alert, end)
        yield (
            which,
            alert.severity.word,
            alert.rule,
            _named(alert),
            short_time(start),
            short_time(alert.resolved_at),
            alert.explanation,
        )


def course_words(alert: Alert, timeline: Sequence[Transition]) -> str:
    """`pending 24 Nov 04:20:00 · firing 04:35:00 · resolved 06:00:00`: a day is named where it is another."""
    parts = []
    day = ""
    for step in timeline:
        text = short_time(step.at)
        shown, day = (text[7:] if text[:6] == day else text), text[:6]
        parts.append(f"{_step_words(step)} {shown}")
    if alert.state is State.FIRING:
        parts.append("still firing")
    return " · ".join(parts)


def span_words(span: timedelta) -> str:
    """Whole minutes, or seconds of less than one."""
    seconds = int(span.total_seconds())
    return format_duration(timedelta(seconds=seconds - seconds % 60 if seconds >= 60 else seconds))


def _step_words(step: Transition) -> str:
    match step.kind:
        case TransitionKind.FIRED:
            return f"firing ({step.severity.word})"
        case TransitionKind.ESCALATED | TransitionKind.EASED:
            return step.severity.word
        case TransitionKind.RESOLVED if step.reason != EndReason.RECOVERED.value:
            return f"ended ({step.reason})"
        case TransitionKind.STALE:
            return "unknown"
        case TransitionKind.FRESH:
            return "known"
    return step.kind.value


def _why(alert: Alert, timeline: Sequence[Transition]) -> str:
    """What was so when it was at its worst, not when it was over."""
    began = (TransitionKind.PENDING, TransitionKind.FIRED, TransitionKind.ESCALATED)
    return next((step.explanation for step in reversed(timeline) if step.kind in began), alert.explanation)


def _named(alert: Alert) -> str:
    return f"{alert.name} ({alert.subject})" if alert.name else alert.subject


def _told(outcome: Outcome) -> Mapping[str, set[int]]:
    """Which messages speak of an alert, by its id."""
    found: dict[str, set[int]] = {}
    for message in outcome.messages:
        for says in message.says:
            found.setdefault(says.alert_id, set()).add(message.id)
    return found

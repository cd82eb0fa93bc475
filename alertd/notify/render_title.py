"""What stands in a title, and how bad a message is: read on a lock screen and by mail filters."""

from collections import Counter
from collections.abc import Mapping, Sequence

from alertd.model import Alert, NotifyReason, Severity
from alertd.notify.letter import Digest, Letter
from alertd.notify.plain_text import one_line, shorten
from alertd.notify.render_words import count, day, reading
from alertd.notify.wallclock import zone_of

Headline = dict[str, str]
"""A title's parts: `tag` `what` `place` `reading`; all text, the last two may be empty."""

_ENDS_OF_HOLDS = {NotifyReason.SILENCE_ENDED: "[SILENCE ENDED]", NotifyReason.QUIET_ENDED: "[QUIET ENDED]"}
_NAME_IN_TITLE = 80
_RULES_IN_TITLE = 4
_LATE_HOURS = 1


def headline(letter: Letter) -> Headline:
    """The parts of the title."""
    if letter.digest is not None:
        return _digest(letter, letter.digest)
    if letter.reason is NotifyReason.DRILL:
        return _drill(letter)
    if letter.reason in _ENDS_OF_HOLDS:
        return _end_of_hold(letter)
    both = letter.reason is NotifyReason.FLAPPING
    alerts = (*letter.firing, *letter.resolved) if both else letter.firing or letter.resolved
    worst = max((alert.severity for alert in alerts), default=Severity.INFO).name
    word = "FLAPPING" if both else worst if letter.firing else "RESOLVED"
    single = alerts[0] if len(alerts) == 1 else None
    return {
        "tag": f"[{word}]" if single or not alerts else f"[{word} ×{len(alerts)}]",
        "what": _rules(alerts),
        "place": _place(letter, alerts),
        "reading": first_reading(single) if single and not both else "",
    }


def apprise_type(letter: Letter) -> str:
    """How bad it is in apprise's words: failure, warning or success; info where it is neither good nor bad."""
    if letter.reason in (NotifyReason.DIGEST, NotifyReason.DRILL):
        return "info"
    severities = [alert.severity for alert in letter.firing]
    if letter.reason is NotifyReason.FLAPPING:
        severities += [alert.severity for alert in letter.resolved]
        severities += [episode.severity for episode in letter.episodes.values()]
    if severities:
        return "failure" if max(severities) is Severity.CRITICAL else "warning"
    return "success" if letter.resolved and letter.reason not in _ENDS_OF_HOLDS else "info"


def who(alert: Alert, limit: int = 200) -> str:
    """Whom an alert is about: name and serial, or an own alert's subject."""
    subject, name = one_line(alert.subject), one_line(alert.name, limit)
    return f"{name} ({subject})" if name and not alert.own else subject


def first_reading(alert: Alert) -> str:
    """The first measured value with its unit; empty for a flag, whose yes or no would say nothing alone."""
    key = next(iter(alert.values), None)
    value = None if key is None else alert.values[key]
    if key is None or value is None or isinstance(value, bool):
        return ""
    return shorten(reading(key, one_line(value) if isinstance(value, str) else value), 40)


def rule_counts(alerts: Sequence[Alert]) -> list[str]:
    """`LowVoltage ×4800`, the most frequent first."""
    counts = Counter(one_line(alert.rule, _NAME_IN_TITLE) for alert in alerts)
    return [f"{rule} ×{count}" for rule, count in counts.most_common()]


def _digest(letter: Letter, digest: Digest) -> Headline:
    due_at = digest.due_at.astimezone(zone_of(digest.zone))
    late = (letter.now - digest.due_at).total_seconds() >= _LATE_HOURS * 3600
    return {
        "tag": "[DIGEST]",
        "what": f"{digest.firing} {'fires' if digest.firing == 1 else 'fire'}, {digest.ended} ended",
        "place": day(due_at) + (f" {due_at:%H:%M}" if late else ""),
        "reading": "",
    }


def _drill(letter: Letter) -> Headline:
    alerts = (*letter.firing, *letter.resolved)
    single = alerts[0] if len(alerts) == 1 else None
    return {
        "tag": "[DRILL]",
        "what": _rules(alerts) if alerts else "a test message",
        "place": _place(letter, alerts) if alerts else one_line(letter.target, _NAME_IN_TITLE),
        "reading": _drill_reading(single) if single else "",
    }


def _drill_reading(alert: Alert) -> str:
    missing = not alert.own and all(value is None for value in alert.values.values())
    return "no value yet" if missing else first_reading(alert)


def _end_of_hold(letter: Letter) -> Headline:
    """No count in the brackets: the word there is what filters look for."""
    alerts = letter.firing or letter.resolved
    single = alerts[0] if len(alerts) == 1 else None
    return {
        "tag": _ENDS_OF_HOLDS[letter.reason],
        "what": _rules(alerts) if single else ", ".join(rule_counts(alerts)[:_RULES_IN_TITLE]),
        "place": _place(letter, alerts),
        "reading": "is over" if not letter.firing else first_reading(single) if single else "",
    }


def _rules(alerts: Sequence[Alert]) -> str:
    """`LowVoltage`, or `LowVoltage ×2, Hot ×1` with the most frequent first."""
    counts = rule_counts(alerts)
    if len(counts) == 1:
        return one_line(alerts[0].rule, _NAME_IN_TITLE)
    rest = len(counts) - _RULES_IN_TITLE
    return ", ".join(counts[:_RULES_IN_TITLE]) + (f", {count(rest, 'more rule', 'more rules')}" if rest > 0 else "")


def _place(letter: Letter, alerts: Sequence[Alert]) -> str:
    """Of one alert whom it is about; what several share: their site, else their one instrument; else how many."""
    if len(alerts) == 1:
        return who(alerts[0], _NAME_IN_TITLE)
    sites = _sites(letter.group_labels, alerts, letter.site_label)
    if len(sites) == 1 and (site := next(iter(sites))):
        return one_line(site, _NAME_IN_TITLE)
    instruments = {alert.subject: alert for alert in alerts if not alert.own}
    if len(instruments) == 1 and all(not alert.own for alert in alerts):
        return who(next(iter(instruments.values())), _NAME_IN_TITLE)
    if len(sites) > 1 and "" not in sites:
        return f"{len(sites)} sites"
    return count(len(instruments), "monitor", "monitors") if instruments else ""


def _sites(group_labels: Mapping[str, str], alerts: Sequence[Alert], label: str) -> set[str]:
    return {group_labels.get(label) or alert.labels.get(label, "") for alert in alerts}

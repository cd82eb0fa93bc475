"""What templates see: alerts and letters as plain dicts, without control characters, times in the instrument's zone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from alertd.model import Alert, EndReason, NotifyReason, Severity, Value
from alertd.notify.letter import Letter
from alertd.notify.plain_text import lines, one_line, shorten
from alertd.notify.render_words import field_of, field_words, reading

Entry = dict[str, Any]
"""One alert, or what a whole message's templates see."""

TEXT_NAMES = (
    "instrument",
    "value",
    "values",
    "params",
    "labels",
    "severity",
    "explanation",
    "active_at",
    "fired_at",
    "resolved_at",
)
"""The names that a rule's `summary` and `description` see, and that a message's templates see of the worst alert."""

ENDED = {
    EndReason.RECOVERED: "recovered",
    EndReason.RULE_REMOVED: "the rule was removed",
    EndReason.INSTRUMENT_REMOVED: "the instrument was removed",
    EndReason.RULE_NO_LONGER_MATCHES: "the rule no longer matches this instrument",
}

_LEADS = {NotifyReason.REMINDER: "Reminder: this goes on.", NotifyReason.ESCALATED: "This got worse."}
_NAME_IN_TITLE = 80
_RULES_IN_TITLE = 4
_TEXT_LIMIT = 2000


class Labels(dict[str, str]):
    """Labels; one that is missing counts as the empty text, as it does for matchers."""

    def __missing__(self, key: str) -> str:
        return ""


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone of this name, UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, a path that leads astray, a folder
        return UTC


def alert_entry(alert: Alert, zone: str) -> Entry:
    """One alert as templates see it, without the rule's own words."""
    labels = Labels({one_line(key): one_line(text) for key, text in alert.labels.items()})
    local = zone_of(labels["timezone"] or zone)
    values = {one_line(key): _clean(value) for key, value in alert.values.items()}
    first = next(iter(values), None)
    return {
        "id": alert.id,
        "rule": one_line(alert.rule),
        "own": alert.own,
        "who": who(alert),
        "instrument": {
            "serial": one_line(alert.instrument),
            "name": one_line(alert.name),
            "model": one_line(alert.model),
            "labels": labels,
        },
        "value": None if first is None else values[first],
        "unit": "" if first is None else field_of(first).unit,
        "reading": first_reading(alert),
        "readings": [{"name": field_words(key), "text": reading(key, value)} for key, value in values.items()],
        "values": values,
        "params": {key: _clean(value) for key, value in alert.params.items()},
        "labels": labels,
        "severity": alert.severity.word,
        "state": alert.state.value,
        "explanation": lines(alert.explanation, _TEXT_LIMIT),
        "active_at": alert.active_at.astimezone(local),
        "fired_at": _local(alert.fired_at, local),
        "resolved_at": _local(alert.resolved_at, local),
        "resolved_reason": ENDED.get(alert.resolved_reason, "") if alert.resolved_reason else "",
        "stale_since": _local(alert.stale_since, local),
        "summary": "",
        "description": "",
        "runbook": "",
    }


def text_context(entry: Entry, now: datetime) -> Entry:
    """What a rule's own words see of one alert. `now` is for the filters alone."""
    return {name: entry[name] for name in TEXT_NAMES} | {"_now": now}


def letter_context(letter: Letter) -> Entry:
    """What a message's templates see beside its alerts."""
    return {
        "headline": headline(letter),
        "lead": lead(letter),
        "reason": letter.reason.value,
        "group_labels": Labels({one_line(key): one_line(text) for key, text in letter.group_labels.items()}),
        "target": one_line(letter.target),
        "receiver": one_line(letter.receiver),
        "links": [{"text": "alertd", "url": letter.external_url}] if letter.external_url else [],
        "_now": letter.now,
    }


def who(alert: Alert, limit: int = 200) -> str:
    """Whom an alert is about: name and serial, or an own alert's subject."""
    subject, name = one_line(alert.subject), one_line(alert.name, limit)
    return f"{name} ({subject})" if name and not alert.own else subject


def headline(letter: Letter) -> Entry:
    """A title's parts: `tag` `what` `place` `reading`; all text, the last two may be empty."""
    alerts = letter.firing or letter.resolved
    word = max((alert.severity for alert in alerts), default=Severity.INFO).name if letter.firing else "RESOLVED"
    single = alerts[0] if len(alerts) == 1 else None
    return {
        "tag": f"[{word}]" if single or not alerts else f"[{word} ×{len(alerts)}]",
        "what": _rules(alerts),
        "place": who(single, _NAME_IN_TITLE) if single else _common_place(letter.group_labels, alerts),
        "reading": first_reading(single) if single else "",
    }


def lead(letter: Letter) -> str:
    """The sentence above a message's lines; empty where the title says it all."""
    words = [_LEADS[letter.reason]] if letter.reason in _LEADS and letter.firing else []
    if letter.firing and letter.resolved:
        words.append(
            f"{_count(len(letter.firing), 'fires', 'fire')}, {_count(len(letter.resolved), 'is', 'are')} over."
        )
    return " ".join(words)


def apprise_type(letter: Letter) -> str:
    """How bad it is in apprise's words: failure, warning or success; info where there is nothing."""
    if letter.firing:
        worst = max(alert.severity for alert in letter.firing)
        return "failure" if worst is Severity.CRITICAL else "warning"
    return "success" if letter.resolved else "info"


def _clean(value: Value | None) -> Value | None:
    return one_line(value) if isinstance(value, str) else value


def _local(at: datetime | None, zone: tzinfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)


def _rules(alerts: Sequence[Alert]) -> str:
    """`LowVoltage`, or `LowVoltage ×2, Hot ×1` with the most frequent first."""
    counts = Counter(one_line(alert.rule, _NAME_IN_TITLE) for alert in alerts)
    if len(counts) == 1:
        return next(iter(counts))
    shown = [f"{rule} ×{count}" for rule, count in counts.most_common(_RULES_IN_TITLE)]
    rest = len(counts) - len(shown)
    return ", ".join(shown) + (f", {rest} more rules" if rest > 0 else "")


def _common_place(group_labels: Mapping[str, str], alerts: Sequence[Alert]) -> str:
    """What several alerts share: their site, else their one instrument, else how many instruments there are."""
    sites = {group_labels.get("site") or alert.labels.get("site", "") for alert in alerts}
    if len(sites) == 1 and (site := sites.pop()):
        return one_line(site, _NAME_IN_TITLE)
    instruments = {alert.subject: alert for alert in alerts if not alert.own}
    if len(instruments) == 1 and all(not alert.own for alert in alerts):
        return who(next(iter(instruments.values())), _NAME_IN_TITLE)
    return f"{len(instruments)} monitors" if instruments else ""


def first_reading(alert: Alert) -> str:
    """The first measured value with its unit; empty for a flag, whose yes or no would say nothing alone."""
    key = next(iter(alert.values), None)
    value = None if key is None else alert.values[key]
    if key is None or value is None or isinstance(value, bool):
        return ""
    return shorten(reading(key, _clean(value)), 40)


def _count(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"

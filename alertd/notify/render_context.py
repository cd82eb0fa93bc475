"""What templates see: alerts and letters as plain dicts, without control characters, times in the instrument's zone."""

from datetime import datetime, tzinfo
from typing import Any

from alertd.model import Alert, EndReason, NotifyReason, State, Value
from alertd.notify.letter import Letter
from alertd.notify.plain_text import lines, one_line
from alertd.notify.render_links import alert_links, letter_links
from alertd.notify.render_sentences import explained, is_alone, lead, notes, zone_for
from alertd.notify.render_title import first_reading, headline, who
from alertd.notify.render_words import duration, field_of, field_words, reading, stamp
from alertd.notify.wallclock import zone_of

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

_TEXT_LIMIT = 2000
LARGE = 5
"""Alerts; a message about more of them says less of each."""
LINKED = 10
"""Alerts; of so many, each has links of its own."""


class Labels(dict[str, str]):
    """Labels; one that is missing counts as the empty text, as it does for matchers."""

    def __missing__(self, key: str) -> str:
        return ""


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


def told_entry(alert: Alert, letter: Letter) -> Entry:
    """One alert as a message's templates see it: with what this message says of it beside."""
    entry = alert_entry(alert, letter.zone)
    ended = alert.state is State.RESOLVED and letter.reason is not NotifyReason.FLAPPING
    image = letter.charts.get(alert.id)
    several = not is_alone(letter) and len(letter.firing) + len(letter.resolved) <= LINKED
    linked = several and alert.state is not State.RESOLVED and letter.reason is not NotifyReason.DRILL
    return entry | {
        "word": _word(alert, letter),
        "ended": ended,
        "times": _times(entry, ended=ended, now=letter.now),
        "notes": notes(letter, alert, zone_for(letter, alert)),
        "explains": explained(letter.explains.get(alert.id, ())),
        "facts": _facts(entry, letter, ended=ended),
        "links": alert_links(letter, alert) if linked else [],
        "chart": {"cid": image.cid, "alt": one_line(image.alt, 500)} if image else None,
    }


def letter_context(letter: Letter) -> Entry:
    """What a message's templates see beside its alerts."""
    return {
        "headline": headline(letter),
        "lead": lead(letter),
        "reason": letter.reason.value,
        "group_labels": Labels({one_line(key): one_line(text) for key, text in letter.group_labels.items()}),
        "target": one_line(letter.target),
        "receiver": one_line(letter.receiver),
        "links": letter_links(letter),
        "preview": _preview(letter),
        "alone": is_alone(letter),
        "large": len(letter.firing) + len(letter.resolved) > LARGE,
        "_now": letter.now,
    }


def _preview(letter: Letter) -> str:
    """What a lock screen shows of a mail beneath its title, where the lead says nothing: the first alert's facts."""
    alerts = (*letter.firing, *letter.resolved)
    if not alerts or lead(letter):
        return lead(letter)
    entry = alert_entry(alerts[0], letter.zone)
    times = _times(entry, ended=alerts[0].state is State.RESOLVED, now=letter.now)
    return ", ".join(text for text in (one_line(alerts[0].explanation, _TEXT_LIMIT), times) if text)


def _word(alert: Alert, letter: Letter) -> str:
    if letter.reason in (NotifyReason.DRILL, NotifyReason.FLAPPING):
        return letter.reason.name
    return "RESOLVED" if alert.state is State.RESOLVED else alert.severity.name


def _times(entry: Entry, *, ended: bool, now: datetime) -> str:
    """`since 24 Nov 02:10 GMT`; of one that is over from when until when, how long, and why it ended."""
    since = stamp(entry["active_at"], now)
    if ended:
        span = duration(entry["resolved_at"] - entry["active_at"])
        return f"from {since} until {stamp(entry['resolved_at'], now)} ({span}): {entry['resolved_reason']}"
    if entry["resolved_at"] is not None:
        return f"clear since {stamp(entry['resolved_at'], now)}"
    stale = entry["stale_since"]
    return f"since {since}" + (f"; no data since {stamp(stale, now)}" if stale else "")


def _facts(entry: Entry, letter: Letter, *, ended: bool) -> list[dict[str, str]]:
    """Names and values for a table: the values against their limits, the times, the place."""
    over = entry["resolved_at"] is not None and not ended
    began = entry["resolved_at"] if over else entry["active_at"]
    stale = entry["stale_since"] if not ended else None
    said = entry["own"] or (
        letter.group_labels.get(letter.site_label) and len(letter.firing) + len(letter.resolved) > 1
    )
    rows = [
        *_measured(entry),
        ("from" if ended else "clear since" if over else "since", stamp(began, letter.now)),
        ("no data since", stamp(stale, letter.now) if stale else ""),
        ("until", stamp(entry["resolved_at"], letter.now) if ended else ""),
        ("lasted", duration(entry["resolved_at"] - entry["active_at"]) if ended else ""),
        ("why it ended", entry["resolved_reason"] if ended else ""),
        (letter.site_label, "" if said else entry["labels"][letter.site_label]),
    ]
    return [{"name": name.capitalize() if name.islower() else name, "text": text} for name, text in rows if text]


def _measured(entry: Entry) -> list[tuple[str, str]]:
    """`voltage` → `11.21 V < 11.3 V` where the explanation says just that, else each value and the explanation."""
    readings, explanation = entry["readings"], entry["explanation"]
    if len(readings) == 1 and explanation.startswith(readings[0]["name"] + " ") and " and " not in explanation:
        return [(readings[0]["name"], one_line(explanation.removeprefix(readings[0]["name"] + " "), _TEXT_LIMIT))]
    return [*((each["name"], each["text"]) for each in readings), ("found", one_line(explanation, _TEXT_LIMIT))]


def _clean(value: Value | None) -> Value | None:
    return one_line(value) if isinstance(value, str) else value


def _local(at: datetime | None, zone: tzinfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)

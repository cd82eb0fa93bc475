"""How alerts, instruments, messages and rules look as JSON: one form for every command and interface."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from alertd.config.durations import format_duration
from alertd.model import Alert, Delivery, Instrument, Message, Sample, Told, Transition
from alertd.notify.silences import Silence, SilenceState
from alertd.notify.standing import Ack
from alertd.rules.rule import Rule

if TYPE_CHECKING:
    from alertd.daemon.drill import Tried
    from alertd.daemon.muting import Stand
    from alertd.daemon.shadows import Unsent
    from alertd.store.changes import Change

Json = dict[str, object]


def time_text(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, ending in Z."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def alert_json(alert: Alert, told: Iterable[Told], stand: "Stand") -> Json:
    """One alert; `told` maps each target that surely heard that it fires to when it did."""
    return {
        "id": alert.id,
        "alertname": alert.rule,
        "instrument": alert.instrument,
        "subject": alert.subject,
        "state": alert.state.value,
        "severity": alert.severity.word,
        "labels": dict(alert.labels),
        "values": dict(alert.values),
        "explanation": alert.explanation,
        "active_at": time_text(alert.active_at),
        "fired_at": time_text(alert.fired_at),
        "resolved_at": time_text(alert.resolved_at),
        "resolved_reason": alert.resolved_reason.value if alert.resolved_reason else None,
        "stale_since": time_text(alert.stale_since),
        "told": {each.target: time_text(each.firing_at) for each in told if each.firing_at is not None},
        "muted_by": list(stand.muted_by),
        "acknowledged": None if stand.ack is None else ack_json(stand.ack),
        "flapping": stand.flapping,
        "changes": stand.changes,
        "mode": "shadow" if stand.shadow else "live",
    }


def ack_json(ack: Ack) -> Json:
    """Who has an alert in hand."""
    return {"by": ack.by, "at": time_text(ack.at), "until": time_text(ack.until), "note": ack.note}


def acked_json(ack: Ack) -> Json:
    """An acknowledgement with what it is about."""
    return {"id": ack.alert_id, "alertname": ack.rule, "subject": ack.subject, "acknowledged": ack_json(ack)}


def silence_json(silence: Silence, state: SilenceState) -> Json:
    """One silence; it ends when somebody ended it, where that was sooner."""
    ends = [at for at in (silence.ends_at, silence.expired_at) if at is not None]
    return {
        "id": silence.id,
        "state": state,
        "matchers": [str(matcher) for matcher in silence.matchers],
        "starts_at": time_text(silence.starts_at),
        "ends_at": time_text(min(ends, default=None)),
        "until_resolved": silence.until_resolved,
        "rrule": silence.rrule,
        "timezone": silence.timezone,
        "author": silence.author,
        "reason": silence.reason,
    }


def transition_json(transition: Transition) -> Json:
    """One step in an alert's life."""
    return {
        "alert": transition.alert_id,
        "kind": transition.kind.value,
        "at": time_text(transition.at),
        "severity": transition.severity.word,
        "reason": transition.reason,
        "explanation": transition.explanation,
    }


def delivery_json(delivery: Delivery) -> Json:
    """One message of the outbox, without its text."""
    return {
        "id": delivery.id,
        "target": delivery.target,
        "reason": delivery.reason.value,
        "title": delivery.message.title,
        "state": delivery.state.value,
        "decided_at": time_text(delivery.decided_at),
        "attempts": delivery.attempts,
        "delivered_at": time_text(delivery.delivered_at),
        "error": delivery.error,
        "alerts": [says.alert_id for says in delivery.says],
    }


def instrument_json(instrument: Instrument, newest: Iterable[Sample]) -> Json:
    """One instrument with its newest record of each source."""
    return {
        "serial": instrument.serial,
        "name": instrument.name,
        "model": instrument.model,
        "type": instrument.type,
        "subscription": instrument.subscription,
        "features": list(instrument.features),
        "labels": dict(instrument.labels),
        "newest": {
            sample.source.value: {"at": time_text(sample.at), "values": dict(sample.values)} for sample in newest
        },
    }


def rule_json(rule: Rule, instruments: int | None, unsent: "Unsent | None" = None) -> Json:
    """One rule; `instruments` is how many it is bound to, None where the fleet is not known.

    `unsent` is what it would have sent, where it is in shadow.
    """
    return {
        "alertname": rule.name,
        "levels": {
            level.severity.word: {
                "when": level.when.text,
                "until": level.until.text if level.until else None,
                "for": format_duration(level.for_),
                "keep_firing_for": format_duration(level.keep_firing_for),
            }
            for level in rule.levels
        },
        "match": [str(matcher) for matcher in rule.match],
        "params": dict(rule.params),
        "overrides": len(rule.overrides),
        "labels": dict(rule.labels),
        "sources": sorted(source.value for source in rule.sources),
        "source": f"{rule.file}:{rule.line}",
        "instruments": instruments,
        "mode": "shadow" if rule.shadow else "live",
        "would_have_sent": None if unsent is None else _unsent_json(unsent),
    }


def _unsent_json(unsent: "Unsent") -> Json:
    return {
        "firings": unsent.firings,
        "firing": unsent.firing,
        "since": time_text(unsent.since),
        "last": time_text(unsent.last),
        "receivers": dict(unsent.receivers),
    }


def message_json(message: Message) -> Json:
    """A message as it is sent, but for its pictures."""
    return {"title": message.title, "body": message.body, "html": message.html}


def tried_json(tried: "Tried") -> Json:
    """What came of a drill at one target."""
    return {
        "target": tried.target,
        "receiver": tried.receiver,
        "delivered": tried.delivered,
        "error": tried.error,
        "muted_by": list(tried.muted_by),
    }


def told_by_alert(told: Iterable[Told]) -> Mapping[str, list[Told]]:
    """Sort what targets were told by the alert it is about."""
    sorted_: dict[str, list[Told]] = {}
    for each in told:
        sorted_.setdefault(each.alert_id, []).append(each)
    return sorted_


def change_json(change: "Change") -> Json:
    """Who changed what through the web."""
    return {
        "at": time_text(change.at),
        "who": change.who,
        "via": change.via,
        "address": change.address,
        "what": change.what,
        "about": change.about,
    }


def short_time(at: datetime | None) -> str:
    """For tables: `24 Nov 04:20:07` in UTC; empty for none."""
    return "" if at is None else at.astimezone(UTC).strftime("%d %b %H:%M:%S")


def span_text(span: timedelta) -> str:
    """For tables: whole seconds, `1h2m`."""
    return format_duration(timedelta(seconds=int(span.total_seconds())))

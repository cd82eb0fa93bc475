"""What messages say in sentences: why they come, and what is known of an alert beside its values."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from alertd.alerts.flapping import Episode
from alertd.model import Alert, NotifyReason, State
from alertd.notify.letter import Letter
from alertd.notify.plain_text import one_line
from alertd.notify.render_title import rule_counts, who
from alertd.notify.render_words import count, stamp, thousands
from alertd.notify.standing import Ack
from alertd.notify.wallclock import zone_of

DAY = timedelta(days=1)

LISTED_BY_NAME = 12
"""So many alerts that a cause explains have a line each; more stand by their serials."""
_SERIALS = 400

_WHY = {
    NotifyReason.ESCALATED: "This got worse.",
    NotifyReason.QUIET_ENDED: "The quiet time is over.",
    NotifyReason.FLAPPING_ENDED: "It flaps no more.",
}

EMPTY_DAY = "Nothing fires, nothing began and nothing ended."


def lead(letter: Letter) -> str:
    """The sentences above a message's lines; empty where the title says it all."""
    if letter.digest is not None:
        return "" if letter.digest.sections else EMPTY_DAY
    sentences = [_why(letter), _how_many(letter)]
    if letter.groups > 1:
        sentences.append(f"{thousands(letter.groups)} groups in one message, for so much is due at once.")
    return " ".join(sentence for sentence in sentences if sentence)


def notes(letter: Letter, alert: Alert, zone: tzinfo) -> list[str]:
    """What is known of one alert beside its values and times, one short line each."""
    found = []
    episode = letter.episodes.get(alert.id)
    if episode is not None and not (letter.reason is NotifyReason.FLAPPING and is_alone(letter)):
        found.append(_flapping(letter, episode, alert, zone))
    if letter.reason is NotifyReason.REMINDER and alert.state is State.FIRING and not is_alone(letter):
        found.append(_goes_on(letter, alert))
    if alert.id in letter.acks and alert.state is State.FIRING:
        found.append(_acknowledged(letter.acks[alert.id], zone, letter.now))
    return found + [one_line(aside, 500) for aside in letter.asides.get(alert.id, ())]


def explained(alerts: Sequence[Alert]) -> list[str]:
    """What a cause explains, in lines: what still fires, then what is over."""
    if not alerts:
        return []
    over = sum(alert.state is State.RESOLVED for alert in alerts)
    head = f"explains {count(len(alerts), 'alert', 'alerts')}"
    head += f", {thousands(over)} of them over:" if over else ":"
    return [head, *_listed(alerts)]


def _listed(alerts: Sequence[Alert]) -> Iterable[str]:
    ordered = sorted(alerts, key=lambda alert: alert.state is State.RESOLVED)
    if len(alerts) <= LISTED_BY_NAME:
        for alert in ordered:
            yield f"{one_line(alert.rule)}: {who(alert)}" + (" (over)" if alert.state is State.RESOLVED else "")
        return
    for over in (False, True):
        serials: dict[str, list[str]] = {}
        for alert in ordered:
            if (alert.state is State.RESOLVED) is over:
                serials.setdefault(one_line(alert.rule), []).append(one_line(alert.subject))
        for rule, those in serials.items():
            rest = f", +{thousands(len(those) - _SERIALS)} more" if len(those) > _SERIALS else ""
            yield f"{rule}{' (over)' if over else ''}: {', '.join(those[:_SERIALS])}{rest}"


def _why(letter: Letter) -> str:
    match letter.reason:
        case NotifyReason.DRILL:
            held = f" A real message would be held back now: {one_line(letter.drill, 500)}." if letter.drill else ""
            return f"This is a drill: nothing is wrong.{held}"
        case NotifyReason.SILENCE_ENDED:
            return (
                f"A silence is over: {one_line(letter.why, 500).rstrip('.')}." if letter.why else "A silence is over."
            )
        case NotifyReason.UNACKNOWLEDGED:
            return _unacknowledged(letter)
        case NotifyReason.REMINDER if letter.firing:
            return f"Reminder: {_goes_on(letter, letter.firing[0]) if is_alone(letter) else 'this goes on'}."
        case NotifyReason.FLAPPING if is_alone(letter):
            return _flapping_alone(letter)
    return _WHY.get(letter.reason, "")


def _flapping_alone(letter: Letter) -> str:
    (alert,) = (*letter.firing, *letter.resolved)
    episode = letter.episodes.get(alert.id)
    return f"{_flapping(letter, episode, alert, zone_for(letter, alert))}." if episode is not None else ""


def _unacknowledged(letter: Letter) -> str:
    alerts = (*letter.firing, *letter.resolved)
    if letter.unacknowledged_since is None or not alerts:
        return "Nobody has acknowledged this."
    since = letter.unacknowledged_since.astimezone(zone_for(letter, alerts[0]))
    return f"Nobody has acknowledged this since {stamp(since, letter.now)}."


def zone_for(letter: Letter, alert: Alert) -> tzinfo:
    """Whose clock tells the alert's times."""
    return zone_of(one_line(alert.labels.get("timezone", "")) or letter.zone)


def _how_many(letter: Letter) -> str:
    """Where some fire and others are over, or the title's word does not say which."""
    firing, over = len(letter.firing), len(letter.resolved)
    words = [
        *([count(firing, "fires", "fire")] if firing else []),
        *([f"{count(over, 'is', 'are')} over"] if over else []),
    ]
    tells = letter.reason in (NotifyReason.SILENCE_ENDED, NotifyReason.QUIET_ENDED, NotifyReason.FLAPPING)
    return f"{', '.join(words)}." if len(words) > 1 or (tells and firing + over > 1) else ""


def is_alone(letter: Letter) -> bool:
    """Whether it is about one alert."""
    return len(letter.firing) + len(letter.resolved) == 1


def _goes_on(letter: Letter, alert: Alert) -> str:
    """`day 3, still falling 0.1 V a day`; day 1 is the first 24 hours."""
    days = max(0, (letter.now - (alert.fired_at or alert.active_at)) // DAY) + 1
    trend = letter.trends.get(alert.id)
    return f"day {days}" + (f", {one_line(trend)}" if trend else "")


def _flapping(letter: Letter, episode: Episode, alert: Alert, zone: tzinfo) -> str:
    stands = "it fires now" if alert.state is State.FIRING else "it is clear now"
    since = stamp(episode.began_at.astimezone(zone), letter.now)
    return f"{count(episode.count, 'change', 'changes')} since {since}; {stands}"


def _acknowledged(ack: Ack, zone: tzinfo, now: datetime) -> str:
    until = f" until {stamp(ack.until.astimezone(zone), now)}" if ack.until is not None else ""
    note = f": {one_line(ack.note, 500)}" if ack.note else ""
    return f"acknowledged by {one_line(ack.by)} at {stamp(ack.at.astimezone(zone), now)}{until}{note}"


def counted(letter: Letter) -> list[str]:
    """How many of each rule, for a message that cannot tell all in full."""
    return rule_counts((*letter.firing, *letter.resolved))

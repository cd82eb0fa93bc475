"""Acknowledging: somebody has an alert in hand."""

from datetime import datetime

from alertd.alerts.flapping import Episode
from alertd.daemon.words import brief, span
from alertd.errors import UsageError
from alertd.model import Alert, State
from alertd.notify.standing import Ack
from alertd.store.store import Store


def acknowledge(store: Store, text: str, *, by: str, lasts: str | None, note: str, now: datetime) -> Ack:
    """Record that somebody has an alert in hand, for so long or until it ends.

    `text` is its id, or RULE/SERIAL.

    Raises:
        UsageError: nothing of that name fires, or the words are not understood.
    """
    until = now + span("--for", lasts) if lasts is not None else None
    brief("--note", note)
    found, episode = in_hand(store, text)
    ack = Ack(
        alert_id=found.id,
        rule=found.rule,
        subject=found.subject,
        by=by,
        at=now,
        until=until,
        note=note,
        severity=found.severity if episode is None else max(found.severity, episode.severity),
    )
    return store.standing.add_ack(ack)


def in_hand(store: Store, text: str) -> tuple[Alert, Episode | None]:
    """The alert of this name that fires; while it flaps the newest one, whatever its state, and the flapping.

    Raises:
        UsageError: nothing of that name fires.
    """
    by_id = store.alert(text)
    rule, _, subject = text.partition("/")
    key = (by_id.rule, by_id.subject) if by_id is not None else (rule, subject)
    episodes = (each for each in store.standing.episodes() if each.ended_at is None)
    episode = next((each for each in episodes if (each.rule, each.subject) == key), None)
    if episode is not None and (newest := store.alert(episode.alert_id)) is not None:
        return newest, episode
    alive = by_id or next((each for each in store.active_alerts() if (each.rule, each.subject) == key), None)
    if alive is None:
        raise UsageError(f"nothing fires as {text}: alertd alerts lists what does, by id or as RULE/SERIAL")
    if alive.shadow:
        raise UsageError(
            f"{alive.rule}/{alive.subject} is in shadow, so nobody was told: there is nothing to acknowledge"
        )
    if alive.state is not State.FIRING:
        state = "is pending, so nobody was told yet" if alive.state is State.PENDING else "is over"
        raise UsageError(f"{alive.rule}/{alive.subject} {state}: there is nothing to acknowledge")
    return alive, None

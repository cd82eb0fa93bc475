"""What a target knows once a message to it was delivered, may have been, or was given up. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from alertd.model import Delivery, Says, Told


def told_after(delivery: Delivery, told: Mapping[str, Told], now: datetime) -> list[Told]:
    """What the target knows once this message was delivered; `told` is what it knew, by alert id."""
    return [_heard(told.get(says.alert_id), says, delivery.target, now) for says in delivery.says]


def told_maybe(delivery: Delivery, told: Mapping[str, Told]) -> list[Told]:
    """What the target may know when a send broke off: what fires may have been told, so its end is owed.

    An ending may have been told, too: should it go in another message, that one is a possible repeat.
    """
    return [replace(_known(told.get(says.alert_id), says, delivery.target), maybe=True) for says in delivery.says]


def told_given_up(delivery: Delivery, told: Mapping[str, Told], now: datetime) -> list[Told]:
    """What is left when a message became a dead letter: an ending is owed no more, a firing waits for its reminder."""
    return [
        replace(_known(told.get(says.alert_id), says, delivery.target), gave_up_at=now, settled=says.ended)
        for says in delivery.says
    ]


def _known(told: Told | None, says: Says, target: str) -> Told:
    return told or Told(alert_id=says.alert_id, target=target)


def _heard(told: Told | None, says: Says, target: str, now: datetime) -> Told:
    known = _known(told, says, target)
    if says.ended:
        return replace(known, ended_at=now, settled=True, firing_at=known.firing_at or now, maybe=False)
    return replace(
        known,
        severity=max(says.severity, known.severity or says.severity) if known.ended_at is None else says.severity,
        firing_at=known.firing_at or now,
        ended_at=None,
        settled=False,
        maybe=False,
        gave_up_at=None,
    )

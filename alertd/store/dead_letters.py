"""Saying again what a dead letter did not bring over."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, select, update

from alertd.model import Delivery, DeliveryState, NotifyReason, Says, State, Told
from alertd.store import alert_log
from alertd.store.engine import Database
from alertd.store.rows import chunked, delivery_columns, delivery_of
from alertd.store.schema import ALERTS, DELIVERIES, TARGETS
from alertd.store.standing_schema import EPISODES


class SaidAgain(Enum):
    """What becomes of a dead letter that somebody wants sent again."""

    OWED = "owed"
    """The next dispatch decides it anew: as it stands now, in one message with whatever else is owed."""
    QUEUED = "queued"
    """The very text goes again."""
    KNOWN = "known"
    """Nothing of it is left to say: the target knows by now, or what it was about is gone."""
    NO_DEAD_LETTER = "no dead letter"
    """There is none of that id, or somebody else was quicker."""


class DeadLetters:
    """What the Store does with messages that were given up; a part of it, with the same promises."""

    _database: Database

    def say_again(self, delivery_id: int, now: datetime) -> SaidAgain:
        """Let a dead letter's target hear what it did not bring over; the target's back-off ends.

        An alert's news is decided anew, so that no "fires" goes out after its "resolved" and nobody hears what he
        knows. A digest, which stands by itself, is queued again as it was.
        """
        with self._database.writing() as connection:
            dead = _dead(connection, delivery_id)
            if dead is None:
                return SaidAgain.NO_DEAD_LETTER
            owed = _owe_again(connection, dead)
            if dead.reason is NotifyReason.DIGEST:
                _queue_again(connection, dead, now)
                came = SaidAgain.QUEUED
            elif owed:
                _set(connection, dead, state=DeliveryState.SUPERSEDED)
                came = SaidAgain.OWED
            else:
                return SaidAgain.KNOWN
            connection.execute(update(TARGETS).where(TARGETS.c.target == dead.target).values(next_try_at=None))
            return came


def _dead(connection: Connection, delivery_id: int) -> Delivery | None:
    wanted = (DELIVERIES.c.id == delivery_id, DELIVERIES.c.state == DeliveryState.DEAD)
    statement = select(*delivery_columns(DELIVERIES)).where(*wanted).with_for_update()
    row = connection.execute(statement).first()
    return None if row is None else delivery_of(row)


def _owe_again(connection: Connection, dead: Delivery) -> bool:
    """Take back that its news was given up; whether there was some."""
    says = {each.alert_id: each for each in dead.says}
    told = [each for each in alert_log.told(connection, says) if each.target == dead.target]
    owed = [each for each in told if _is_owed(each, says[each.alert_id])]
    alert_log.record_told(connection, [replace(each, gave_up_at=None, settled=False) for each in owed])
    _unsettle(connection, [each.alert_id for each in owed])
    return bool(owed)


def _is_owed(told: Told, says: Says) -> bool:
    """Whether the target still does not know what the message said."""
    if told.gave_up_at is None or told.ended_at is not None:
        return False
    return says.ended or told.firing_at is None or (told.severity is not None and told.severity < says.severity)


def _unsettle(connection: Connection, ids: Sequence[str]) -> None:
    """Of these somebody has something to hear again; they may be alerts or their flapping."""
    for some in chunked(ids):
        over = (ALERTS.c.id.in_(some), ALERTS.c.state == State.RESOLVED)
        connection.execute(update(ALERTS).where(*over).values(settled=False))
        connection.execute(update(EPISODES).where(EPISODES.c.id.in_(some)).values(settled=False))


def _queue_again(connection: Connection, dead: Delivery, now: datetime) -> None:
    """It says nothing of alerts this time: what they owe is decided beside it."""
    nothing: Iterable[Says] = ()
    _set(connection, dead, state=DeliveryState.QUEUED, decided_at=now, due_at=now, says=nothing, error="")


def _set(connection: Connection, delivery: Delivery, **values: object) -> None:
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery.id).values(**values))

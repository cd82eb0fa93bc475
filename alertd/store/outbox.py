"""The outbox: messages from the decision to the outcome, and how sending to each target goes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, insert, select, update

from alertd.model import Delivery, DeliveryState, TargetHealth, Timing, Told
from alertd.store import alert_log
from alertd.store.columns import Moment, Words
from alertd.store.rows import chunked, delivery_columns, delivery_of, delivery_row, read, row_of, upsert
from alertd.store.schema import DELIVERIES, SPEAKS_OF, TARGETS, TIMINGS

UNSENT = (DeliveryState.QUEUED, DeliveryState.LEASED)
FINISHED = tuple(state for state in DeliveryState if state not in UNSENT)

_COLUMNS = delivery_columns(DELIVERIES)
_OLDEST_FIRST = select().where(DELIVERIES.c.state.in_(UNSENT)).order_by(DELIVERIES.c.id)
_PENDING = {whole: _OLDEST_FIRST.add_columns(*delivery_columns(DELIVERIES, whole=whole)) for whole in (True, False)}
_TARGET = bindparam("target", type_=Words)
_OLDER = DELIVERIES.alias("older")
_CLAIMABLE = (
    DELIVERIES.c.state == DeliveryState.QUEUED,
    DELIVERIES.c.target == _TARGET,
    ~exists().where(
        _OLDER.c.state.in_(UNSENT),
        _OLDER.c.target == DELIVERIES.c.target,
        _OLDER.c.group_key == DELIVERIES.c.group_key,
        _OLDER.c.id < DELIVERIES.c.id,
    ),
)
"""Queued messages of the target that no unsent older one of the same group stands before."""

_NEXT_DUE = select(
    select(func.min(DELIVERIES.c.due_at, type_=Moment)).where(*_CLAIMABLE).scalar_subquery(),
    select(TARGETS.c.next_try_at).where(TARGETS.c.target == _TARGET).scalar_subquery(),
)
"""Made once: every lane asks it every second."""

_REWRITING = update(DELIVERIES).where(DELIVERIES.c.id == bindparam("this"))


def pending(connection: Connection, *, whole: bool = True) -> list[Delivery]:
    """Queued and leased, oldest first; not `whole`: of their messages the title alone, for the rest is large."""
    return [delivery_of(row, whole=whole) for row in connection.execute(_PENDING[whole])]


def deliveries(
    connection: Connection, limit: int | None, state: DeliveryState | None, target: str | None
) -> list[Delivery]:
    """Newest first, of that state and target where they are given."""
    statement = select(*_COLUMNS).order_by(DELIVERIES.c.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(DELIVERIES.c.state == state)
    if target is not None:
        statement = statement.where(DELIVERIES.c.target == target)
    return _deliveries(connection, statement)


def headlines(connection: Connection, limit: int, state: DeliveryState | None, target: str | None) -> list[Delivery]:
    """The same with titles alone: mails are large."""
    where = [DELIVERIES.c.state == state] if state is not None else []
    where += [DELIVERIES.c.target == target] if target is not None else []
    return _headlines(connection, select().where(*where).order_by(DELIVERIES.c.id.desc()).limit(limit))


def newest_delivered(connection: Connection) -> dict[str, Delivery]:
    """The message of the highest number that each target got, by the target's name; with titles alone."""
    newest = (
        select(func.max(DELIVERIES.c.id))
        .where(DELIVERIES.c.state == DeliveryState.DELIVERED)
        .group_by(DELIVERIES.c.target)
    )
    found = _headlines(connection, select().where(DELIVERIES.c.id.in_(newest)))
    return {each.target: each for each in found}


def counts(connection: Connection) -> dict[str, Counter[DeliveryState]]:
    """How many messages on record are in each state, by the target's name."""
    statement = select(DELIVERIES.c.target, DELIVERIES.c.state, func.count()).group_by(
        DELIVERIES.c.target, DELIVERIES.c.state
    )
    found: dict[str, Counter[DeliveryState]] = {}
    for target, state, number in connection.execute(statement):
        found.setdefault(target, Counter())[state] = number
    return found


def _headlines(connection: Connection, statement: Select[Any]) -> list[Delivery]:
    columns = delivery_columns(DELIVERIES, whole=False)
    return [delivery_of(row, whole=False) for row in connection.execute(statement.add_columns(*columns))]


def about(connection: Connection, ids: Iterable[str]) -> list[Delivery]:
    """Messages that say something of these alerts or episodes, in the order of their decisions; with titles alone."""
    columns = delivery_columns(DELIVERIES, whole=False)
    found: list[Delivery] = []
    for some in chunked(sorted(set(ids))):
        statement = select(*columns).join(SPEAKS_OF, SPEAKS_OF.c.delivery_id == DELIVERIES.c.id)
        rows = connection.execute(statement.where(SPEAKS_OF.c.alert_id.in_(some)))
        found += [delivery_of(row, whole=False) for row in rows]
    return sorted({each.id: each for each in found}.values(), key=lambda each: each.id)


def _deliveries(connection: Connection, statement: Select[tuple[object, ...]]) -> list[Delivery]:
    return [delivery_of(row) for row in connection.execute(statement)]


def timings(connection: Connection) -> list[Timing]:
    """When each target last heard of each group."""
    return read(connection, TIMINGS, Timing)


def supersede(connection: Connection, ids: Iterable[int]) -> list[Delivery]:
    """Take back queued messages; returns those that are no longer queued, which were left alone."""
    lost: list[int] = []
    for delivery_id in sorted(set(ids)):
        row = (DELIVERIES.c.id == delivery_id, DELIVERIES.c.state == DeliveryState.QUEUED)
        taken = connection.execute(update(DELIVERIES).where(*row).values(state=DeliveryState.SUPERSEDED, images=None))
        if taken.rowcount == 0:
            lost.append(delivery_id)
    return _deliveries(connection, select(*_COLUMNS).where(DELIVERIES.c.id.in_(lost))) if lost else []


def in_flight(connection: Connection) -> list[Delivery]:
    """Messages that are being sent now."""
    return _deliveries(connection, select(*_COLUMNS).where(DELIVERIES.c.state == DeliveryState.LEASED))


def enqueue(connection: Connection, new: Sequence[Delivery]) -> list[Delivery]:
    """Add messages; returns them with their ids, in the same order."""
    if not new:
        return []
    statement = insert(DELIVERIES).returning(DELIVERIES.c.id, sort_by_parameter_order=True)
    ids = connection.scalars(statement, [delivery_row(each) for each in new])
    enqueued = [replace(each, id=given) for each, given in zip(new, ids, strict=True)]
    spoken = {(says.alert_id, each.id): None for each in enqueued for says in each.says}
    if spoken:
        connection.execute(insert(SPEAKS_OF), [{"alert_id": one, "delivery_id": other} for one, other in spoken])
    return enqueued


def record_timings(connection: Connection, latest: Sequence[Timing]) -> None:
    """Write when each target last heard of each group."""
    upsert(connection, TIMINGS, [row_of(each) for each in latest])


def next_due(connection: Connection, target: str) -> datetime | None:
    """When the target's next message may be claimed; None where none waits."""
    due_at, next_try_at = _due(connection, target)
    return due_at if due_at is None or next_try_at is None else max(due_at, next_try_at)


def _due(connection: Connection, target: str) -> tuple[datetime | None, datetime | None]:
    """When the first claimable message is due, and until when the target as a whole backs off."""
    due_at, next_try_at = connection.execute(_NEXT_DUE, {"target": target}).one()
    return due_at, next_try_at


def claim(connection: Connection, target: str, now: datetime, lease: timedelta, *, hasten: bool) -> Delivery | None:
    """Lease the target's oldest due message; `hasten` takes every one for due."""
    due_at, next_try_at = _due(connection, target)
    if due_at is None or (not hasten and next_try_at is not None and next_try_at > now):
        return None
    statement = select(*_COLUMNS).where(*_CLAIMABLE).order_by(DELIVERIES.c.id).limit(1)
    if not hasten:
        statement = statement.where(DELIVERIES.c.due_at <= now)
    row = connection.execute(statement.with_for_update(skip_locked=True, of=DELIVERIES), {"target": target}).first()
    if row is None:
        return None
    found = delivery_of(row)
    claimed = replace(found, state=DeliveryState.LEASED, attempts=found.attempts + 1, leased_until=now + lease)
    _rewrite(connection, claimed)
    return claimed


def record_outcome(connection: Connection, after: Delivery) -> bool:
    """Write what came of an attempt; False where the lease ended meanwhile and the message is another's by now.

    That it was delivered is true in any case, and saves the repeat.
    """
    row = connection.execute(
        select(DELIVERIES.c.state, DELIVERIES.c.attempts).where(DELIVERIES.c.id == after.id).with_for_update()
    ).first()
    delivered = after.state is DeliveryState.DELIVERED
    if row is None:
        return delivered
    if not delivered and (row.state is not DeliveryState.LEASED or row.attempts != after.attempts):
        return False
    _rewrite(connection, replace(after, attempts=row.attempts))
    if after.delivered_at is not None:
        _record_delivered(connection, after, after.delivered_at)
    return True


def _record_delivered(connection: Connection, delivery: Delivery, at: datetime) -> None:
    """From now on a group's times count from when its message arrived, which may be hours after the decision.

    The groups that a merged message spoke of are known by the time that they share with it.
    """
    of_decision = (TIMINGS.c.target == delivery.target, TIMINGS.c.last_message_at == delivery.decided_at)
    its_own = (*of_decision, TIMINGS.c.group_key == delivery.group_key)
    arrived = connection.execute(update(TIMINGS).where(*its_own).values(last_message_at=at))
    if arrived.rowcount == 0:
        connection.execute(update(TIMINGS).where(*of_decision).values(last_message_at=at))


def _rewrite(connection: Connection, delivery: Delivery) -> None:
    changed: dict[str, object] = {
        "state": delivery.state,
        "due_at": delivery.due_at,
        "attempts": delivery.attempts,
        "maybe_sent": delivery.maybe_sent,
        "leased_until": delivery.leased_until,
        "delivered_at": delivery.delivered_at,
        "error": delivery.error,
    }
    if delivery.state in FINISHED:
        changed["images"] = None  # nobody looks at them again, and they are large
    connection.execute(_REWRITING, {"this": delivery.id, **changed})


def release(connection: Connection, now: datetime, *, all_: bool) -> int:
    """Queue leased messages again whose holder is gone; each may have arrived, so what it says may be known."""
    leased = in_flight(connection)
    orphans = [each for each in leased if all_ or (each.leased_until is not None and each.leased_until < now)]
    for each in orphans:
        _rewrite(connection, replace(each, state=DeliveryState.QUEUED, maybe_sent=True, leased_until=None))
    said = {(says.alert_id, each.target) for each in orphans for says in each.says}
    known = {(each.alert_id, each.target): each for each in alert_log.told(connection, [key[0] for key in said])}
    heard = [known.get(key, Told(alert_id=key[0], target=key[1])) for key in said]
    alert_log.record_told(connection, [replace(each, maybe=True) for each in heard if each.ended_at is None])
    return len(orphans)


def health(connection: Connection) -> dict[str, TargetHealth]:
    """How sending to each target has gone lately, by name."""
    return {each.target: each for each in read(connection, TARGETS, TargetHealth)}


def record_health(connection: Connection, latest: TargetHealth) -> None:
    """Write how sending to one target goes."""
    upsert(connection, TARGETS, [row_of(latest)])

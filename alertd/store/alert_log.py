"""Alerts, their transitions, and what each target was told of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, case, false, func, insert, select, true, type_coerce, update

from alertd.model import Alert, State, Told, Transition
from alertd.store.columns import MICROSECOND, Moment, storable, to_micros
from alertd.store.rows import chunked, query, read, read_among, row_of, upsert, values_of
from alertd.store.schema import ALERTS, TOLD, TRANSITIONS

_LIVING = (State.PENDING, State.FIRING)
# None of the living is settled; saying so lets the index that serves open_ serve here as well.
_UNSETTLED = query(ALERTS, Alert, ALERTS.c.settled == false())
_UNSETTLED_IDS = select(ALERTS.c.id).where(ALERTS.c.settled == false())
_ACTIVE = query(ALERTS, Alert, ALERTS.c.settled == false(), ALERTS.c.state.in_(_LIVING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """How one rule's alerts fired in a span of time."""

    times: int
    """How often one began to fire in it."""
    firing: int
    """How many fire now."""
    lasted: timedelta
    """How long they fired within it, all together."""
    last: datetime | None
    """When the last of them fired."""


def record_alerts(connection: Connection, alerts: Sequence[Alert], now: datetime) -> None:
    """Write alerts by id. One that never fired is settled as it ends: nobody is told of it.

    Those that are over go first, so that in one round an alert can end and the next of its kind begin.
    """
    over = [_alert_row(alert, now) for alert in alerts if alert.state is State.RESOLVED]
    living = [_alert_row(alert, now) for alert in alerts if alert.state is not State.RESOLVED]
    upsert(connection, ALERTS, over, sticky=("settled",))
    upsert(connection, ALERTS, living)


def _alert_row(alert: Alert, now: datetime) -> dict[str, Any]:
    cancelled = alert.state is State.RESOLVED and alert.fired_at is None
    return {**row_of(alert), "settled": cancelled, "written_at": now}


def record_transitions(connection: Connection, transitions: Sequence[Transition]) -> None:
    """Add them to the record, in order."""
    if transitions:
        connection.execute(insert(TRANSITIONS), [row_of(each) for each in transitions])


def active(connection: Connection) -> list[Alert]:
    """Pending and firing, in the order they began."""
    return sorted(values_of(connection, _ACTIVE, Alert), key=beginning)


def open_(connection: Connection) -> list[Alert]:
    """Firing, and resolved ones that are not settled, in the order they began."""
    where = (ALERTS.c.settled == false(), ALERTS.c.state.in_((State.FIRING, State.RESOLVED)))
    return sorted(read(connection, ALERTS, Alert, *where), key=beginning)


def unsettled(connection: Connection) -> list[Alert]:
    """Pending, firing, and resolved ones of which somebody may have something to hear, in the order they began."""
    return sorted(values_of(connection, _UNSETTLED, Alert), key=beginning)


def unsettled_ids(connection: Connection) -> list[str]:
    """The ids of `unsettled`."""
    return list(connection.scalars(_UNSETTLED_IDS))


def beginning(alert: Alert) -> tuple[datetime, str]:
    """Sorts alerts by when they began."""
    return alert.active_at, alert.id


def alerts(connection: Connection, states: Iterable[State], limit: int | None) -> list[Alert]:
    """In these states (none: in any), newest first."""
    chosen = tuple(states)
    where = (ALERTS.c.state.in_(chosen),) if chosen else ()
    return read(connection, ALERTS, Alert, *where, order_by=(ALERTS.c.active_at.desc(), ALERTS.c.id), limit=limit)


def alert(connection: Connection, alert_id: str) -> Alert | None:
    """The one of this id."""
    found = read(connection, ALERTS, Alert, ALERTS.c.id == alert_id)
    return found[0] if found else None


def alerts_of(connection: Connection, rule: str, subject: str) -> list[Alert]:
    """Every one of a rule and subject, newest first."""
    about = (ALERTS.c.rule == rule, ALERTS.c.subject == subject)
    return read(connection, ALERTS, Alert, *about, order_by=(ALERTS.c.active_at.desc(), ALERTS.c.id))


def alerts_of_rule(connection: Connection, rule: str, limit: int) -> list[Alert]:
    """Those that fired or are pending, newest first."""
    known = (ALERTS.c.rule == rule, (ALERTS.c.fired_at.is_not(None)) | (ALERTS.c.state == State.PENDING))
    return read(connection, ALERTS, Alert, *known, order_by=(ALERTS.c.active_at.desc(), ALERTS.c.id), limit=limit)


def firing_at(connection: Connection, at: datetime) -> list[Alert]:
    """Those that fired at a time, by their samples' times, as they stand now; in the order they began."""
    over = (ALERTS.c.resolved_at.is_(None)) | (ALERTS.c.resolved_at > at)
    return sorted(read(connection, ALERTS, Alert, ALERTS.c.fired_at <= at, over), key=beginning)


def fired_in_shadow(connection: Connection) -> list[Alert]:
    """Those that fired and were in shadow when they were last judged, in the order they began."""
    found = read(connection, ALERTS, Alert, ALERTS.c.shadow == true(), ALERTS.c.fired_at.is_not(None))
    return sorted(found, key=beginning)


def by_id(connection: Connection, alert_ids: Iterable[str]) -> list[Alert]:
    """These alerts, whatever their state."""
    return read_among(connection, ALERTS, Alert, "id", alert_ids)


def transitions(connection: Connection, alert_id: str) -> list[Transition]:
    """An alert's, oldest first."""
    return read(connection, TRANSITIONS, Transition, TRANSITIONS.c.alert_id == alert_id, order_by=(TRANSITIONS.c.id,))


def told(connection: Connection, alert_ids: Iterable[str]) -> list[Told]:
    """What every target knows of these alerts."""
    return read_among(connection, TOLD, Told, "alert_id", alert_ids)


def record_told(connection: Connection, known: Sequence[Told]) -> None:
    """Write what targets know; the last of several about one (alert, target) counts."""
    latest = {(each.alert_id, each.target): each for each in known}
    upsert(connection, TOLD, [row_of(each) for each in latest.values()])


def settle(connection: Connection, alert_ids: Iterable[str]) -> None:
    """Nothing more is owed of these; one that is not over stays as it is."""
    for ids in chunked(sorted(set(alert_ids))):
        over = (ALERTS.c.id.in_(ids), ALERTS.c.state == State.RESOLVED)
        connection.execute(update(ALERTS).where(*over).values(settled=True))


def rename_rule(connection: Connection, old: str, new: str) -> int:
    """Let unsettled alerts of a rule go on under its new name; returns how many.

    One whose subject has a living alert of the new name already keeps the old one, and ends as its rule is gone.
    """
    unsettled = ALERTS.c.settled == false()
    living = select(ALERTS.c.subject).where(unsettled, ALERTS.c.state.in_(_LIVING), ALERTS.c.rule == new)
    taken = set(connection.scalars(living))
    found = read(connection, ALERTS, Alert, unsettled, ALERTS.c.rule == old)
    renamed = [each for each in found if each.state is State.RESOLVED or each.subject not in taken]
    for each in renamed:
        labels = {**each.labels, "alertname": storable(new)} if "alertname" in each.labels else each.labels
        connection.execute(update(ALERTS).where(ALERTS.c.id == each.id).values(rule=new, labels=labels))
    return len(renamed)


def fired_since(connection: Connection, since: datetime, now: datetime) -> dict[str, Fired]:
    """How often alerts of each rule fired since then, and for how long; those of alertd itself too."""
    began, ended = type_coerce(ALERTS.c.fired_at, BigInteger), type_coerce(ALERTS.c.resolved_at, BigInteger)
    begin = case((began > to_micros(since), began), else_=to_micros(since))
    lasted = func.coalesce(ended, to_micros(now)) - begin
    fires = ALERTS.c.state == State.FIRING
    statement = (
        select(
            ALERTS.c.rule,
            func.sum(case((ALERTS.c.fired_at >= since, 1), else_=0)),
            func.sum(case((fires, 1), else_=0)),
            func.sum(case((lasted > 0, lasted), else_=0)),
            func.max(ALERTS.c.fired_at, type_=Moment),
        )
        .where(ALERTS.c.fired_at.is_not(None), (ALERTS.c.resolved_at.is_(None)) | (ALERTS.c.resolved_at > since))
        .group_by(ALERTS.c.rule)
    )
    return {
        row[0]: Fired(times=int(row[1]), firing=int(row[2]), lasted=int(row[3]) * MICROSECOND, last=row[4])
        for row in connection.execute(statement)
    }

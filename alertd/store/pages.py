"""What the Store shows page by page, and what is new in it since: for those who come over HTTP."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from alertd.model import Alert, Delivery, DeliveryState, Sample, Severity, Source, State, Transition
from alertd.store.engine import Database
from alertd.store.outbox import UNSENT
from alertd.store.rows import chunked, delivery_columns, delivery_of, field_names, query, read, values_of
from alertd.store.schema import ALERTS, DELIVERIES, NEWEST, TRANSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts are wanted; what is empty limits nothing."""

    states: Collection[State] = ()
    severities: Collection[Severity] = ()
    rule: str = ""
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One transition on record, and whose it is."""

    id: int
    transition: Transition
    rule: str
    subject: str
    own: bool


@dataclass(frozen=True, slots=True)
class Ends:
    """The last of what is on record."""

    transition: int
    delivery: int


class Pages:
    """A part of the Store, with the same promises."""

    _database: Database

    def alerts_page(self, wanted: AlertFilter, after: tuple[datetime, str] | None, limit: int) -> list[Alert]:
        """Alerts, newest first, from behind the one that began then and has this id; none that never fired."""
        order = (ALERTS.c.active_at.desc(), ALERTS.c.id)
        statement = query(ALERTS, Alert, *_meets(wanted), *_behind(after)).order_by(*order).limit(limit)
        with self._database.reading() as connection:
            return values_of(connection, statement, Alert)

    def deliveries_page(
        self, *, state: DeliveryState | None, target: str | None, before: int | None, limit: int
    ) -> list[Delivery]:
        """Messages, newest first, older than the one of this id; of their texts the titles alone."""
        where: list[ColumnElement[bool]] = []
        where += [DELIVERIES.c.state == state] if state is not None else []
        where += [DELIVERIES.c.target == target] if target is not None else []
        where += [DELIVERIES.c.id < before] if before is not None else []
        with self._database.reading() as connection:
            return _deliveries(connection, where, newest_first=True, limit=limit)

    def delivery(self, delivery_id: int) -> Delivery | None:
        """The one of this id, with its whole text."""
        statement = select(*delivery_columns(DELIVERIES)).where(DELIVERIES.c.id == delivery_id)
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else delivery_of(row)

    def newest_among(self, serials: Iterable[str]) -> list[Sample]:
        """The newest record of each source of these instruments."""
        found: list[Sample] = []
        with self._database.reading() as connection:
            for some in chunked(sorted(set(serials))):
                # Every source by name: so the index of (source, instrument) serves.
                found += read(
                    connection, NEWEST, Sample, NEWEST.c.source.in_(list(Source)), NEWEST.c.instrument.in_(some)
                )
        return found

    # -- what is new -------------------------------------------------------------------------------------------------

    def ends(self) -> Ends:
        """The last transition and the last message on record; 0 where there is none."""
        with self._database.reading() as connection:
            last = [connection.scalar(select(func.max(table.c.id))) for table in (TRANSITIONS, DELIVERIES)]
        return Ends(*(each or 0 for each in last))

    def steps_since(self, after: int, upto: int | None, limit: int) -> list[Step]:
        """Transitions behind the one of this id, up to another, oldest first."""
        names = field_names(Transition)
        columns = [TRANSITIONS.c.id, ALERTS.c.rule, ALERTS.c.subject, ALERTS.c.own]
        statement = (
            select(*columns, *(TRANSITIONS.c[name] for name in names))
            .select_from(TRANSITIONS.join(ALERTS, ALERTS.c.id == TRANSITIONS.c.alert_id))
            .where(TRANSITIONS.c.id > after, *([TRANSITIONS.c.id <= upto] if upto is not None else []))
            .order_by(TRANSITIONS.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return [
            Step(row[0], Transition(**dict(zip(names, row[len(columns) :], strict=True))), row[1], row[2], bool(row[3]))
            for row in rows
        ]

    def deliveries_since(self, after: int, upto: int | None, limit: int) -> list[Delivery]:
        """Messages behind the one of this id, up to another, oldest first; of their texts the titles alone."""
        where = [DELIVERIES.c.id > after, *([DELIVERIES.c.id <= upto] if upto is not None else [])]
        with self._database.reading() as connection:
            return _deliveries(connection, where, newest_first=False, limit=limit)

    def unsent(self) -> set[int]:
        """The ids of the messages that wait or are being sent."""
        with self._database.reading() as connection:
            return set(connection.scalars(select(DELIVERIES.c.id).where(DELIVERIES.c.state.in_(UNSENT))))

    def deliveries_among(self, ids: Iterable[int]) -> list[Delivery]:
        """These messages, oldest first; of their texts the titles alone."""
        found: list[Delivery] = []
        with self._database.reading() as connection:
            for some in chunked(sorted(set(ids))):
                found += _deliveries(connection, [DELIVERIES.c.id.in_(some)], newest_first=False, limit=None)
        return found


def _meets(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [or_(ALERTS.c.state != State.RESOLVED, ALERTS.c.fired_at.is_not(None))]
    where += [ALERTS.c.state.in_(sorted(wanted.states))] if wanted.states else []
    where += [ALERTS.c.severity.in_(sorted(wanted.severities))] if wanted.severities else []
    where += [ALERTS.c.rule == wanted.rule] if wanted.rule else []
    where += [ALERTS.c.subject == wanted.instrument, ALERTS.c.own == false()] if wanted.instrument else []
    return where


def _behind(after: tuple[datetime, str] | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    at, alert_id = after
    return [or_(ALERTS.c.active_at < at, and_(ALERTS.c.active_at == at, ALERTS.c.id > alert_id))]


def _deliveries(
    connection: Connection, where: Iterable[ColumnElement[bool]], *, newest_first: bool, limit: int | None
) -> list[Delivery]:
    order = DELIVERIES.c.id.desc() if newest_first else DELIVERIES.c.id
    statement = select(*delivery_columns(DELIVERIES, whole=False)).where(*where).order_by(order).limit(limit)
    return [delivery_of(row, whole=False) for row in connection.execute(statement)]

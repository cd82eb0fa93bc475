"""What stands between alerts and targets: silences, acknowledgements, holds, clocks, episodes, explanations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from alertd.alerts.flapping import CHANGES, Episode
from alertd.matchers import parse_matcher
from alertd.model import Alert, State
from alertd.notify.known import Key, Plan
from alertd.notify.silences import Silence, state_of
from alertd.notify.standing import Ack, Explained
from alertd.notify.wallclock import DAY
from alertd.store.engine import Database
from alertd.store.rows import chunked, read, read_among, row_of, upsert
from alertd.store.schema import ALERTS, TRANSITIONS
from alertd.store.standing_schema import ACKS, CLOCKS, EPISODES, EXPLAINED, HELD, SILENCES

_AT_ONCE = timedelta(seconds=5)
_WEST = timedelta(hours=13)
"""How far the clocks of any zone are behind UTC's, and an hour that comes twice."""


class Standing:
    """Reads and changes all of it; a part of the Store, with the same promises. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- silences ----------------------------------------------------------------------------------------------------

    def silences(self, *, now: datetime | None = None) -> list[Silence]:
        """Every silence on record, oldest first; with `now` those that are not over then."""
        with self._database.reading() as connection:
            return _silences(connection, *(_not_over(now) if now is not None else ()))

    def silence(self, silence_id: str) -> Silence | None:
        """The one of this id."""
        with self._database.reading() as connection:
            found = _silences(connection, SILENCES.c.id == silence_id)
        return found[0] if found else None

    def add_silence(self, silence: Silence) -> None:
        """Record a new silence."""
        with self._database.writing() as connection:
            connection.execute(insert(SILENCES), [_silence_row(silence)])

    def replace_silence(self, before: Silence, after: Silence, at: datetime) -> bool:
        """Let one silence take another's place: under its id, or with an id of its own, and then the other one ends.

        `created_at` must be new: it is what tells a running alertd. False, and nothing is written, where `before` was
        changed meanwhile.
        """
        in_place = after.id == before.id
        ended = before if state_of(before, at) == "expired" else replace(before, expired_at=at)
        unchanged = (
            SILENCES.c.id == before.id,
            SILENCES.c.created_at == before.created_at,
            SILENCES.c.expired_at == before.expired_at,
        )
        row = _silence_row(after if in_place else ended)
        with self._database.writing() as connection:
            if connection.execute(update(SILENCES).where(*unchanged).values(row)).rowcount == 0:
                return False
            if not in_place:
                connection.execute(insert(SILENCES), [_silence_row(after)])
        return True

    def expire_silence(self, silence_id: str, at: datetime) -> bool:
        """End a silence; False where there is none of this id, or it is over already."""
        with self._database.writing() as connection:
            return _expire(connection, [silence_id], at) > 0

    # -- acknowledgements ----------------------------------------------------------------------------------------------

    def acks(self, alert_ids: Iterable[str]) -> list[Ack]:
        """The acknowledgements of these alerts, oldest first."""
        with self._database.reading() as connection:
            return _acks(connection, alert_ids)

    def add_ack(self, ack: Ack) -> Ack:
        """Record one; an earlier one of the same alert that still stands ends with it."""
        with self._database.writing() as connection:
            standing = (ACKS.c.alert_id == ack.alert_id, ACKS.c.ended_at.is_(None))
            connection.execute(update(ACKS).where(*standing).values(ended_at=ack.at))
            row = {name: value for name, value in row_of(ack).items() if name != "id"}
            given = connection.scalar(insert(ACKS).values(row).returning(ACKS.c.id))
        return replace(ack, id=int(given or 0))

    # -- what else is asked --------------------------------------------------------------------------------------------

    def episodes(self) -> list[Episode]:
        """Flapping that goes on, and whose end somebody has not heard."""
        with self._database.reading() as connection:
            return read(connection, EPISODES, Episode, EPISODES.c.settled == false(), order_by=(EPISODES.c.began_at,))

    def episodes_of(self, rule: str, subject: str) -> list[Episode]:
        """Every time that it flapped, oldest first."""
        about = (EPISODES.c.rule == rule, EPISODES.c.subject == subject)
        with self._database.reading() as connection:
            return read(connection, EPISODES, Episode, *about, order_by=(EPISODES.c.began_at,))

    def ended_since(self, since: datetime) -> list[Alert]:
        """Alerts that fired and whose end was recorded since then, alertd's own too."""
        over = (ALERTS.c.state == State.RESOLVED, ALERTS.c.fired_at.is_not(None), ALERTS.c.closed_at > since)
        with self._database.reading() as connection:
            return read(connection, ALERTS, Alert, *over, order_by=(ALERTS.c.closed_at, ALERTS.c.id))

    def explained_by(self, cause_ids: Iterable[str]) -> list[Explained]:
        """Which alerts these explained."""
        with self._database.reading() as connection:
            return explained(connection, cause_ids)

    def stamp(self) -> tuple[object, ...]:
        """Changes whenever a silence or an acknowledgement does: cheap to ask once a second."""
        silences = select(func.count(), func.max(SILENCES.c.created_at), func.max(SILENCES.c.expired_at))
        with self._database.reading() as connection:
            return (*connection.execute(silences).one(), connection.scalar(select(func.max(ACKS.c.id))))

    def changes_since(self, since: datetime) -> list[tuple[str, str, datetime]]:
        """(rule, subject, sample time) of every firing and resolving since then, in order; not of alertd's own.

        Changes up to the end of an episode of flapping do not count again, those in shadow not at all.
        """
        last = (
            select(EPISODES.c.rule, EPISODES.c.subject, func.max(EPISODES.c.ended_at).label("ended_at"))
            .group_by(EPISODES.c.rule, EPISODES.c.subject)
            .subquery()
        )
        joined = TRANSITIONS.join(ALERTS, ALERTS.c.id == TRANSITIONS.c.alert_id).outerjoin(
            last, (last.c.rule == ALERTS.c.rule) & (last.c.subject == ALERTS.c.subject)
        )
        statement = (
            select(ALERTS.c.rule, ALERTS.c.subject, TRANSITIONS.c.at)
            .select_from(joined)
            .where(
                ALERTS.c.own == false(),
                ALERTS.c.shadow == false(),
                TRANSITIONS.c.kind.in_(list(CHANGES)),
                TRANSITIONS.c.at >= since,
                or_(last.c.ended_at.is_(None), TRANSITIONS.c.at > last.c.ended_at),
            )
            .order_by(TRANSITIONS.c.at)
        )
        with self._database.reading() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(statement)]

    def shift_clocks(self, by: timedelta) -> None:
        """After a step of the wall clock: no escalation counts the jump."""
        running = CLOCKS.c.running_since.is_not(None)
        with self._database.writing() as connection:
            since = type_coerce(CLOCKS.c.running_since, BigInteger) + by // timedelta(microseconds=1)
            connection.execute(update(CLOCKS).where(running).values(running_since=since))


def record_plan(connection: Connection, plan: Plan, now: datetime) -> None:
    """Write what a plan changes here."""
    upsert(connection, HELD, [row_of(each) for each in plan.held])
    release(connection, plan.no_longer_held)
    upsert(connection, CLOCKS, [row_of(each) for each in plan.clocks])
    upsert(connection, EXPLAINED, [row_of(each) for each in plan.explained])
    for ids in chunked(plan.settled_episodes):
        connection.execute(update(EPISODES).where(EPISODES.c.id.in_(ids)).values(settled=True))
    for ack_ids in chunked(plan.ended_acks):
        connection.execute(update(ACKS).where(ACKS.c.id.in_(ack_ids)).values(ended_at=now))
    _expire(connection, plan.expired_silences, now)


def release(connection: Connection, keys: Iterable[Key]) -> None:
    """Forget holds."""
    for alert_id, target in sorted(set(keys)):
        connection.execute(delete(HELD).where(HELD.c.alert_id == alert_id, HELD.c.target == target))


def record_episodes(connection: Connection, episodes: Sequence[Episode]) -> None:
    """Write episodes of flapping."""
    upsert(connection, EPISODES, [{**row_of(each), "settled": False} for each in episodes], sticky=("settled",))


def rename_rule(connection: Connection, old: str, new: str) -> None:
    """Let what stands of a rule's alerts go on under its new name."""
    for table in (EPISODES, ACKS):
        connection.execute(update(table).where(table.c.rule == old).values(rule=new))


def prune(connection: Connection, before: datetime) -> None:
    """Forget silences and flapping that were over before that time. What belongs to an alert goes with it."""
    over = or_(SILENCES.c.expired_at < before, SILENCES.c.ends_at < before)
    connection.execute(delete(SILENCES).where(over))
    # The end of a series may stand in its rule alone (COUNT, UNTIL); by no zone's clocks is it a day off UTC's.
    series = _silences(connection, SILENCES.c.rrule.is_not(None), SILENCES.c.created_at < before)
    ids = [silence.id for silence in series if state_of(silence, before - DAY) == "expired"]
    for some in chunked(ids):
        connection.execute(delete(SILENCES).where(SILENCES.c.id.in_(some)))
    connection.execute(delete(EPISODES).where(EPISODES.c.ended_at < before))


def explained(connection: Connection, cause_ids: Iterable[str]) -> list[Explained]:
    """Which alerts these explained."""
    return read_among(connection, EXPLAINED, Explained, "cause_id", cause_ids)


def standing_silences(connection: Connection, now: datetime) -> list[Silence]:
    """Those that are not over."""
    return _silences(connection, *_not_over(now))


def _acks(connection: Connection, alert_ids: Iterable[str]) -> list[Ack]:
    return sorted(read_among(connection, ACKS, Ack, "alert_id", alert_ids), key=lambda ack: ack.id)


def _expire(connection: Connection, ids: Sequence[str], at: datetime) -> int:
    if not ids:
        return 0
    # Of two who end it at once the later one here may have read the clock first, and its silence is over all the same.
    already = SILENCES.c.expired_at <= at + _AT_ONCE
    there = (SILENCES.c.id.in_(list(ids)), *_not_over(at), SILENCES.c.expired_at.is_(None) | ~already)
    return connection.execute(update(SILENCES).where(*there).values(expired_at=at)).rowcount


def _not_over(now: datetime) -> tuple[ColumnElement[bool], ...]:
    # An end by the clocks of each monitor's zone comes up to so much after that by UTC's.
    latest = or_(SILENCES.c.ends_at > now, (SILENCES.c.ends_local.is_not(None)) & (SILENCES.c.ends_at > now - _WEST))
    return (
        or_(SILENCES.c.ends_at.is_(None), latest),
        or_(SILENCES.c.expired_at.is_(None), SILENCES.c.expired_at > now),
    )


def _silences(connection: Connection, *where: ColumnElement[bool]) -> list[Silence]:
    statement = select(SILENCES).where(*where).order_by(SILENCES.c.created_at, SILENCES.c.id)
    return [_silence(row._mapping) for row in connection.execute(statement)]  # noqa: SLF001 - SQLAlchemy's public name


def _silence(row: Any) -> Silence:
    local = {name: _wall(row[name]) for name in ("start_local", "ends_local")}
    return Silence(**{**dict(row), **local, "matchers": tuple(map(parse_matcher, row["matchers"]))})


def _wall(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _silence_row(silence: Silence) -> dict[str, Any]:
    row = row_of(silence) | {"matchers": [str(matcher) for matcher in silence.matchers]}
    return row | {name: row[name] and row[name].isoformat() for name in ("start_local", "ends_local")}

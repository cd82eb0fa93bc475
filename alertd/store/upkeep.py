"""Small things: what alertd remembers by name, forgetting what is old, whether the database is sound, copies of it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Column, ColumnElement, Connection, bindparam, delete, inspect, or_, select

from alertd.errors import StoreError
from alertd.model import State
from alertd.store import changes, history, outbox, standing
from alertd.store.columns import Words
from alertd.store.engine import Database
from alertd.store.rows import chunked, upsert
from alertd.store.schema import (
    ALERTS,
    CURSORS,
    DELIVERIES,
    INSTRUMENTS,
    MEMORY,
    METADATA,
    NEWEST,
    SPEAKS_OF,
    TIMINGS,
    TOLD,
    TRANSITIONS,
)
from alertd.store.standing_schema import ALERT_IDS

_RECALL = select(MEMORY.c.value).where(MEMORY.c.key == bindparam("key", type_=Words))


def remember(connection: Connection, key: str, value: object) -> None:
    """Keep a JSON value under this name."""
    upsert(connection, MEMORY, [{"key": key, "value": value}])


def recall(connection: Connection, key: str) -> object | None:
    """The value of this name; None where there is none."""
    found: object | None = connection.scalar(_RECALL, {"key": key})
    return found


def prune(database: Database, before: datetime, chunk: int) -> int:
    """Forget what was over before that time; returns how many rows of alerts, messages and instruments went.

    Many small transactions, so that no poll and no delivery waits long. What a waiting message speaks of stays.
    """
    gone = 0
    for columns, ids in _old(database, before):
        for part in chunked(ids, chunk):
            with database.writing() as connection:
                for column in reversed(columns):
                    connection.execute(delete(column.table).where(column.in_(part)))
            gone += len(part)
    with database.writing() as connection:
        connection.execute(delete(TIMINGS).where(TIMINGS.c.last_message_at < before))
        standing.prune(connection, before)
        changes.prune(connection, before)
    history.prune(database, before, chunk)
    return gone


_Forgotten = tuple[tuple["Column[str] | Column[int]", ...], Sequence[object]]


def _old(database: Database, before: datetime) -> Iterator[_Forgotten]:
    """What can go: the columns that name a thing, the thing's own first, and which ones."""
    with database.reading() as connection:
        spoken_of = {says.alert_id for row in outbox.pending(connection) for says in row.says}
        over = (ALERTS.c.state == State.RESOLVED, ALERTS.c.written_at < before)
        alert_ids = [each for each in _ids(connection, ALERTS.c.id, *over) if each not in spoken_of]
        finished = DELIVERIES.c.state.in_(outbox.FINISHED)
        stale = or_(DELIVERIES.c.delivered_at < before, DELIVERIES.c.delivered_at.is_(None))
        delivery_ids = _ids(connection, DELIVERIES.c.id, finished, DELIVERIES.c.decided_at < before, stale)
        serials = _ids(connection, INSTRUMENTS.c.serial, INSTRUMENTS.c.removed_at < before)
    yield (ALERTS.c.id, TOLD.c.alert_id, TRANSITIONS.c.alert_id, *ALERT_IDS), alert_ids
    yield (DELIVERIES.c.id, SPEAKS_OF.c.delivery_id), delivery_ids
    yield (INSTRUMENTS.c.serial, NEWEST.c.instrument, CURSORS.c.instrument), serials


def _ids(connection: Connection, column: ColumnElement[object], *where: ColumnElement[bool]) -> list[object]:
    return list(connection.scalars(select(column).where(*where)))


def check(database: Database) -> list[str]:
    """What is wrong with the database, one line each; nothing is good.

    Raises:
        StoreError: it cannot be read at all.
    """
    with database.reading() as connection:
        found = inspect(connection)
        missing = [f"the table {name} is missing" for name in METADATA.tables if not found.has_table(name)]
        if missing:
            return missing
        if connection.dialect.name == "sqlite":
            lines = [str(line) for line in connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()]
            if lines != ["ok"]:
                return [line.replace("\n", " ") for line in lines]
        return list(islice(history.check(connection), 20))


def back_up(database: Database, path: Path) -> None:
    """Write a whole, compact copy of an SQLite database while alertd goes on working.

    Raises:
        StoreError: there is such a file already, it cannot be written, or this is PostgreSQL.
    """
    if database.place.file is None:
        raise StoreError("a PostgreSQL database is backed up with pg_dump")
    if path.exists():
        raise StoreError(f"{path} is there already: name another file for the backup")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb"):
            pass  # so that a folder that cannot be written says so in its own name, not the database's
        with database.bare() as connection:
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        with unfinished.open("rb") as copy:
            os.fsync(copy.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):  # a place where nothing can be cannot hold it either
            unfinished.unlink(missing_ok=True)

"""Who changed what through the web: the table, and what is done with it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Table, delete, insert, select

from alertd.store.columns import Moment, Words
from alertd.store.schema import METADATA, ROW_ID

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", Words, nullable=False),
    Column("via", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("about", Words, nullable=False),
    Index("audit_at", "at"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Somebody changed something."""

    at: datetime
    who: str
    via: str
    """open | session | token | proxy | link."""
    address: str
    """Where the request came from."""
    what: str
    about: str


_COLUMNS = [column for column in AUDIT.c if column.name != "id"]


def record_change(connection: Connection, change: Change) -> None:
    """Put it on record."""
    connection.execute(insert(AUDIT), [{column.name: getattr(change, column.name) for column in _COLUMNS}])


def changes(connection: Connection, limit: int | None) -> list[Change]:
    """Those on record, newest first."""
    newest = select(*_COLUMNS).order_by(AUDIT.c.id.desc()).limit(limit)
    return [Change(**row) for row in connection.execute(newest).mappings()]


def prune(connection: Connection, before: datetime) -> None:
    """Forget those from before that time."""
    connection.execute(delete(AUDIT).where(AUDIT.c.at < before))

"""Webhooks that came from MyCirrus: each once, kept until what it is a hint of was read, and a while longer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update

from alertd.store.columns import Moment
from alertd.store.engine import Database
from alertd.store.hooks_schema import WEBHOOKS
from alertd.store.rows import insert_new

KEPT = timedelta(days=2)
"""How long one that is done is remembered, so that a repeat is known; an older one is refused for its age."""

AT_ONCE = 1000
"""How many are taken up in one look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One that is stored and not done."""

    id: int
    type: str
    instrument: str
    received_at: datetime


Key = tuple[str, str, datetime]
"""(type, serial, time): what makes two deliveries the same."""

_OF = select(WEBHOOKS.c.id, WEBHOOKS.c.type, WEBHOOKS.c.instrument, WEBHOOKS.c.received_at)
_OPEN = _OF.where(WEBHOOKS.c.done_at.is_(None)).order_by(WEBHOOKS.c.id).limit(AT_ONCE)
_DONE = (
    update(WEBHOOKS)
    .where(WEBHOOKS.c.id == bindparam("which"), WEBHOOKS.c.done_at.is_(None))
    .values(done_at=bindparam("at", type_=Moment))
)


class Hooks:
    """A part of the Store, with the same promises. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, keys: Sequence[Key], now: datetime) -> set[Key]:
        """Store those that are new, and say which; a key that is there already is a repeat."""
        taken: set[Key] = set()
        with self._database.writing() as connection:
            for key in sorted(set(keys)):
                kind, serial, time = key
                row = {"type": kind, "instrument": serial, "time": time, "received_at": now}
                if insert_new(connection, WEBHOOKS, row):
                    taken.add(key)
        return taken

    def open(self) -> list[Hint]:
        """The oldest that are not done."""
        with self._database.reading() as connection:
            rows = connection.execute(_OPEN).all()
        return [Hint(id=row[0], type=row[1], instrument=row[2], received_at=row[3]) for row in rows]

    def done(self, ids: Iterable[int], now: datetime) -> None:
        """What these are hints of was read."""
        rows = [{"which": each, "at": now} for each in sorted(ids)]
        if rows:
            with self._database.writing() as connection:
                connection.execute(_DONE, rows)

    def prune(self, now: datetime) -> int:
        """Forget those that are done and too old to come again; returns how many."""
        over = (WEBHOOKS.c.done_at < now - KEPT, WEBHOOKS.c.time < now - KEPT)
        with self._database.writing() as connection:
            return connection.execute(delete(WEBHOOKS).where(*over)).rowcount

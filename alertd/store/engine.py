"""Connections to the database: one writer at a time, readers beside it, every error in plain words."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from alertd.errors import StoreError
from alertd.store.failures import translated
from alertd.store.place import Place

_WAIT = 30
"""Seconds that a writer waits for another process's, and a thread for a free connection."""

_CONNECTIONS = 8
_WRITES = "alertd_writes"
_PRAGMAS = ("synchronous = FULL", "temp_store = MEMORY", f"journal_size_limit = {32 * 1024 * 1024}")


class Database:
    """A pool of connections, safe to use from many threads.

    SQLite: WAL, so that readers never wait; each writing transaction begins with BEGIN IMMEDIATE, because one that
    begins by reading could fail at once in spite of the timeout. The threads of this process queue for it on a lock of
    their own, which is fair and quick where SQLite's waiting is neither.
    """

    def __init__(self, place: Place, *, create: bool) -> None:
        self.place = place
        self._turn: threading.Lock | nullcontext[None] = threading.Lock() if place.file else nullcontext()
        self._engine = _sqlite(place.file, create=create) if place.file else _postgres(place)
        self._writer = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """One transaction that only reads; all of it sees one state of the database on SQLite, and with `snapshot`.

        Raises:
            StoreError: the database failed.
        """
        with translated(self.place), self._engine.connect() as connection:
            if snapshot and self.place.file is None:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end of the block, undone by an exception.

        Raises:
            StoreError: the database failed; nothing was written.
        """
        with self._turn, translated(self.place), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def bare(self) -> Iterator[sqlite3.Connection]:
        """SQLite's own connection, in no transaction, for what can be in none (VACUUM INTO).

        Raises:
            StoreError: the database failed.
        """
        with translated(self.place):
            pooled = self._engine.raw_connection()
            try:
                connection = pooled.driver_connection
                assert isinstance(connection, sqlite3.Connection)  # noqa: S101 (for the type checker)
                yield connection
            finally:
                pooled.close()

    def close(self) -> None:
        """Close every connection; on SQLite the last one leaves the file whole, without its -wal."""
        self._engine.dispose()


def _sqlite(file: Path, *, create: bool) -> Engine:
    mode = "rwc" if create else "rw"
    address = f"file:{quote(str(file))}?mode={mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            for pragma in (*_PRAGMAS, *(("journal_mode = WAL",) if create else ())):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=_CONNECTIONS,
        pool_timeout=_WAIT,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(place: Place) -> Engine:
    try:
        return create_engine(
            place.url,
            pool_size=_CONNECTIONS,
            max_overflow=_CONNECTIONS,
            pool_timeout=_WAIT,
            pool_pre_ping=True,  # a server that was restarted meanwhile costs no call
            # Prepared statements break behind a pooler that gives each transaction another session.
            connect_args={"prepare_threshold": None, "connect_timeout": 10, "application_name": "alertd"},
            hide_parameters=True,
        )
    except ImportError as error:
        raise StoreError("PostgreSQL needs the extra alertd[postgres]: pip install 'alertd[postgres]'") from error

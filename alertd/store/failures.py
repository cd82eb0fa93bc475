"""Every failure of a database becomes one line that says what to do."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alertd.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull
from alertd.store.place import Place, remedy

_LITTLE_ROOM = 256 * 1024
"""Bytes; with less than that free, a failed write is a full disk whatever SQLite calls it."""


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Raise what goes wrong inside with this database as a StoreError.

    Raises:
        StoreError: or the subclass that fits.
    """
    try:
        yield
    except DBAPIError as error:
        raise _translate(place, error.orig or error) from error
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise _translate(place, error) from error


def _translate(place: Place, error: BaseException) -> StoreError:
    if isinstance(error, sqlite3.Error) and place.file is not None:
        return _from_sqlite(place.file, error)
    if place.file is None:
        return _from_postgres(place, error)
    return StoreError(f"{place}: {_first_line(error)}")


def _from_sqlite(file: Path, error: sqlite3.Error) -> StoreError:
    name = getattr(error, "sqlite_errorname", None) or ""
    kind = "_".join(name.split("_")[:2])
    if kind == "SQLITE_FULL" or (kind == "SQLITE_IOERR" and _is_full(file.parent)):
        return StoreFull(f"no room left for {file}: free some space on that disk, alertd goes on by itself then")
    if kind in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        return StoreBusy(f"{file} is locked by another program: end what has it open (fuser {file} names it)")
    if kind in ("SQLITE_CORRUPT", "SQLITE_NOTADB"):
        what = "is no alertd database" if kind == "SQLITE_NOTADB" else "is damaged"
        return StoreCorrupt(f"{file} {what}: put a backup in its place, or move it away to begin anew")
    if kind == "SQLITE_READONLY":
        return StoreError(f"{file} cannot be written: {_remedy(file)}")
    if kind in ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"):
        return StoreError(f"{file} cannot be opened: {_why_shut(file)}")
    if kind == "SQLITE_IOERR":
        return StoreError(f"{file}: the disk failed ({name}): look at the system's log, put a backup on a good disk")
    return StoreError(f"{file}: {_first_line(error)}: alertd db check says whether it is sound")


def _is_full(folder: Path) -> bool:
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < _LITTLE_ROOM


def _why_shut(file: Path) -> str:
    if not file.parent.is_dir():
        return f"there is no folder {file.parent}; create it, or change storage.url"
    if file.is_dir():
        return "it is a folder; name a file in storage.url"
    return _remedy(file)


def _remedy(file: Path) -> str:
    """By the first of the database's files that this user may not write."""
    beside = [file, *(file.with_name(file.name + ending) for ending in ("-wal", "-shm"))]
    shut = [each for each in beside if each.exists() and not os.access(each, os.R_OK | os.W_OK, effective_ids=True)]
    return remedy(shut[0] if shut else file, file)


_POSTGRES = {
    "28": (StoreError, "{place} refused the user or the password: look at storage.url"),
    "3D": (StoreError, "{place} is not there: create it (createdb), or change storage.url"),
    "42501": (StoreError, "{place}: this user may not do that: grant it all rights on the database's schema ({error})"),
    "53100": (StoreFull, "no room left for {place}: free some space on the server's disk"),
    "53300": (StoreBusy, "{place} takes no more connections: end some, or raise max_connections"),
    "55P03": (StoreBusy, "{place} is locked by another program ({error})"),
    "40": (StoreBusy, "{place} is busy with another program's changes ({error})"),
    "25006": (StoreError, "{place} is read-only (a standby?): name the primary server in storage.url"),
    "58": (StoreError, "{place}: the server's disk failed ({error}): look at its log"),
    "XX": (StoreCorrupt, "{place} is damaged ({error}): look at the server's log"),
}
"""By SQLSTATE, or its class; https://www.postgresql.org/docs/current/errcodes-appendix.html."""


def _from_postgres(place: Place, error: BaseException) -> StoreError:
    line = _first_line(error)
    state = getattr(error, "sqlstate", None)
    if state is None:
        state = _state_of_refusal(line)
    for known in (state, state[:2]):
        if known in _POSTGRES:
            kind, text = _POSTGRES[known]
            return kind(text.format(place=place, error=line))
    if state[:2] in ("08", "57"):
        return StoreError(f"{place} cannot be reached: is the server up? ({line})")
    return StoreError(f"{place}: {line}")


def _state_of_refusal(line: str) -> str:
    """A connection that was refused has no SQLSTATE, only a text."""
    if "authentication failed" in line or ("role " in line and "does not exist" in line) or "no password" in line:
        return "28"
    if "database " in line and "does not exist" in line:
        return "3D"
    return "08"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

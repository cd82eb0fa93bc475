"""Where a store is: `storage.url`, read once. Its text names the place in errors and never carries a password."""

import os
import pwd
import shlex
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from alertd.errors import StoreError

FORMS = "write sqlite:///alertd.db or postgresql+psycopg://user@host/database"


@dataclass(frozen=True, slots=True)
class Place:
    """One database: a file of SQLite, or a PostgreSQL server's (then `file` is None)."""

    url: URL
    file: Path | None

    def __str__(self) -> str:
        if self.file is not None:
            return str(self.file)
        return f"PostgreSQL database {self.url.database or ''} on {self.url.host or 'this machine'}"


def locate(url: str, base: Path) -> Place:
    """Read `storage.url`; a relative file is relative to `base`.

    Raises:
        StoreError: it is no URL of a database that alertd can use. The text never repeats it: it may hold a password.
    """
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"storage.url is no database URL: {FORMS}") from None
    backend, _, driver = found.drivername.partition("+")
    if backend == "sqlite" and driver in ("", "pysqlite"):
        return Place(found, _file_of(found, base))
    if backend in ("postgresql", "postgres") and driver in ("", "psycopg"):
        return Place(found.set(drivername="postgresql+psycopg"), None)
    raise StoreError(f"storage.url asks for {found.drivername}, which alertd does not speak: {FORMS}")


def _file_of(url: URL, base: Path) -> Path:
    if url.query:
        raise StoreError("storage.url has options after the file's name: leave them out")
    if url.host or not url.database or url.database == ":memory:":
        raise StoreError("storage.url names no file: write sqlite:///alertd.db, or sqlite:////var/lib/alertd/alertd.db")
    return (base / url.database).resolve()


def remedy(file: Path, database: Path) -> str:
    """What to do where this user may not open or write one of a database's files, in a few words."""
    me = os.geteuid()
    try:
        owner, host = file.stat().st_uid, file.parent.stat().st_uid
    except OSError:
        owner = host = me
    if owner == me:
        return "give this user read and write access to it and to its folder"
    if host == me:  # the service's own folder, in which somebody ran poll
        files = f"{shlex.quote(str(database))}*"
        return f"a command that ran as {_user(owner)} made it: as root, chown {_user(me)} {files}"
    return f"it is {_user(owner)}'s, and this is {_user(me)}: run this as {_user(owner)}"


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def is_there(file: Path) -> bool:
    """Whether there is a database in that file, or something that opening it will complain of."""
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:
        return True

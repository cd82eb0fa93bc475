"""Brings a database to the schema that this alertd speaks."""

from importlib import resources

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, select, text

from alertd.errors import StoreError, StoreNewer
from alertd.store.engine import Database
from alertd.store.schema import LIVING, METADATA, ONE_LIVING

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every revision there ever was, oldest first; a test holds it to the scripts. So asking needs no alembic."""

HEAD = REVISIONS[-1]

_VERSIONS = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

_ADVISORY = 0x616C657274640001
"""The number of the lock that two servers which start at once queue on; any would do."""


def bring_to_head(database: Database) -> bool:
    """Create the tables, or migrate them; one transaction, so a crash leaves what was there before.

    Returns:
        Whether anything changed.

    Raises:
        StoreNewer: the database was made by a newer alertd.
        StoreError: it is another program's, or failed.
    """
    with database.reading() as connection:
        if _revision(connection) == HEAD:
            return False
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY})
        return _change(connection, database)


def refuse_unless_head(database: Database) -> None:
    """Make sure that the database can be used as it is.

    Raises:
        StoreNewer: it was made by a newer alertd.
        StoreError: there is none yet, or it is an older or another program's.
    """
    with database.reading() as connection:
        found = _revision(connection)
        if found == HEAD:
            return
        _refuse_strangers(connection, database, found)
    if found is None:
        raise no_database(database.place)
    raise StoreError(f"{database.place} was made by an older alertd: run alertd db migrate")


def no_database(place: object) -> StoreError:
    """What to say where there is nothing to look at yet."""
    return StoreError(f"no database at {place}: run alertd poll or alertd run first")


def _change(connection: Connection, database: Database) -> bool:
    found = _revision(connection)
    if found == HEAD:
        return False  # another process was quicker
    _refuse_strangers(connection, database, found)
    if found is None:
        if database.place.file is None:
            # Not in schema.py: naming PostgreSQL there would load its dialect, 2 MB, into every process.
            ONE_LIVING.dialect_options["postgresql"]["where"] = LIVING
        METADATA.create_all(connection, checkfirst=False)
        _VERSIONS.create(connection)
        connection.execute(_VERSIONS.insert().values(version_num=HEAD))
    else:
        _upgrade(connection)
    return True


def _revision(connection: Connection) -> str | None:
    """None where alertd was never here; empty where its tables were taken away again."""
    if not inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.scalar(select(_VERSIONS.c.version_num)) or ""


def _refuse_strangers(connection: Connection, database: Database, found: str | None) -> None:
    there = set(inspect(connection).get_table_names()) - {_VERSIONS.name}
    ours = there & set(METADATA.tables)
    strange = ours if database.place.file is None else there
    if strange and (found is None or (found and not ours)):
        raise StoreError(f"{database.place} holds another program's tables ({min(strange)}): change storage.url")
    if found and found not in REVISIONS:
        raise StoreNewer(f"{database.place} was made by a newer alertd (schema {found}): install that one, or a backup")


def _upgrade(connection: Connection) -> None:
    # Late: alembic costs 12 MB and a tenth of a second, and is needed once for each new version.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("alertd.store") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

"""The tables: held to the values they keep and to the migrations, and read without looking at history."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, event, inspect, text

from alertd.model import (
    Alert,
    Delivery,
    DeliveryState,
    Instrument,
    Message,
    Sample,
    Source,
    State,
    TargetHealth,
    Timing,
    Told,
    Transition,
)
from alertd.store import migrate, schema
from alertd.store.engine import Database
from alertd.store.place import locate
from alertd.store.store import Store
from tests.store.making import LEASE, NOW, alert, decide, delivery

ROOT = Path(__file__).parents[2]

IN_OTHER_TABLES = {"message": "its own columns", "labels": "the config's"}


@pytest.mark.parametrize(
    ("kinds", "table"),
    [
        ([Instrument], schema.INSTRUMENTS),
        ([Sample], schema.NEWEST),
        ([Alert], schema.ALERTS),
        ([Transition], schema.TRANSITIONS),
        ([Told], schema.TOLD),
        ([Delivery, Message], schema.DELIVERIES),
        ([Timing], schema.TIMINGS),
        ([TargetHealth], schema.TARGETS),
    ],
)
def test_every_field_has_a_column(kinds: list[type], table: Table) -> None:
    """A field added to a value and forgotten here would be lost over a restart."""
    names = {field.name for kind in kinds for field in fields(kind)}
    without = set() if table is schema.ALERTS else set(IN_OTHER_TABLES)
    assert names - set(table.columns.keys()) <= without


def test_the_known_revisions_are_the_scripts() -> None:
    """All of them, oldest first, one after the other, so that alembic need not be imported to know the newest."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alertd" / "store" / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == migrate.REVISIONS
    assert scripts.get_heads() == [migrate.HEAD]


def condition(options: Mapping[str, object]) -> list[str]:
    """Of a partial index: which rows are in it."""
    return [str(value) for name, value in options.items() if name.endswith("_where")]


def shape(connection: Connection) -> dict[str, object]:
    """Everything that can be asked of a schema, but the order of columns."""
    found = inspect(connection)
    return {
        name: (
            sorted((str(each["name"]), str(each["type"]), each["nullable"]) for each in found.get_columns(name)),
            found.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (str(each["name"]), each["column_names"], each["unique"], condition(each.get("dialect_options", {})))
                for each in found.get_indexes(name)
            ),
        )
        for name in found.get_table_names()
    }


def test_the_migrations_lead_to_the_schema(database_url: str, tmp_path: Path) -> None:
    """A migrated database and a new one are the same, and both are what the tables say."""
    Store.open(database_url, base=tmp_path, work=True).close()
    database = Database(locate(database_url, tmp_path), create=True)
    with database.reading() as connection:
        made = shape(connection)
    with database.writing() as connection:
        schema.METADATA.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    Store.open(database_url, base=tmp_path, work=True).close()
    with database.reading() as connection:
        migrated = shape(connection)
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == migrate.HEAD
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.METADATA) == []
    database.close()
    assert made == migrated


def test_migrated_sqlite_tables_have_no_rowid_either(tmp_path: Path) -> None:
    """What inspection does not show: the statements themselves."""
    statements = []
    for name in ("new.db", "migrated.db"):
        if name == "migrated.db":
            with sqlite3.connect(tmp_path / name) as raw:
                raw.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            raw.close()
        Store.open(f"sqlite:///{name}", base=tmp_path, work=True).close()
        with sqlite3.connect(tmp_path / name) as raw:
            rows = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        raw.close()
        statements.append({row[0]: _parts(row[1]) for row in rows if row[0] != "alembic_version"})
    assert statements[0] == statements[1]


def _parts(statement: str) -> list[str]:
    """What it says, whatever the order: a column that was added later stands last, and says its default otherwise."""
    text = " ".join(statement.replace('"', "").split()).replace("DEFAULT '' NOT NULL", "NOT NULL DEFAULT ''")
    return sorted(part.strip(" )") for part in re.split(r"[,(]", text))


def test_opening_a_store_that_is_up_to_date_imports_no_alembic(tmp_path: Path) -> None:
    """Nor does making a new one: 12 MB and a tenth of a second, in every `poll` of a cron job."""
    script = (
        "import sys; from pathlib import Path; from alertd.store.store import Store\n"
        "for _ in range(2): Store.open('sqlite:///alertd.db', base=Path(sys.argv[1]), work=True).close()\n"
        "print([name for name in ('alembic', 'psycopg', 'sqlalchemy.dialects.postgresql') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=30, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


READS: dict[str, Callable[[Store], object]] = {
    "active": lambda store: store.active_alerts(),
    "open": lambda store: store.open_alerts(),
    "pending": lambda store: store.pending_deliveries(),
    "due": lambda store: store.next_due("mail"),
    "claim": lambda store: store.claim("mail", NOW, LEASE),
    "release": lambda store: store.release_leases(NOW, all_=True),
    "told": lambda store: store.told(["alert-a"]),
    "transitions": lambda store: store.transitions("alert-a"),
    "cursors": lambda store: store.cursors(Source.STATS),
    "rename": lambda store: store.rename_rule("old", "new"),
    "queued": lambda store: store.deliveries(state=DeliveryState.QUEUED),
    "decide": lambda store: decide(store, settled_alerts=["a"], supersede=[1]),
    "history": lambda store: store.history("A", Source.STATS, "voltage", NOW - LEASE, NOW),
    "pack": lambda store: store.pack_history(NOW),
    "round": lambda store: store.record_round(
        samples=[], cursors={}, alerts=[alert("a", State.RESOLVED)], transitions=[], now=NOW
    ),
}


@pytest.mark.parametrize("name", READS)
def test_no_daily_question_looks_at_history(sqlite_store: Store, name: str) -> None:
    """SQLite's own plan: every table that grows with time is searched by an index, never scanned."""
    decide(sqlite_store, delivery("a"))
    seen: list[tuple[str, object]] = []

    def note(_c: object, _u: object, statement: str, parameters: object, *_rest: object) -> None:
        seen.append((statement, parameters))

    engine = sqlite_store._database._engine
    event.listen(engine, "before_cursor_execute", note)
    READS[name](sqlite_store)
    event.remove(engine, "before_cursor_execute", note)
    plans = []
    with sqlite_store._database.bare() as raw:
        for statement, parameters in seen:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plans += [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]  # type: ignore[arg-type]
    assert plans or name == "round"
    growing = ("alerts", "transitions", "told", "deliveries", "older", "history")
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in growing] == []

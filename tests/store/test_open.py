"""Opening a store: who may, what is made, and one clear line for each way in which it cannot be."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertd.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreNewer
from alertd.store.store import Store
from tests.store.making import NOW, alert, decide, record, sample

URL = "sqlite:///alertd.db"


def work_in(folder: Path) -> Store:
    return Store.open(URL, base=folder, work=True, clock=lambda: datetime(2026, 11, 24, 4, 5, 6, tzinfo=UTC))


def look_in(folder: Path) -> Store:
    return Store.open(URL, base=folder, work=False)


def one_line(error: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_relative_file_is_relative_to_the_config(tmp_path: Path) -> None:
    """Not to where the command was started."""
    with work_in(tmp_path):
        assert (tmp_path / "alertd.db").is_file()


def test_an_odd_folder_is_no_trouble(tmp_path: Path) -> None:
    """Blanks, %, ?, # and letters from anywhere."""
    folder = tmp_path / "a b%20?c#d é"
    folder.mkdir()
    with work_in(folder) as store:
        record(store, alert())
    with look_in(folder) as store:
        assert store.active_alerts() == [alert()]
    assert {each.name for each in folder.iterdir()} == {"alertd.db", "alertd.db.lock"}


def test_what_was_stored_is_there_again(tmp_path: Path) -> None:
    """And opening it again changes no table."""
    with work_in(tmp_path) as store:
        assert store.migrated
        record(store, alert())
    with work_in(tmp_path) as store:
        assert not store.migrated
        assert store.active_alerts() == [alert()]


def test_one_works_and_the_second_is_told_who(tmp_path: Path) -> None:
    """The process and since when; by whatever name the file is reached."""
    (tmp_path / "link.db").symlink_to(tmp_path / "alertd.db")
    with work_in(tmp_path), pytest.raises(StoreBusy) as error:
        Store.open("sqlite:///link.db", base=tmp_path, work=True)
    text = one_line(error)
    assert text.startswith(f"{tmp_path / 'alertd.db'} is in use by process {os.getpid()} since 2026-11-24T04:05:06Z: ")
    work_in(tmp_path).close()


def test_others_look_while_one_works(tmp_path: Path) -> None:
    """And see what was written since they opened it."""
    with work_in(tmp_path) as worker, look_in(tmp_path) as looker:
        assert looker.active_alerts() == []
        record(worker, alert())
        assert looker.active_alerts() == [alert()]


def test_a_failed_opening_gives_the_lock_back(tmp_path: Path) -> None:
    """The next try says what is wrong again, not that the database is in use."""
    (tmp_path / "alertd.db").write_bytes(b"no database, but long enough to be one" * 100)
    for _ in range(2):
        with pytest.raises(StoreCorrupt):
            work_in(tmp_path)


def no_file(folder: Path) -> None:
    """Leave the folder empty."""


def empty_file(folder: Path) -> None:
    (folder / "alertd.db").touch()


def no_folder(folder: Path) -> None:
    folder.rmdir()


def a_folder(folder: Path) -> None:
    (folder / "alertd.db").mkdir()


def no_database(folder: Path) -> None:
    (folder / "alertd.db").write_text("I am a letter to my aunt. " * 500)


def cut_off(folder: Path) -> None:
    work_in(folder).close()
    os.truncate(folder / "alertd.db", 4096)


def overwritten(folder: Path) -> None:
    work_in(folder).close()
    with (folder / "alertd.db").open("r+b") as pages:
        pages.seek(100)
        pages.write(b"\xff" * 3000)


def run_sql(folder: Path, sql: str) -> None:
    raw = sqlite3.connect(folder / "alertd.db")
    raw.executescript(sql)
    raw.close()


def newer(folder: Path) -> None:
    work_in(folder).close()
    run_sql(folder, "UPDATE alembic_version SET version_num = '9999'")


def strange(folder: Path) -> None:
    run_sql(folder, "CREATE TABLE moz_places (id INTEGER)")


def strange_with_versions(folder: Path) -> None:
    strange(folder)
    run_sql(folder, "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('abc')")


def emptied(folder: Path) -> None:
    run_sql(folder, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")


@pytest.mark.parametrize(
    ("spoil", "working", "looking"),
    [
        (no_file, None, (StoreError, "no database at {file}: run alertd poll or alertd run first")),
        (empty_file, None, (StoreError, "no database at {file}: run alertd poll or alertd run first")),
        (no_folder, (StoreError, "no folder {folder} for the database: create it"), (StoreError, "no database at")),
        (a_folder, (StoreError, "it is a folder; name a file"), (StoreError, "it is a folder; name a file")),
        (no_database, (StoreCorrupt, "{file} is no alertd database: "), (StoreCorrupt, "is no alertd database")),
        (cut_off, (StoreCorrupt, "{file} is damaged: "), (StoreCorrupt, "is damaged")),
        (overwritten, (StoreCorrupt, "{file} is damaged: "), (StoreCorrupt, "is damaged")),
        (newer, (StoreNewer, "was made by a newer alertd (schema 9999)"), (StoreNewer, "newer alertd")),
        (strange, (StoreError, "holds another program's tables (moz_places)"), (StoreError, "moz_places")),
        (strange_with_versions, (StoreError, "moz_places"), (StoreError, "moz_places")),
        (emptied, None, (StoreError, "was made by an older alertd: run alertd db migrate")),
    ],
)
def test_a_database_that_cannot_be_used_says_what_to_do(
    tmp_path: Path,
    spoil: Callable[[Path], None],
    working: tuple[type[StoreError], str] | None,
    looking: tuple[type[StoreError], str],
) -> None:
    """One line with the file's name and a remedy, the same again; what can be made, is made by who works."""
    folder = tmp_path / "store"
    folder.mkdir()
    spoil(folder)
    names = {"file": folder / "alertd.db", "folder": folder}
    with pytest.raises(looking[0]) as error:
        look_in(folder)
    assert looking[1].format(**names) in one_line(error)
    if working is None:
        with work_in(folder) as store:
            assert store.check() == []
        look_in(folder).close()
        return
    with pytest.raises(working[0]) as error:
        work_in(folder)
    assert working[1].format(**names) in one_line(error)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no database URL"),
        ("alertd.db:s3cret", "no database URL"),
        ("mysql://me:s3cret@host/db", "asks for mysql"),
        ("postgresql+asyncpg://me:s3cret@host/db", "asks for postgresql+asyncpg"),
        ("sqlite+aiosqlite:///alertd.db", "asks for sqlite+aiosqlite"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://alertd.db", "names no file"),
        ("sqlite:///alertd.db?mode=s3cret", "options"),
        ("postgresql://me:s3cret@host:port/db", "no database URL"),
        ("postgresql://me:s3cret@127.0.0.1:1/db", "PostgreSQL database db on 127.0.0.1 cannot be reached"),
    ],
)
def test_a_url_that_leads_nowhere_says_so(tmp_path: Path, url: str, words: str) -> None:
    """In one line that never repeats a password."""
    for work in (True, False):
        with pytest.raises(StoreError) as error:
            Store.open(url, base=tmp_path, work=work)
        assert words in one_line(error)
        assert "s3cret" not in str(error.value)


AS_NOBODY = """
import os, sys, tempfile
from pathlib import Path
from alertd.errors import StoreError
from alertd.store.store import Store
with tempfile.TemporaryDirectory() as folder:  # imports all that it needs while it may still read the checkout
    Store.open("sqlite:///alertd.db", base=Path(folder), work=True).close()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with Store.open("sqlite:///alertd.db", base=Path(sys.argv[1]), work=sys.argv[2] == "work") as store:
        if sys.argv[2] == "work":
            store.remember("key", 1)
    print("opened")
except StoreError as error:
    print(error)
"""


def as_nobody(folder: Path, how: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(folder), how],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert not done.stderr
    return done.stdout.strip()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="alertd-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_store_of_another_user_says_that_it_cannot_be_written(open_folder: Path) -> None:
    """To work on it needs the right to; one that may not even read is told so as well."""
    work_in(open_folder).close()
    remedy = "it is root's, and this is nobody: run this as root"
    if os.getuid() != 0:
        open_folder.chmod(0o555)
        (open_folder / "alertd.db").chmod(0o444)
        (open_folder / "alertd.db.lock").chmod(0o444)
        remedy = "give this user read and write access"
    assert f"alertd.db.lock cannot be written (Permission denied): {remedy}" in as_nobody(open_folder, "work")
    (open_folder / "alertd.db").chmod(0o000)
    assert f"cannot be opened: {remedy}" in as_nobody(open_folder, "look")
    open_folder.chmod(0o755)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_what_root_made_in_the_services_folder(open_folder: Path) -> None:
    """Each file that a poll as root left there, when it comes to it, with the command that gives them all back."""
    database, lock = open_folder / "alertd.db", open_folder / "alertd.db.lock"
    work_in(open_folder).close()
    os.chown(open_folder, 65534, 65534)
    given_back = f"a command that ran as root made it: as root, chown nobody {database}*"
    assert as_nobody(open_folder, "work") == f"{lock} cannot be written (Permission denied): {given_back}"
    os.chown(lock, 65534, 65534)
    assert as_nobody(open_folder, "work") == f"{database} cannot be written: {given_back}"
    database.chmod(0o600)
    assert as_nobody(open_folder, "look") == f"{database} cannot be opened: {given_back}"
    for file in open_folder.glob("alertd.db*"):
        os.chown(file, 65534, 65534)
    assert as_nobody(open_folder, "work") == "opened"


def test_a_full_database_is_said_and_gone_on_from(sqlite_store: Store, tmp_path: Path) -> None:
    """SQLite's own "full", brought about by a limit on its pages: nothing is half written, and later all goes on."""
    record(sqlite_store, alert("a"))
    with sqlite_store._database.bare() as raw:
        (pages,) = raw.execute("PRAGMA page_count").fetchone()
        raw.execute(f"PRAGMA max_page_count = {pages}")
    many = [sample(f"QT{number}", note="x" * 500) for number in range(500)]
    with pytest.raises(StoreFull) as error:
        record(sqlite_store, alert("b"), samples=many)
    assert one_line(error).startswith(f"no room left for {tmp_path / 'alertd.db'}: free some space")
    assert sqlite_store.active_alerts() == [alert("a")]
    assert sqlite_store.newest() == []
    with sqlite_store._database.bare() as raw:
        raw.execute("PRAGMA max_page_count = 1000000")
    record(sqlite_store, alert("b"), samples=many)
    assert len(sqlite_store.newest()) == 500


def test_a_table_that_vanished_is_one_line_too(sqlite_store: Store, tmp_path: Path) -> None:
    """In a later call as in the first, with what to do."""
    run_sql(tmp_path, "DROP TABLE told")
    with pytest.raises(StoreError, match="no such table: told: alertd db check") as error:
        sqlite_store.told(["a"])
    one_line(error)
    assert sqlite_store.check() == ["the table told is missing"]


def test_a_database_locked_by_another_program_is_one_line(tmp_path: Path) -> None:
    """After the wait, which is short here."""
    with work_in(tmp_path) as store:
        with store._database.bare() as raw:
            raw.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(tmp_path / "alertd.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="is locked by another program: end what has it open") as error:
            decide(store)
        one_line(error)
        other.execute("ROLLBACK")
        other.close()
        record(store, alert(), now=NOW)

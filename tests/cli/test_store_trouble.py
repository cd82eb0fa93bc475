"""A database that is locked, damaged, newer, foreign or without room: one line that says what to do, exit 2."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.support.processes import Alertd, Site, own_mounts, wait_until

LOOKING = ("alerts", "instruments", "deliveries", "db check")
WORKING = ("poll", "run", "db migrate")


def refused(alertd: Alertd, site: Site, words: str) -> str:
    """The one line with which a command ends, exit 2."""
    ran = alertd(*words.split(), "-c", site.path)
    assert (ran.code, ran.out) == (2, ""), ran
    assert len(ran.errors) == 1
    return ran.err


@pytest.mark.parametrize("content", [b"hello\n" * 2000, bytes(range(256)) * 100], ids=["text", "binary"])
def test_no_database(site: Site, alertd: Alertd, content: bytes):
    """A file that is something else is not touched."""
    site.database.write_bytes(content)
    for words in LOOKING + WORKING:
        assert f"{site.database} is no alertd database" in refused(alertd, site, words)
    assert site.database.read_bytes() == content


def test_another_programs_database(site: Site, alertd: Alertd):
    """An SQLite database of another program is refused, and not changed."""
    with sqlite3.connect(site.database) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    connection.close()
    for words in LOOKING + WORKING:
        assert str(site.database) in refused(alertd, site, words)
    with sqlite3.connect(site.database) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    connection.close()


def test_a_damaged_database(polled: Site, alertd: Alertd):
    """Pages overwritten: whoever meets them says that it is damaged and what to do."""
    size = polled.database.stat().st_size
    with polled.database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    for words in LOOKING[:1] + WORKING[:1]:
        assert "is damaged: put a backup in its place, or move it away to begin anew" in refused(alertd, polled, words)


def test_a_newer_database(polled: Site, alertd: Alertd):
    """Made by a newer alertd: refused by all, run too."""
    with sqlite3.connect(polled.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for words in LOOKING + WORKING:
        assert "was made by a newer alertd" in refused(alertd, polled, words)


def test_a_locked_database(polled: Site, alertd: Alertd, monkeypatch: pytest.MonkeyPatch):
    """Another program holds a write lock: after a patient wait one line names the file and how to find the holder."""
    monkeypatch.setattr("alertd.store.engine._WAIT", 0.2)
    other = sqlite3.connect(polled.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        polled.simulator.pin("QT100001", voltage=11.0)
        assert f"{polled.database} is locked by another program" in refused(alertd, polled, "poll")
        assert alertd("alerts", "-c", polled.path).code == 0
    finally:
        other.close()
    assert alertd("poll", "-c", polled.path).code == 0
    assert len(polled.told()) == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///nowhere/alertd.db", "no folder"),
        ("sqlite:///rules", "it is a folder"),
    ],
)
def test_nowhere_to_put_it(site: Site, alertd: Alertd, url: str, said: str):
    """No such folder, or a folder in its place."""
    site.write(storage={"url": url})
    for words in WORKING:
        assert said in refused(alertd, site, words)


def test_no_server(site: Site, alertd: Alertd):
    """A PostgreSQL server that is not there is one line, without the password."""
    pytest.importorskip("psycopg", reason="no PostgreSQL driver: psycopg is missing")
    site.write(storage={"url": "postgresql+psycopg://alertd:hush-hush-1@127.0.0.1:9/alertd"})
    for words in ("poll", "alerts"):
        line = refused(alertd, site, words)
        assert "cannot be reached" in line
        assert "hush" not in line


def test_a_backup_that_cannot_be_written(polled: Site, alertd: Alertd):
    """Nowhere to write it, or a name that is none: one line, nothing left behind."""
    before = set(polled.folder.iterdir())
    for to in (polled.folder / "none" / "x.db", Path("/proc/x.db"), polled.path / "x.db"):
        ran = alertd("db", "backup", to, "-c", polled.path)
        assert ran.code == 2
        assert len(ran.errors) == 1
    assert set(polled.folder.iterdir()) - before <= {Path(f"{polled.database}-wal"), Path(f"{polled.database}-shm")}


@pytest.fixture
def small_disk(site: Site) -> list[str]:
    """Words before a command that give it a disk of its own of one megabyte, with the database on it."""
    words = own_mounts()
    if words is None:
        pytest.skip("this machine lets nobody mount a disk of his own")
    disk = site.folder / "disk"
    disk.mkdir()
    site.write(storage={"url": "sqlite:///disk/alertd.db"})
    return [*words, "sh", "-c", f'mount -t tmpfs -o size=1m tmpfs {disk} && exec "$@"', "sh"]


def test_a_full_disk(site: Site, small_disk: list[str]):
    """poll on a full disk: one line that says so, exit 2. run goes on, says it once, and works again with room."""
    site.simulator.pin("QT100000", voltage=11.0)
    fill = site.folder / "fill.sh"
    fill.write_text('dd if=/dev/zero of=disk/filler bs=1k count=960 2>/dev/null; exec "$@"\n')
    ran = site.command("poll", before=[*small_disk, "sh", str(fill)])
    assert (ran.code, ran.out) == (2, "")
    assert ran.errors == [
        f"no room left for {site.folder}/disk/alertd.db: free some space on that disk, alertd goes on by itself then"
    ]
    daemon = site.start("run", before=small_disk)
    daemon.wait_for("message.delivered")
    inside = Path(f"/proc/{daemon.pid}/root{site.folder}/disk")
    filler = inside / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 1024)
        except OSError:
            pass
    site.simulator.pin("QT100001", voltage=11.0)
    daemon.wait_for("store.failed", f"no room left for {site.folder}/disk/alertd.db", seconds=40)
    filler.unlink()
    wait_until(lambda: len(site.told()) >= 2, 40, site.story)
    assert daemon.stop(8).code == 0
    shutil.rmtree(site.folder / "disk")

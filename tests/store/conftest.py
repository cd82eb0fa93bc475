"""Stores to test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alertd.store.patient import PatientStore
from alertd.store.store import Store
from tests.support.databases import database_url, postgres_server

__all__ = ["database_url", "postgres_server", "sqlite_store", "store"]


@pytest.fixture(params=[Store, PatientStore])
def store(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store that works, on each kind of database; the patient one keeps the same promises."""
    with request.param.open(database_url, base=tmp_path, work=True) as opened:
        yield opened


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in tmp_path/alertd.db."""
    with Store.open("sqlite:///alertd.db", base=tmp_path, work=True) as opened:
        yield opened

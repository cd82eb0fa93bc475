"""The least that any program would do with the same libraries: the yardstick beside alertd's own figures.

No deadline for a whole request, no bound on an answer, no limit on requests, no checks of what comes, no UNKNOWN, no
alerts with a life; just the same requests, the same conditions and the same rows.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

CONDITIONS = (
    lambda record: record["voltage"] < 11.3,
    lambda record: record["voltage"] < 10.8,
    lambda record: record["temp"] > 80,
    lambda record: record["disk"] > 80,
    lambda record: record["mem"] > 90,
    lambda record: record["voltage"] < 5,
)
"""Those of config.RULES."""

_TABLE = (
    "CREATE TABLE newest (source TEXT, instrument TEXT, at INTEGER, record TEXT, PRIMARY KEY (source, instrument)) "
    "WITHOUT ROWID"
)
_UPSERT = (
    "INSERT INTO newest VALUES ('current', ?, ?, ?) "
    "ON CONFLICT (source, instrument) DO UPDATE SET at = excluded.at, record = excluded.record"
)


class BareLoop:
    """requests, json, six comparisons, sqlite3."""

    def __init__(self, base_url: str, key: str, serials: Sequence[str], batch: int, folder: Path) -> None:
        self._url = f"{base_url}/data/monitor/current?"
        self._session = requests.Session()
        self._session.headers["X-Api-Key"] = key
        self._batches = [serials[start : start + batch] for start in range(0, len(serials), batch)]
        self._database = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(_TABLE)
        self._rounds = 0
        self.breached: list[tuple[int, str]] = []

    def ask(self) -> list[list[dict[str, Any]]]:
        """One round of requests alone: the answers, read as JSON."""
        return [self._get(batch) for batch in self._batches]

    def round(self) -> None:
        """One round of everything."""
        self._rounds += 1
        rows = []
        for records in self.ask():
            for record in records:
                for number, condition in enumerate(CONDITIONS):
                    if condition(record):
                        self.breached.append((number, record["instrument"]))
                rows.append((record["instrument"], self._rounds, json.dumps(record)))
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(_UPSERT, rows)
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()
        self._session.close()

    def _get(self, batch: Sequence[str]) -> list[dict[str, Any]]:
        query = "&".join(f"instruments={serial}" for serial in batch)
        answer = self._session.get(self._url + query, timeout=10)
        answer.raise_for_status()
        records: list[dict[str, Any]] = json.loads(answer.content)
        return records

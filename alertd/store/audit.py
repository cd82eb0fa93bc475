"""What the Store knows of those who use the web: what they changed, and the key that proves what alertd signed."""

import secrets

from alertd.store import changes, upkeep
from alertd.store.changes import Change
from alertd.store.engine import Database

SIGNING_KEY = "web.key"
"""What the key is remembered under."""
KEY_BYTES = 32


class Audits:
    """A part of the Store, with the same promises."""

    _database: Database

    def record_change(self, change: Change) -> None:
        """Put a change on record."""
        with self._database.writing() as connection:
            changes.record_change(connection, change)

    def changes(self, limit: int | None = None) -> list[Change]:
        """The changes on record, newest first."""
        with self._database.reading() as connection:
            return changes.changes(connection, limit)

    def signing_key(self) -> str:
        """The secret that sessions and links are signed with, made when it is first asked for."""
        with self._database.reading() as connection:
            found = upkeep.recall(connection, SIGNING_KEY)
        if isinstance(found, str):
            return found
        with self._database.writing() as connection:
            found = upkeep.recall(connection, SIGNING_KEY)  # another process may have been quicker
            if not isinstance(found, str):
                found = secrets.token_hex(KEY_BYTES)
                upkeep.remember(connection, SIGNING_KEY, found)
        return found

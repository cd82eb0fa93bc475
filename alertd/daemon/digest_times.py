"""When each receiver's digest is due: at its cron times, the newest one that nobody has decided yet."""

from collections.abc import Mapping
from datetime import datetime

from alertd.config.settings import Receiver
from alertd.daemon.scheduler import last_cron_time
from alertd.store.store import DIGEST_OF, Store


class DigestTimes:
    """Reads what was decided from the store each time: there are few such receivers, and nothing is decided twice."""

    def __init__(self, store: Store, receivers: list[Receiver]) -> None:
        self._store = store
        self._digests = {each.name: each.digest for each in receivers if each.digest is not None}

    def due(self, now: datetime) -> Mapping[str, datetime]:
        """Receiver → when the digest that is due now was due.

        After a stop that is the newest one missed. The first is the first cron time after alertd first looked.
        """
        found = {}
        for receiver, digest in self._digests.items():
            decided = self._last(receiver, now)
            due_at = last_cron_time(digest.cron, digest.location or "UTC", decided, now)
            if due_at is not None:
                found[receiver] = due_at
        return found

    def _last(self, receiver: str, now: datetime) -> datetime:
        key = f"{DIGEST_OF}{receiver}"
        stored = self._store.recall(key)
        if isinstance(stored, str):
            return datetime.fromisoformat(stored)
        self._store.remember(key, now.isoformat())
        return now

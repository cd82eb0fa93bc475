"""Reading a replay's past from MyCirrus: what is not in the cache yet, source by source."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

from alertd.config.load import Config
from alertd.daemon.fleet import asked_of
from alertd.errors import ApiError, KeyRefused
from alertd.model import RANGE_SOURCES, Instrument, Source
from alertd.mycirrus.client import Client
from alertd.mycirrus.past import Piece, Wait, read_past, slices
from alertd.store.past_cache import PastCache
from alertd.store.place import locate

DERIVED = frozenset({Source.CURRENT, Source.STATUS})
"""Sources without a past at MyCirrus; theirs follows from the stats."""

FOLDER = "replay-cache"

Advance = Callable[[str, int, int], None]
"""Told of what is read, how many spans of instruments of it are read, and how many there are in all."""


def cache_folder(config: Config, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the past of this MyCirrus is kept: beside the database, else in the caller's own cache."""
    file = locate(config.storage_url(environment), config.base).file
    base_url = config.settings.mycirrus.base_url
    name = f"{urlsplit(base_url).hostname}-{blake2b(base_url.encode(), digest_size=4).hexdigest()}"
    if file is not None and os.access(file.parent, os.W_OK | os.X_OK):
        return file.parent / FOLDER / name
    home = environment.get("XDG_CACHE_HOME") or str(Path(environment.get("HOME") or "/tmp") / ".cache")  # noqa: S108
    return Path(home) / "alertd" / FOLDER / name


def to_ask(sources: Sequence[Source] | Mapping[Source, object]) -> list[Source]:
    """What MyCirrus is asked for, for these sources to be known."""
    wanted = {Source.STATS if source in DERIVED else source for source in sources}
    return [source for source in Source if source in wanted and source in RANGE_SOURCES]


class Reading:
    """Fills the cache for one replay."""

    def __init__(self, client: Client, cache: PastCache, now: datetime, wait: Wait, advance: Advance) -> None:
        self._client = client
        self._cache = cache
        self._now = now
        self._wait = wait
        self._advance = advance
        self.failures: list[str] = []
        self.refused: list[str] = []
        """One line for each instrument that MyCirrus would not answer for."""

    def read(
        self, fleet: Sequence[Instrument], span: tuple[datetime, datetime], back: Mapping[Source, timedelta]
    ) -> None:
        """Ask for what is missing of each source in `back`, so far back before the span; what fails is noted.

        Raises:
            OSError: the cache cannot be written to.
        """
        start, end = span[0].replace(second=0, microsecond=0), span[1]  # so that a second time asks for no split second
        for source in to_ask(back):
            wanted = {
                serial: self._cache.missing(serial, source, (start - back[source], end), self._now)
                for serial in asked_of(source, fleet)
            }
            if not self._read(source, slices(source, wanted)):
                return

    def _read(self, source: Source, wanted: Mapping[tuple[datetime, datetime], Sequence[str]]) -> bool:
        """Whether it is worth while to ask for more."""
        total, read = sum(map(len, wanted.values())), 0

        def take(piece: Piece) -> None:
            nonlocal read
            read += 1
            self._cache.add(piece.serial, piece.source, (piece.start, piece.end), piece.asked_at, piece.samples)
            self._advance(source.value, min(read, total), total)

        if total:
            self._advance(source.value, 0, total)
        try:
            refused = read_past(self._client, source, wanted, take, self._wait)
        except ApiError as error:
            self.failures.append(f"{source.value}: {error}")
            return not isinstance(error, KeyRefused)
        self.refused += [f"{source.value} of {serial}: {why}" for serial, why in refused.items()]
        return True

"""The watched monitors, kept for half a minute: reading thousands takes longer than all else on a page."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alertd.config.settings import Settings
from alertd.model import Instrument
from alertd.web.house import House

KEPT_FOR = timedelta(seconds=30)
"""So much later a monitor that came is in the list; a listing is hardly ever made sooner again."""


class Roster:
    """Reads anew where what it has is old, or made by another config. Safe to use from many threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: tuple[datetime, Settings, Sequence[Instrument]] | None = None

    def fleet(self) -> Sequence[Instrument]:
        """The monitors, by serial."""
        kept, now, settings = self._kept, self._house.now(), self._house.settings
        if kept is None or kept[1] is not settings or not timedelta(0) <= now - kept[0] < KEPT_FOR:
            kept = self._kept = (now, settings, self._house.fleet())
        return kept[2]

    def monitor(self, serial: str) -> Instrument | None:
        """The one of this serial; one that is not known yet is looked for at once."""
        found = next((each for each in self.fleet() if each.serial == serial), None)
        if found is None:
            self._kept = None
            found = next((each for each in self.fleet() if each.serial == serial), None)
        return found

"""Which of an instrument's newest records still say how it is now. Pure; once for each instrument in each round.

Status and current are what the instrument was when asked; stats carry their own time; a SIC, a calibration, an event
or a note stays the newest state of affairs however old. A source whose last poll failed is UNKNOWN, whatever is stored.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from alertd.fields import PREFIX_OF
from alertd.model import Sample, Source, Values
from alertd.rules.view import NO_PAST, Past, View

NOTHING = "nothing on record"
TOO_OLD = "too old"
OFFLINE = "offline"
NO_SIGN_OF_LIFE = "no sign of life"

STATS_PATIENCE = 3
"""Intervals, or the record's own periods, for which a stats record holds."""
LONGEST_PERIOD = 7 * 86400.0
"""Seconds; a sample period beyond it is garbage, not patience."""

_ONLY_OFFLINE: Values = MappingProxyType({"online": False})


class Horizon:
    """How old a record may be at one moment; made once, and used for every instrument of a round.

    `every` are the polled sources with their effective intervals.
    """

    __slots__ = ("_alive_since", "_every", "_oldest", "now")

    def __init__(self, now: datetime, every: Mapping[Source, timedelta]) -> None:
        self.now = now
        self._every = every
        self._oldest = {source: now - _hold(interval) for source, interval in every.items()}
        """Source → the time of an answer that is just too old."""
        stats_every = every.get(Source.STATS)
        self._alive_since = None if stats_every is None else now - STATS_PATIENCE * stats_every
        """A stats record after it is a sign of life; None where they are not polled."""

    def see(
        self,
        instrument: Mapping[str, str],
        newest: Mapping[Source, Sample],
        failed: Mapping[Source, str],
        wanted: Iterable[Source] | None = None,
        past: Past = NO_PAST,
    ) -> View:
        """What an instrument's rules may rely on now.

        `newest` is the newest record of each source, `failed` why the last poll of a source had no answer for this
        instrument (absent: it answered). The view holds the `wanted` of the polled sources, all of them where none are
        named: looking at what no rule reads would be most of the work.
        """
        values: dict[str, Values] = {}
        times: dict[str, datetime] = {}
        why: dict[str, str] = {}
        for source in self._every if wanted is None else wanted:
            if source not in self._every:
                continue
            prefix = PREFIX_OF[source]
            if source in failed:
                why[prefix] = failed[source]
                continue
            sample = newest.get(source)
            if sample is None:
                why[prefix] = NOTHING
                continue
            times[prefix] = sample.at
            reason = self._unusable(source, sample, newest)
            if reason:
                why[prefix] = reason
            elif source is Source.STATUS and sample.values.get("online") is False:
                # Whatever else the API says of an offline instrument was so before it went.
                values[prefix], why[prefix] = _ONLY_OFFLINE, OFFLINE
            else:
                values[prefix] = sample.values
        return View(now=self.now, instrument=instrument, values=values, times=times, why=why, past=past)

    def is_offline(self, newest: Mapping[Source, Sample]) -> bool:
        """Whether the instrument is known to be offline: what `current` says of it now was so before it went."""
        return self._offline(newest) == OFFLINE

    def trusts_current(self, newest: Mapping[Source, Sample]) -> bool:
        """Whether an answer of `current` is a measurement: of an offline instrument it may be the last one again."""
        return not self._offline(newest)

    def _unusable(self, source: Source, sample: Sample, newest: Mapping[Source, Sample]) -> str:
        """Why a record of a source that answered says nothing about now; empty where it does."""
        if source is Source.CURRENT:
            return self._offline(newest) or ("" if sample.at > self._oldest[source] else TOO_OLD)
        if source is Source.STATUS:
            return "" if sample.at > self._oldest[source] else TOO_OLD
        if source is Source.STATS:
            return "" if self.now - sample.at < _stats_hold(sample, self._every[source]) else TOO_OLD
        return ""

    def _offline(self, newest: Mapping[Source, Sample]) -> str:
        """Why `current` cannot be trusted: of an offline instrument the API may repeat the last values. Else empty."""
        status_polled = Source.STATUS in self._every
        if status_polled:
            status = newest.get(Source.STATUS)
            # A failed poll of /status leaves the last answer in force while it is young enough.
            if status is not None and status.at > self._oldest[Source.STATUS]:
                online = status.values.get("online")
                if online is True:
                    return ""
                if online is False:
                    return OFFLINE
        if self._alive_since is not None:
            stats = newest.get(Source.STATS)
            return "" if stats is not None and stats.at > self._alive_since else NO_SIGN_OF_LIFE
        return NO_SIGN_OF_LIFE if status_polled else ""


def _hold(interval: timedelta) -> timedelta:
    """How long the answer to a poll holds: three polls may fail, and polls are never quite on time."""
    return interval * 7 // 2


def _stats_hold(sample: Sample, interval: timedelta) -> timedelta:
    hold = STATS_PATIENCE * interval
    period = sample.values.get("samplePeriod")
    if type(period) is float and hold.total_seconds() < STATS_PATIENCE * period <= STATS_PATIENCE * LONGEST_PERIOD:
        return timedelta(seconds=STATS_PATIENCE * period)
    return hold

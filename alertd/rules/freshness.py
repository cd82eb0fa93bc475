"""Which of an instrument's newest records still say how it is now. Pure; once for each instrument in each round.

Status and current are what the instrument was when asked; stats carry their own time; a SIC, a calibration, an event
or a note stays the newest state of affairs however old. A source whose last poll failed is UNKNOWN, whatever is stored.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from alertd.fields import PREFIX_OF
from alertd.model import Sample, Source, Values
from alertd.rules.view import View

NOTHING = "nothing on record"
TOO_OLD = "too old"
OFFLINE = "offline"
NO_SIGN_OF_LIFE = "no sign of life"

STATS_PATIENCE = 3
"""Intervals, or the record's own periods, for which a stats record holds."""
LONGEST_PERIOD = 7 * 86400.0
"""Seconds; a sample period beyond it is garbage, not patience."""


def see(
    *,
    now: datetime,
    instrument: Mapping[str, str],
    newest: Mapping[Source, Sample],
    failed: Mapping[Source, str],
    every: Mapping[Source, timedelta],
    wanted: Iterable[Source] | None = None,
) -> View:
    """What the instrument's rules may rely on now.

    `newest` is the newest record of each source, `failed` why the last poll of a source had no answer for this
    instrument (absent: it answered), `every` the polled sources with their effective intervals. The view holds the
    `wanted` ones of them, which are all where none are named: looking at what no rule reads would be most of the work.
    """
    values: dict[str, Values] = {}
    times: dict[str, datetime] = {}
    why: dict[str, str] = {}
    for source in every if wanted is None else wanted:
        interval = every.get(source)
        if interval is None:
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
        reason = _unusable(source, sample, interval, now, newest, every)
        if reason:
            why[prefix] = reason
        elif source is Source.STATUS and sample.values.get("online") is False:
            # Whatever else the API says of an offline instrument was so before it went.
            values[prefix], why[prefix] = _ONLY_OFFLINE, OFFLINE
        else:
            values[prefix] = sample.values
    return View(now=now, instrument=instrument, values=values, times=times, why=why)


_ONLY_OFFLINE: Values = MappingProxyType({"online": False})


def _unusable(  # noqa: PLR0917  # the hot path: names cost
    source: Source,
    sample: Sample,
    interval: timedelta,
    now: datetime,
    newest: Mapping[Source, Sample],
    every: Mapping[Source, timedelta],
) -> str:
    """Why a record of a source that answered says nothing about now; empty where it does."""
    if source is Source.STATS:
        return "" if now - sample.at < _stats_hold(sample, interval) else TOO_OLD
    if source is Source.STATUS:
        return "" if now - sample.at < _hold(interval) else TOO_OLD
    if source is Source.CURRENT:
        return _offline(now, newest, every) if now - sample.at < _hold(interval) else TOO_OLD
    return ""


def _hold(interval: timedelta) -> timedelta:
    """How long the answer to a poll holds: three polls may fail, and polls are never quite on time."""
    return interval * 7 // 2


def _stats_hold(sample: Sample, interval: timedelta) -> timedelta:
    hold = STATS_PATIENCE * interval
    period = sample.values.get("samplePeriod")
    if type(period) is float and hold.total_seconds() < STATS_PATIENCE * period <= STATS_PATIENCE * LONGEST_PERIOD:
        return timedelta(seconds=STATS_PATIENCE * period)
    return hold


def _offline(now: datetime, newest: Mapping[Source, Sample], every: Mapping[Source, timedelta]) -> str:
    """Why `current` cannot be trusted (the API may repeat an offline instrument's last values); empty where it can."""
    status_every = every.get(Source.STATUS)
    stats_every = every.get(Source.STATS)
    if status_every is not None:
        status = newest.get(Source.STATUS)
        # A failed poll of /status leaves the last answer in force while it is young enough.
        if status is not None and now - status.at < _hold(status_every):
            online = status.values.get("online")
            if online is True:
                return ""
            if online is False:
                return OFFLINE
    if stats_every is not None:
        stats = newest.get(Source.STATS)
        alive = stats is not None and now - stats.at < STATS_PATIENCE * stats_every
        return "" if alive else NO_SIGN_OF_LIFE
    return "" if status_every is None else NO_SIGN_OF_LIFE

"""One instrument's records over the time of a replay, as columns, and what is derived where MyCirrus has no past. Pure.

Of `monitor/current` and of an instrument's status MyCirrus keeps no history. From its API, `current` is therefore what
`stats` say of the same thing in the same unit, and an instrument counts as offline while it has no stats.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from alertd.model import Sample, Source
from alertd.rules.pasts import TWINS
from alertd.store.columns import from_micros, to_micros
from alertd.store.tracks import Column, Track

SILENT_PERIODS = 3
"""An instrument without stats for longer than so many of its sample periods counts as offline."""
SHORTEST_SILENCE = timedelta(minutes=3)

STEADY = (Source.STATUS, Source.CURRENT)
"""Sources that answer each time they are asked: where there is no answer, a poll failed."""
LATE = 3
"""Halves of an interval after which an answer that did not come is missing."""

Micros = int
"""Microseconds since 1970."""


@dataclass(slots=True, kw_only=True)
class Course:
    """What was recorded of one instrument, and how often its sources came round."""

    serial: str
    tracks: Mapping[Source, Track]
    every: Mapping[Source, timedelta]
    until: Micros
    """The end of the replay."""
    _samples: dict[Source, tuple[int, Sample]] = field(default_factory=dict)
    """The sample that was made last of each source, and its row."""

    def times(self, source: Source) -> Sequence[Micros]:
        """When its records are from, ascending."""
        track = self.tracks.get(source)
        return () if track is None else track.times

    def sample(self, source: Source, row: int) -> Sample:
        """One record."""
        made = self._samples.get(source)
        if made is not None and made[0] == row:
            return made[1]
        track = self.tracks[source]
        sample = Sample(
            instrument=self.serial,
            source=source,
            at=from_micros(track.times[row]),
            values={name: column[row] for name, column in track.columns.items()},
        )
        self._samples[source] = row, sample
        return sample

    def missing(self, source: Source, start: Micros, end: Micros, most: int) -> Iterator[Micros]:
        """When a steady source did not answer within [start, end): the first `most` polls of each gap."""
        step = self.every[source] // _MICRO
        times = self.times(source)
        first = max(0, bisect_left(times, start) - 1)
        last = bisect_left(times, end)
        for at, after in pairwise([*times[first : last + 1], *([] if last < len(times) else [_NEVER])]):
            until = min(after, self.until + 1)
            if min(after, self.until) - at > step * LATE // 2:
                begin = max(1, -((at - start) // step))
                yield from range(at + begin * step, min(until, end, at + most * step + 1), step)

    def is_missing(self, source: Source, row: int, at: Micros) -> bool:
        """Whether a steady source owes an answer since before that time, of which the newest record is this row."""
        times, step = self.times(source), self.every[source] // _MICRO
        after = times[row + 1] if row + 1 < len(times) else _NEVER
        return at > times[row] + step and min(after, self.until) - times[row] > step * LATE // 2

    def turns(self, start: Micros, end: Micros) -> list[tuple[Micros, bool]]:
        """When it went offline and came back, from `start` to `end`; first how it was at its first answer."""
        track = self.tracks.get(Source.STATUS)
        found: list[tuple[Micros, bool]] = []
        for at, online in zip(track.times, track.columns.get("online", ()), strict=False) if track else ():
            if start <= at <= end and isinstance(online, bool) and (not found or found[-1][1] is not online):
                found.append((at, online))
        return found


_MICRO = timedelta(microseconds=1)
_NEVER = 2**62
_PRESENT_STATE = frozenset({Source.SIC, Source.CALIBRATIONS, Source.STATS})


def derive(
    tracks: Mapping[Source, Track], every: Mapping[Source, timedelta], start: datetime, end: datetime
) -> tuple[dict[Source, Track], dict[Source, timedelta]]:
    """The tracks with those of `current` and `status` that follow from the stats, and how often each source came.

    Both come as often as the stats do, or as they are polled, whichever is longer.
    """
    stats = tracks.get(Source.STATS, Track())
    found = dict(tracks)
    if not stats.times:
        return found, dict(every)
    period = usual_step(stats.times)
    rounds = {source: max(span, period) if source in STEADY else span for source, span in every.items()}
    if Source.CURRENT in every:
        columns = {name: stats.columns[twin] for name, twin in TWINS.items() if twin in stats.columns}
        found[Source.CURRENT] = Track(stats.times, columns)
    if Source.STATUS in every:
        found[Source.STATUS] = _status(stats.times, rounds[Source.STATUS], period, to_micros(start), to_micros(end))
    return found, rounds


def usual_step(times: Sequence[Micros]) -> timedelta:
    """The usual span between two records; a minute where there is no telling."""
    steps = [after - before for before, after in pairwise(times[-1000:])]
    return timedelta(microseconds=median(steps)) if steps else timedelta(minutes=1)


def _status(times: Sequence[Micros], every: timedelta, period: timedelta, start: Micros, end: Micros) -> Track:
    """Online at each record of stats; offline at each poll of a silence."""
    silence = max(SILENT_PERIODS * period, SHORTEST_SILENCE) // _MICRO
    step = every // _MICRO
    at: list[Micros] = []
    online: Column = []
    for before, after in pairwise([*times, max(end + 1, times[-1] + 1)]):
        at.append(before)
        online.append(True)
        if after - before > silence:
            first = start + -((start - before - silence) // step) * step
            polls = range(first if first > before + silence else first + step, after, step)
            at += polls
            online += [False] * len(polls)
    return Track(at, {"online": online})


def as_first(sample: Sample, *, at: Micros) -> Sample:
    """A record from before the beginning is the present state for some sources; a past event is nobody's alert."""
    if sample.source in _PRESENT_STATE or to_micros(sample.at) >= at:
        return sample
    return Sample(instrument=sample.instrument, source=sample.source, at=sample.at, values={})

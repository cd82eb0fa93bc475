"""A track: many records of one source of one instrument, as columns. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from alertd.model import Value

Column = list[Value | None]


@dataclass(slots=True)
class Track:
    """Records of one source of one instrument: times in microseconds, ascending, and a column for each field."""

    times: list[int] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)

    def between(self, start: int, end: int) -> "Track":
        """The part from `start` on and before `end`."""
        first, last = bisect_left(self.times, start), bisect_left(self.times, end)
        return Track(self.times[first:last], {name: column[first:last] for name, column in self.columns.items()})


def merge(tracks: Sequence[Track]) -> Track:
    """One track of several; of two records with one time the later track's counts, as a whole."""
    parts = [track for track in tracks if track.times]
    names = dict.fromkeys(name for track in parts for name in track.columns)
    if all(before.times[-1] < after.times[0] for before, after in pairwise(parts)):
        columns = {name: list(chain.from_iterable(_column(track, name) for track in parts)) for name in names}
        return Track([at for track in parts for at in track.times], columns)
    places = {at: (track, index) for track in parts for index, at in enumerate(track.times)}
    order = sorted(places)
    empty: Column = []
    columns = {}
    for name in names:
        found = ((track.columns.get(name, empty), index) for track, index in map(places.__getitem__, order))
        columns[name] = [column[index] if column else None for column, index in found]
    return Track(order, columns)


def _column(track: Track, name: str) -> Column:
    return track.columns.get(name) or [None] * len(track.times)

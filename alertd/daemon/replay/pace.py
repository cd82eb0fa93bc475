"""At what pace values came: told once of a whole series, so that a stretch's longest gap is known by a look. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from operator import sub
from statistics import median

LATE = 1.5
"""Usual spans after which a value is late: while none is, a window holds well beyond the share that it needs."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the times of one series, in their unit."""

    times: Sequence[float]
    usual: float
    widest: float
    """The longest span between two values of which the second was not late."""
    late: Sequence[float]
    """The times of values that came late…"""
    gaps: Sequence[float]
    """… and how long after the one before each did."""

    def longest_gap(self, begin: float, end: float) -> float:
        """The longest time without a value that reaches into a stretch; infinite where it is not within the series."""
        if not self.times or self.times[0] > begin or self.times[-1] + self.widest < end:
            return math.inf
        # The one after the end may have come late: its span reaches into the stretch.
        after = bisect_left(self.times, end)
        until = self.times[after] if after < len(self.times) else end
        return max(self.gaps[bisect_right(self.late, begin) : bisect_right(self.late, until)], default=self.widest)


def pace_of(times: Sequence[float]) -> Pace:
    """The pace of ascending times."""
    gaps = list(map(sub, islice(times, 1, None), times))
    if not gaps:
        return Pace(times, math.inf, math.inf, (), ())
    usual = median(gaps)
    most = LATE * usual
    late = [place for place, gap in enumerate(gaps) if gap > most]
    in_time = max(gap for gap in gaps if gap <= most) if late else max(gaps)
    return Pace(times, usual, in_time, [times[place + 1] for place in late], [gaps[place] for place in late])

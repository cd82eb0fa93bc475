"""What a chart shows: one field over some time, its limit and what an alert made of it. Plain values, no drawing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from alertd.model import State

Points = Sequence[tuple[datetime, float]]

FEWEST = 3
"""Points without which there is nothing to see."""
GREATEST = 1e100
"""A value beyond it was not measured: no chart is drawn of such."""
GAP = 3
"""A step longer than so many typical ones is a gap: nobody knows what was between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The measured values, in any order of time.

    Raises:
        ValueError: a value is no finite number that anything could have, or a time has no zone.
    """

    points: Points
    unit: str = ""
    name: str = ""
    """What is measured, as words for people: "supply voltage"."""
    gap: timedelta | None = None
    """A longer step is a gap, where the points were thinned; None: by their typical step."""

    def __post_init__(self) -> None:
        if not all(-GREATEST < value < GREATEST for _, value in self.points):
            raise ValueError("a chart is drawn of finite numbers only")
        if any(at.tzinfo is None for at, _ in self.points):
            raise ValueError("a chart is drawn of aware times only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long an alert was pending or firing; without an end it still is."""

    state: State
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A further limit beside a chart's own."""

    value: float
    name: str = ""
    """Whose it is."""
    severe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that happened at a time, told beside the chart under its sign."""

    at: datetime
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One field from `start` to `end`.

    Raises:
        ValueError: there are fewer than three points in that time, or it has no length.
    """

    series: Series
    start: datetime
    end: datetime
    title: str = ""
    limit: float | None = None
    limit_above: bool = False
    """Whether what is above the limit is bad, not what is below."""
    limits: Sequence[Limit] = ()
    """Further ones, drawn as lines only."""
    spans: Sequence[Span] = ()
    notes: Sequence[Note] = ()
    zone: tzinfo = UTC
    """Whose clock the times are shown by."""
    points: Points = field(init=False)
    """Those of the series within its time, in order, one for each time."""

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("a chart's time must have a length")
        if self.limit is not None and not -GREATEST < self.limit < GREATEST:
            raise ValueError("a chart's limit must be a finite number")
        within = {at: value for at, value in self.series.points if self.start <= at <= self.end}
        if len(within) < FEWEST:
            raise ValueError(f"a chart needs {FEWEST} points, not {len(within)}")
        object.__setattr__(self, "points", sorted(within.items()))

    @property
    def longest_step(self) -> timedelta:
        """The longest step between two points that is no gap."""
        return self.series.gap or longest_step(self.points)

    def is_beyond(self, value: float) -> bool:
        """Whether a value is on the bad side of the limit."""
        return self.limit is not None and (value > self.limit if self.limit_above else value < self.limit)


def longest_step(points: Points) -> timedelta:
    """The longest step between two points that is no gap."""
    steps = [(after[0] - before[0]).total_seconds() for before, after in pairwise(points)]
    return timedelta(seconds=GAP * median(steps)) if steps else timedelta(0)


def runs(points: Points, longest: timedelta | None = None) -> list[list[tuple[datetime, float]]]:
    """The points, parted at gaps: steps over `longest`, or over a few typical ones."""
    longest = longest or longest_step(points)
    found = [[points[0]]] if points else []
    for before, after in pairwise(points):
        if after[0] - before[0] > longest:
            found.append([])
        found[-1].append(after)
    return found

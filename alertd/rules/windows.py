"""What a call over the past asks: of which field, from when until when, and how its values are held for that.

A window holds the values later than its beginning and not later than its end.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from alertd.fields import PREFIX_OF
from alertd.model import Source
from alertd.rules.functions import Answer
from alertd.rules.series import Stretch
from alertd.rules.view import View

HOUR = 3600.0
DAY = 86400.0

STEADY = frozenset({Source.STATUS, Source.CURRENT, Source.STATS})
"""Sources that come at a steady pace, so that missing values can be counted. The others come when something happens."""

LONGEST = {source: 31 * DAY if source in STEADY else 366 * DAY for source in Source}
"""Seconds that a window may reach back: what is asked of MyCirrus at first, and held in memory."""

PREVIOUS = {source: HOUR if source in STEADY else 31 * DAY for source in Source} | {Source.CALIBRATIONS: 366 * DAY}
"""Seconds that the value before the newest is looked for."""


class Fold(StrEnum):
    """What remains of the values of one step, where a long window holds one a step."""

    ANY = "any"
    LOWEST = "lowest"
    HIGHEST = "highest"


@dataclass(frozen=True, slots=True)
class Track:
    """How the values of a field are held for a window: each of them, or one for each step."""

    step: float = 0.0
    """Seconds; 0 holds each value."""
    fold: Fold = Fold.ANY


EACH = Track()

KEPT_BEYOND = HOUR
"""Seconds kept beyond what is asked for: a record that is judged at its own time looks back from there."""

STEPPED_BEYOND = DAY
STEPS = 480
"""A window that reaches back more than a day over a steady source holds one value for each 480th part of it: a month of
minutes would be 43 200 values of each field of each monitor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One call, bound: of which field, and of which window. Spans are seconds."""

    source: Source
    name: str
    span: float = 0.0
    """0 where the function has no window of its own."""
    offset: float = 0.0
    """How long ago the window ended."""
    ahead: float = 0.0
    within: float = 0.0
    """The longest span from the value before to the newest; 0 for any."""
    level: Answer | None = None
    track: Track = EACH

    @property
    def prefix(self) -> str:
        """The source's name in expressions."""
        return PREFIX_OF[self.source]

    @property
    def key(self) -> str:
        """Which series it looks at; see View.past."""
        return key_of(self.source, self.name, self.track)


def key_of(source: Source, name: str, track: Track = EACH) -> str:
    """The field as expressions name it, with its steps where it has some."""
    key = f"{PREFIX_OF[source]}.{name}"
    return key if track == EACH else f"{key} {track.fold} of {track.step:.0f} s"


def track_of(fold: Fold | None, source: Source, reaches: float) -> Track:
    """How values are held for a call that reaches back so many seconds."""
    if fold is None or source not in STEADY or reaches <= STEPPED_BEYOND:
        return EACH
    return Track(60.0 * math.ceil(reaches / STEPS / 60), fold)


def stretch_of(ask: Ask, view: View) -> Stretch | None:
    """The values of the window that ends now, or `offset` ago; None where there is no past at all."""
    series = view.past.get(ask.key)
    if series is None:
        return None
    end = view.now.timestamp() - ask.offset
    return series.stretch(end - ask.span if ask.span else -math.inf, end)


def spacing_of(ask: Ask, window: Stretch, view: View) -> float | None:
    """The usual seconds between two values there, and a little before; None of fewer than two."""
    begin = view.now.timestamp() - ask.offset - ask.span
    return window.series.spacing(window.last, begin - max(KEPT_BEYOND, ask.track.step))


def span_mistake(seconds: float, source: Source) -> str:
    """What is wrong with a span that is written in a call; empty for nothing."""
    if seconds <= 0:
        return "write a duration longer than nothing"
    if seconds > LONGEST[source]:
        return f"{PREFIX_OF[source]} is kept at hand for {LONGEST[source] / DAY:.0f} days: write a shorter duration"
    return ""


def reach(ask: Ask) -> float:
    """How many seconds back the past is needed for a call."""
    if ask.span:
        return ask.span + ask.offset
    return ask.within or PREVIOUS[ask.source]

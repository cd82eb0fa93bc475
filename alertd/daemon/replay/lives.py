"""What a replay finds out of one rule on one instrument: plain values, which cross from process to process."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alertd.alerts.flapping import Episode, FlapTerms
from alertd.daemon.replay.course import Micros
from alertd.model import Alert, Transition, Value


@dataclass(frozen=True, slots=True)
class Change:
    """One step of an alert's life that is on record."""

    at: Micros
    """When alertd would have recorded it."""
    alert: Alert | None
    transitions: tuple[Transition, ...]
    episode: Episode | None


@dataclass(slots=True)
class Life:
    """All that one rule said of one instrument."""

    rule: str
    serial: str
    changes: list[Change] = field(default_factory=list)
    retold: list[tuple[Micros, Mapping[str, Value | None], str]] = field(default_factory=list)
    """Values and explanation of a living alert from then on."""
    breached: "array[int]" = field(default_factory=lambda: array("q"))
    """When a living alert was judged breached."""
    raised: str = ""
    """What the rule raised, if it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a replay is about, beside rules and records."""

    start: datetime
    end: datetime
    flapping: Mapping[str, FlapTerms]
    """By rule; one without an entry never flaps."""

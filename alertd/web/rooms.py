"""The parts of the House that remember something of their own: rules' files, drills, rounds of polling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from alertd.errors import Mistake
from alertd.mycirrus.client import ClientStand
from alertd.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTest:
    """A test that expects something of a rule."""

    name: str
    file: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A rule as it stands in its file."""

    text: str
    """YAML, with the comments above it; empty where the file is no longer as it was loaded."""
    line: int
    """Of the first line of the text."""


class Rulebook(Protocol):
    """What is known of the rules in force beside their own words."""

    def written(self, rule: Rule) -> Written:
        """How it stands in its file."""

    def tests(self, rule: Rule) -> Sequence[NamedTest]:
        """Tests beside its file that expect something of it."""

    def advice(self) -> Mapping[str, Sequence[Mistake]] | None:
        """What `alertd check` warns of, by the name of the rule; None while it is being found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedTarget:
    """What came of a drill at one target."""

    target: str
    delivered: bool
    error: str
    muted_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillSeen:
    """The last drill of a receiver."""

    by: str
    at: datetime
    tried: tuple[TriedTarget, ...] | None = None
    """None while it goes on."""
    failure: str = ""
    """Why it came to nothing."""


class Drills(Protocol):
    """Runs drills beside everything else."""

    def start(self, receiver: str, by: str) -> bool:
        """Begin one; False where one of this receiver goes on already. Waits a moment for its end."""

    def latest(self) -> Mapping[str, DrillSeen]:
        """The last one of each receiver since the start, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSeen:
    """One round of polling a source."""

    at: datetime
    """When it ended."""
    asked: int = 0
    answered: int = 0
    contained: int = 0
    """Instruments that MyCirrus would not answer for."""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSeen:
    """How polling a source went since the start."""

    last: RoundSeen
    last_failed: RoundSeen | None = None


class Polling(Protocol):
    """How MyCirrus is being asked."""

    def rounds(self) -> Mapping[str, SourceSeen]:
        """By source, `instruments` for the listing; those that had a round since the start."""

    def client(self) -> ClientStand | None:
        """Budget and circuit breaker; None while nothing polls."""

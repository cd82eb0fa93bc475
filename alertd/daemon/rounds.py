"""One round of one source: what it came to, and what is known of it while it is under way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alertd.model import Source, Transition
from alertd.mycirrus.answer import Answer


@dataclass(slots=True, kw_only=True)
class RoundReport:
    """What one round of one source came to."""

    source: str
    asked: int = 0
    answered: int = 0
    failure: str = ""
    """Why the source failed as a whole, or in part by more than one instrument's 403 or 404; empty when it did not."""
    contained: list[tuple[str, str]] = field(default_factory=list)
    """(serial, why) for each instrument that MyCirrus would not answer for."""
    transitions: list[Transition] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Round:
    """One under way."""

    source: Source
    report: RoundReport
    cursors: Mapping[str, datetime]
    """As they were before it."""
    began: float
    """Monotonic seconds."""
    overtaken: dict[str, datetime] = field(default_factory=dict)
    """Serial → when it was asked for out of turn: an answer from before that is no news any more."""

    def is_news(self, answer: Answer) -> bool:
        """Whether nothing later was heard of the instrument meanwhile."""
        later = self.overtaken.get(answer.instrument)
        return later is None or answer.asked_at >= later

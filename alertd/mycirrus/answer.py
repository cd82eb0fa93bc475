"""What came of asking MyCirrus for one source of one instrument."""

from dataclasses import dataclass
from datetime import datetime

from alertd.errors import ApiError
from alertd.model import Sample


@dataclass(slots=True, kw_only=True)
class Answer:
    """Records, nothing new, or why there is no answer. Not frozen for speed: one is made for each instrument-poll."""

    instrument: str
    samples: tuple[Sample, ...] = ()
    """In the order of their times."""
    cursor: datetime | None = None
    """Where to read on next time; range sources only."""
    reached: datetime | None = None
    """Up to when everything there is was read; range sources only."""
    error: ApiError | None = None
    """`NotAllowed` is this instrument's own; any other is the source's failure. Either way: UNKNOWN."""
    asked_at: datetime

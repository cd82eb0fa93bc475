"""What became of one attempt to send."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """The channel took the message."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The channel did not take it, or nobody knows."""

    reason: str
    """One short line without any secret or URL: `HTTP 429`, `SMTP 451 …`, `time-out after 30 s`."""
    maybe: bool
    """The message may have arrived all the same: the connection broke after it was sent, or time ran out."""


Outcome = Delivered | Failed

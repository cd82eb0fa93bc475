"""What is to be told, before it has words for its channel, and what rendering it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alertd.errors import RenderError
from alertd.model import Alert, Message, NotifyReason

CHANNELS = ("email", "slack", "teams", "text")
"""The kinds of channel that have templates of their own; also the folders of `templates/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTexts:
    """A rule's own words. `summary` and `description` are templates."""

    summary: str = ""
    description: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to one target, as plain values."""

    target: str
    receiver: str
    reason: NotifyReason
    group_labels: Mapping[str, str]
    firing: tuple[Alert, ...]
    """Worst first."""
    resolved: tuple[Alert, ...]
    """Worst first."""
    now: datetime
    zone: str = "UTC"
    """For the times of alerts whose instrument has no label `timezone`."""
    external_url: str | None = None
    texts: Mapping[str, RuleTexts] = field(default_factory=dict)
    """By rule name; a rule without an entry has no words of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message, and what went wrong on the way to it."""

    message: Message
    failures: tuple[RenderError, ...] = ()
    """Templates and rules' texts that failed; the shipped ones stand in their places."""
    good: tuple[str, ...] = ()
    """Templates that made it, of those that stand for every alert: not the shipped ones in place of the user's."""
    unnamed: tuple[str, ...] = ()
    """Ids of the alerts that only a count stands for, because the channel had no room for their names."""

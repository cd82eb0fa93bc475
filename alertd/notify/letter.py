"""What is to be told, before it has words for its channel, and what rendering it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alertd.alerts.flapping import Episode
from alertd.errors import RenderError
from alertd.model import Alert, Image, Message, NotifyReason
from alertd.notify.standing import Ack

CHANNELS = ("email", "slack", "teams", "text")
"""The kinds of channel that have templates of their own; also the folders of `templates/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTexts:
    """A rule's own words. `summary` and `description` are templates."""

    summary: str = ""
    description: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a digest's list."""

    text: str
    alert_id: str = ""
    """The alert that it names; empty for none."""


@dataclass(frozen=True, slots=True)
class Section:
    """One list of a digest; an empty one is left out."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a receiver's digest says."""

    due_at: datetime
    firing: int
    ended: int
    """Since the digest before this one."""
    zone: str
    sections: tuple[Section, ...]


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
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What opens the page of one alert without a log-in, by its id."""
    texts: Mapping[str, RuleTexts] = field(default_factory=dict)
    """By rule name; a rule without an entry has no words of its own."""
    why: str = ""
    """The reason of the silence that ended."""
    groups: int = 1
    """How many groups were merged into it."""
    reminders: int = 0
    """The how manieth reminder it is."""
    unacknowledged_since: datetime | None = None
    """Of an escalation."""
    episodes: Mapping[str, Episode] = field(default_factory=dict)
    """Flapping, by the id of its newest alert."""
    acks: Mapping[str, Ack] = field(default_factory=dict)
    """Who has it in hand, by alert id."""
    explains: Mapping[str, tuple[Alert, ...]] = field(default_factory=dict)
    """What a cause explains, by the cause's id; also what is over already."""
    site_label: str = "site"
    """Which label says where a monitor is."""
    asides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sentences of fact about one alert, by its id: what the supply did before it went offline."""
    trends: Mapping[str, str] = field(default_factory=dict)
    """In a reminder, how its value moves, by its id: `still falling 0.1 V a day`."""
    charts: Mapping[str, Image] = field(default_factory=dict)
    """Pictures for mails, by alert id; not so many that a mail becomes large."""
    digest: Digest | None = None
    """What a digest lists, in place of alerts."""
    drill: str = ""
    """Of a drill: what would have held the message back; empty for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the messages that a letter became."""

    message: Message
    alert_ids: frozenset[str] | None = None
    """The alerts that it names; None for all."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedParts:
    """A letter in as many messages as it takes."""

    parts: tuple[Part, ...]
    failures: tuple[RenderError, ...] = ()
    good: tuple[str, ...] = ()
    """As in Rendered."""

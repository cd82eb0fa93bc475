"""What the web pages and interfaces ask of the daemon around them. The daemon answers in alertd/daemon/house.py.

What is on record they read from the store themselves; here is what only a running daemon knows or may do. Each method
may be called from any thread.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alertd.chart.chart import Chart
from alertd.config.secrets import Secret
from alertd.config.settings import Settings
from alertd.model import Alert, Instrument
from alertd.mycirrus.webhooks import Notice, Registration
from alertd.notify.silences import Silence, SilenceState
from alertd.notify.standing import Ack, Hold
from alertd.present import Json
from alertd.rules.rule import Rule
from alertd.store.store import Store
from alertd.web.desk import Desk
from alertd.web.rooms import Drills, Polling, Rulebook


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be so for alertd to do its work."""

    name: str
    is_good: bool
    says: str
    """How it stands, in few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One route that an alert ends at."""

    receiver: str
    group_labels: Mapping[str, str]
    """What it is bundled by; a missing label is the empty text."""
    holds: tuple[Hold, ...] = ()
    """Times of day and quiet hours that hold it on this way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedAlert:
    """An alert that fires, where it goes, and what holds it back."""

    alert: Alert
    ways: tuple[Way, ...]
    holds: tuple[Hold, ...] = ()
    """What holds it back from everybody: silences, what explains it, what inhibits it."""
    ack: Ack | None = None
    """Who has it in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedSilence:
    """A silence and how it stands."""

    silence: Silence
    state: SilenceState
    starts_at: datetime
    """Of a series: its present occurrence's, or its next one's."""
    ends_at: datetime | None
    """The same; of what is over when it ended. None: open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLimit:
    """A limit that a rule in force sets a field of a monitor."""

    field: str
    """`current.voltage`."""
    value: float
    above: bool
    """Whether what is above it is bad."""
    rule: str
    severe: bool
    """Of a critical level."""


class Counted(Protocol):
    """What was counted since the start."""

    def of(self, what: str) -> Mapping[tuple[str, ...], int]:
        """What was counted under a name, by labels."""

    def spans(self, what: str) -> Mapping[str, tuple[list[tuple[float, int]], float]]:
        """How long things took, by label: (at most so many seconds, how many) in steps, and all seconds together."""


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests MyCirrus gets at the most."""

    a_minute: int
    free: int
    """How many of them could go at once now."""


class WebhookDesk(Protocol):
    """Takes what MyCirrus sends."""

    def registration(self, webhook_id: str) -> Registration | None:
        """The registration of an id, with its secret; None where it is not known."""

    def look_again(self) -> "Future[list[Registration]] | None":
        """Ask MyCirrus what is registered; None where it was asked within the last minute."""

    def watches(self, serial: str) -> bool:
        """Whether this instrument is one of those that are watched."""

    def take(self, notice: Notice) -> "Future[bool]":
        """Store it and read what it hints at; whether it is new, as soon as it is on disk, or a StoreError."""

    def count(self, kind: str, outcome: str) -> None:
        """One more that came."""


class House(Desk, Protocol):
    """The daemon, as its web pages see it."""

    @property
    def store(self) -> Store:
        """What is on record."""

    @property
    def settings(self) -> Settings:
        """The config, as of the last good load."""

    @property
    def rules(self) -> Sequence[Rule]:
        """The rules, as of the last good load."""

    @property
    def counted(self) -> Counted:
        """See alertd/daemon/tally.py for the names."""

    @property
    def rulebook(self) -> Rulebook:
        """Knows the rules' files."""

    @property
    def drills(self) -> Drills:
        """Runs drills."""

    @property
    def polling(self) -> Polling:
        """Knows how MyCirrus is being asked."""

    def secret(self, secret: Secret) -> str:
        """What a secret of the config stands for; empty where it cannot be read."""

    @property
    def webhooks(self) -> WebhookDesk | None:
        """Who takes webhooks; None where the config has none, and for a moment while it changes."""

    def now(self) -> datetime:
        """The time by alertd's clock."""

    def checks(self) -> Sequence[Check]:
        """Store, scheduler, poll and outbox: what has to be so for alertd to do its work."""

    def polled_at(self) -> Mapping[str, datetime]:
        """When the last good round of each source ended."""

    def failing(self) -> Mapping[str, str]:
        """Why the last round of each source failed; the empty text where it went well."""

    def watched(self) -> int | None:
        """How many instruments are watched; None while the daemon changes over to another config."""

    def requests(self) -> Requests | None:
        """How many requests are left; None while the daemon changes over to another config."""

    def alerts_json(self, alerts: Iterable[Alert]) -> list[Json]:
        """As `alertd alerts --json` prints them: with who was told, and what holds messages back."""

    def chart(self, alert: Alert) -> Chart | None:
        """The value that an alert is about, with its limit; None where there is none to draw."""

    def limits(self, instrument: Instrument) -> Sequence[RuleLimit]:
        """The limits of every rule in force on a monitor."""

    def rules_on(self, instrument: Instrument) -> list[Json]:
        """What each rule comes to on a monitor, as `effective_json` of its serial."""

    def rule_place(self, rule: Rule) -> str:
        """Where a rule stands: `rules/power.yaml:12`."""

    def acted(self) -> None:
        """Somebody changed a silence, an acknowledgement or a message: look at once."""

    def routed_alerts(self) -> list[RoutedAlert]:
        """Every alert that fires, but those in shadow, in the order they began."""

    def stated(self, silences: Iterable[Silence]) -> list[StatedSilence]:
        """How these silences stand."""

"""What the dispatcher knows when it looks, and what it decides to change: plain values in, plain values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.alerts.flapping import Episode
from alertd.model import Alert, Delivery, NotifyReason, Says, Timing, Told
from alertd.notify.groups import Track
from alertd.notify.silences import Silence
from alertd.notify.standing import Ack, EscalationClock, Explained, Held

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store says when the dispatcher looks."""

    alerts: Sequence[Alert]
    """Pending, firing, and resolved ones that are not settled."""
    told: Mapping[Key, Told] = field(default_factory=dict)
    """By (alert or episode id, target)."""
    outbox: Sequence[Delivery] = ()
    """Queued and leased messages, oldest first."""
    timings: Mapping[Key, Timing] = field(default_factory=dict)
    """By (target, group key)."""
    held: Mapping[Key, Held] = field(default_factory=dict)
    """By (alert id, target)."""
    acks: Sequence[Ack] = ()
    silences: Sequence[Silence] = ()
    """Those that are not over."""
    clocks: Mapping[Key, EscalationClock] = field(default_factory=dict)
    """By (alert or episode id, receiver of the route)."""
    episodes: Sequence[Episode] = ()
    """Flapping that goes on, and whose end somebody has not heard."""
    explained: frozenset[Key] = frozenset()
    """(alert id, cause id) on record, of causes that are not settled."""
    offline: frozenset[str] = frozenset()
    """Serials of the monitors that were offline when last heard of."""
    failing: frozenset[str] = frozenset()
    """Targets that count as failing."""
    tokens: Mapping[str, int] = field(default_factory=dict)
    """How many messages a target with a rate may get at once now."""
    digests_due: Mapping[str, datetime] = field(default_factory=dict)
    """By receiver: when the digest that is to be sent now was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One message to write; a large one may become several parts."""

    target: str
    key: str
    thread: str
    """Mails of one thread share it; empty for none."""
    receiver: str
    labels: Mapping[str, str]
    track: Track
    reason: NotifyReason
    firing: tuple[Alert, ...]
    resolved: tuple[Alert, ...]
    says: tuple[Says, ...]
    repeats: bool
    why: str = ""
    episodes: tuple[Episode, ...] = ()
    """Of a message about flapping."""
    unacknowledged_since: datetime | None = None
    acks: tuple[Ack, ...] = ()
    """Of its alerts; who has one in hand is said."""
    reminders: int = 0
    groups: int = 1
    """How many groups were merged into it."""
    timings: tuple[Timing, ...] = ()
    digest_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to change in the outbox and the notification log, all at once."""

    orders: tuple[Order, ...] = ()
    supersede: tuple[int, ...] = ()
    settled: tuple[Told, ...] = ()
    settled_alerts: tuple[str, ...] = ()
    settled_episodes: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    """New or changed."""
    no_longer_held: tuple[Key, ...] = ()
    """(alert id, target)."""
    clocks: tuple[EscalationClock, ...] = ()
    explained: tuple[Explained, ...] = ()
    ended_acks: tuple[int, ...] = ()
    expired_silences: tuple[str, ...] = ()
    digests: Mapping[str, datetime] = field(default_factory=dict)
    """By receiver: when the digest was due that is decided with this."""
    wake_at: datetime | None = None
    """When something not yet due will be."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(
            (
                self.orders,
                self.supersede,
                self.settled,
                self.settled_alerts,
                self.settled_episodes,
                self.held,
                self.no_longer_held,
                self.clocks,
                self.explained,
                self.ended_acks,
                self.expired_silences,
                self.digests,
            )
        )

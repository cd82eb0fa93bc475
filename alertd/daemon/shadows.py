"""What rules in shadow would have sent: of each, its firings on record and whom the routes lead them to. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alertd.model import Alert, State
from alertd.notify.routes import Route, reached
from alertd.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """What one rule would have sent; holds, which might have kept some of it back, are not reckoned."""

    firings: int = 0
    firing: int = 0
    """Of these, how many fire now."""
    since: datetime | None = None
    """When the first of them fired."""
    last: datetime | None = None
    receivers: Mapping[str, int] = field(default_factory=dict)
    """Each receiver with the number of firings that it would have heard of."""


def unsent(rules: Iterable[Rule], alerts: Iterable[Alert], root: Route) -> dict[str, Unsent]:
    """By the name of each rule that is in shadow; `alerts` are those in shadow that fired."""
    fired: dict[str, list[tuple[datetime, Alert]]] = {rule.name: [] for rule in rules if rule.shadow}
    for alert in alerts:
        if alert.rule in fired and alert.fired_at is not None:
            fired[alert.rule].append((alert.fired_at, alert))
    return {name: _unsent(firings, root) for name, firings in fired.items()}


def _unsent(fired: list[tuple[datetime, Alert]], root: Route) -> Unsent:
    times = [at for at, _ in fired]
    heard = Counter(
        receiver
        for _, alert in fired
        for receiver in dict.fromkeys(route.receiver for route in reached(root, alert.labels))
    )
    return Unsent(
        firings=len(fired),
        firing=sum(alert.state is State.FIRING for _, alert in fired),
        since=min(times, default=None),
        last=max(times, default=None),
        receivers=dict(sorted(heard.items())),
    )

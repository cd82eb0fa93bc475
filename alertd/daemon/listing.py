"""What lists show: alerts that need a hand, rules and what each comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from alertd.config.settings import Settings
from alertd.daemon.fleet import fleet_of
from alertd.daemon.muting import Muting
from alertd.daemon.routing import routing_of
from alertd.daemon.shadows import Unsent, unsent
from alertd.model import Alert, State
from alertd.rules.rule import Rule, labels_of
from alertd.store.store import Store


def alerts_now(store: Store, muting: Muting) -> list[Alert]:
    """Pending and firing ones and the newest of each that flaps, newest first; none in shadow."""
    living = store.alerts(states=[State.PENDING, State.FIRING])
    found = [alert for alert in living if not muting.in_shadow(alert)]
    flapping = muting.newest_that_flap(found)
    return sorted([*found, *flapping], key=lambda alert: alert.active_at, reverse=True) if flapping else found


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """What is known of rules beside their text."""

    watched: dict[str, int | None]
    """How many monitors each rule is about; None where the fleet is not known."""
    unsent: dict[str, Unsent] = field(default_factory=dict)
    """What each rule in shadow would have sent."""


def rule_facts(store: Store | None, settings: Settings, rules: Sequence[Rule]) -> RuleFacts:
    """Of each rule by its name; `store` is None before there is one."""
    if store is None:
        return RuleFacts(watched={rule.name: None for rule in rules})
    fleet = [labels_of(each) for each in fleet_of(store.instruments(), settings.instruments)]
    in_shadow = store.fired_in_shadow() if any(rule.shadow for rule in rules) else []
    return RuleFacts(
        watched={rule.name: sum(map(rule.matches, fleet)) for rule in rules},
        unsent=unsent(rules, in_shadow, routing_of(settings, rules).root),
    )

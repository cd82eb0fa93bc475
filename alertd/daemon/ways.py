"""Where each alert that fires goes now, and what holds it back: for interfaces that show alerts by receiver."""

from collections.abc import Sequence
from datetime import datetime

from alertd.config.settings import Settings
from alertd.daemon.routing import routing_of
from alertd.model import Alert, State
from alertd.notify.groups import Routing, in_shadow
from alertd.notify.routes import reached
from alertd.notify.sorting import Sorter
from alertd.rules.rule import Rule
from alertd.store.store import Store
from alertd.web.house import RoutedAlert, Way


def routed(store: Store, settings: Settings, rules: Sequence[Rule], now: datetime) -> list[RoutedAlert]:
    """Every alert that fires, but those in shadow, in the order they began."""
    known, routing = store.known(now), routing_of(settings, rules)
    sorter = Sorter(known, routing, now)
    return [
        _routed(alert, sorter, routing, now)
        for alert in known.alerts
        if alert.state is State.FIRING and not in_shadow(alert, routing.shadow)
    ]


def _routed(alert: Alert, sorter: Sorter, routing: Routing, now: datetime) -> RoutedAlert:
    ways = [
        Way(
            receiver=route.receiver,
            group_labels=route.group_labels(alert.labels),
            holds=sorter.holds.on_way(alert.labels, route, route.receiver),
        )
        for route in reached(routing.root, alert.labels)
    ]
    acks = [ack for ack in sorter.acks_of(alert) if ack.stands(now)]
    return RoutedAlert(
        alert=alert,
        holds=sorter.holds.on_alert(alert),
        ways=tuple(ways),
        ack=max(acks, key=lambda ack: ack.id, default=None),
    )

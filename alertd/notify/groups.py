"""Who an alert goes to, and bundled with which others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alertd.model import Alert, State, Told
from alertd.notify.decide import Member, knows
from alertd.notify.routes import Policy, Route, reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The root of the routes, and each receiver's targets by name."""

    root: Route
    receivers: Mapping[str, tuple[str, ...]]

    @property
    def targets(self) -> frozenset[str]:
        """Every target of the config."""
        return frozenset(target for targets in self.receivers.values() for target in targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one target sees of one group."""

    target: str
    key: str
    receiver: str
    labels: Mapping[str, str]
    policy: Policy
    members: list[Member] = field(default_factory=list)


def group(alerts: Iterable[Alert], told: Mapping[tuple[str, str], Told], routing: Routing) -> list[Group]:
    """Sort alerts into what each target sees; `told` is keyed by (alert id, target).

    Pending alerts are nobody's business. A target that was told and is no longer routed still gets the ending.
    """
    groups: dict[tuple[str, str], Group] = {}
    told_targets = _targets_by_alert(told.values())
    for alert in alerts:
        if alert.state is State.PENDING:
            continue
        routes = dict(destinations(alert, routing))
        for target, route in routes.items():
            _group_of(groups, alert, target, route).members.append(
                Member(alert=alert, told=told.get((alert.id, target)))
            )
        for target in told_targets.get(alert.id, ()):
            if target not in routes and target in routing.targets and knows(told[alert.id, target]):
                member = Member(alert=alert, told=told[alert.id, target], routed=False)
                _group_of(groups, alert, target, routing.root).members.append(member)
    return list(groups.values())


def destinations(alert: Alert, routing: Routing) -> Iterator[tuple[str, Route]]:
    """Each target an alert is routed to, once, with the first route that leads there."""
    seen: set[str] = set()
    about = alert.subject if alert.own and alert.rule == "TargetFailing" else None
    for route in reached(routing.root, alert.labels):
        for target in routing.receivers[route.receiver]:
            if target not in seen and target != about:
                seen.add(target)
                yield target, route
    if about is not None and not seen:
        # Nobody else is routed: every other target hears that this one fails, or it alone where there is no other.
        for target in sorted(routing.targets - {about}) or sorted(routing.targets & {about}):
            yield target, routing.root


def group_key(receiver: str, labels: Mapping[str, str]) -> str:
    """A group's name in the store: the receiver and the labels it is grouped by."""
    inside = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{receiver}{{{inside}}}"


def _group_of(groups: dict[tuple[str, str], Group], alert: Alert, target: str, route: Route) -> Group:
    labels = route.group_labels(alert.labels)
    key = group_key(route.receiver, labels)
    found = groups.get((target, key))
    if found is None:
        found = Group(target=target, key=key, receiver=route.receiver, labels=labels, policy=route.policy)
        groups[target, key] = found
    return found


def _targets_by_alert(told: Iterable[Told]) -> Mapping[str, Sequence[str]]:
    targets: dict[str, list[str]] = {}
    for each in told:
        targets.setdefault(each.alert_id, []).append(each.target)
    return targets

"""Who an alert goes to, and bundled with which others."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from alertd.model import Alert, NotifyReason
from alertd.notify.causes import CauseTerms
from alertd.notify.decide import Member
from alertd.notify.holds import HoldTerms
from alertd.notify.routes import Policy, Route, reached

STORM = "storm"
"""The key of what was merged because too much was due at once."""


class Track(Enum):
    """What brings the members of a group together."""

    ORDINARY = "ordinary"
    SILENCE_END = "silence ended"
    QUIET_END = "quiet ended"
    FLAPPING = "flapping"
    FLAPPING_WORSE = "flapping, worse"
    FLAPPING_OVER = "flapping ended, clear"
    FLAPPING_ON = "flapping ended, fires"
    ESCALATION = "escalation"


REASONS: Mapping[Track, NotifyReason] = {
    Track.SILENCE_END: NotifyReason.SILENCE_ENDED,
    Track.QUIET_END: NotifyReason.QUIET_ENDED,
    Track.FLAPPING: NotifyReason.FLAPPING,
    Track.FLAPPING_WORSE: NotifyReason.ESCALATED,
    Track.FLAPPING_OVER: NotifyReason.FLAPPING_ENDED,
    Track.FLAPPING_ON: NotifyReason.FLAPPING_ENDED,
    Track.ESCALATION: NotifyReason.UNACKNOWLEDGED,
}
"""Why a group beside the ordinary ones speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The root of the routes, each receiver's targets by name, and what holds messages back."""

    root: Route
    receivers: Mapping[str, tuple[str, ...]]
    holds: HoldTerms = field(default_factory=HoldTerms)
    causes: CauseTerms = field(default_factory=CauseTerms)
    shadow: frozenset[str] = frozenset()
    """Rules of which nobody is told."""

    @property
    def targets(self) -> frozenset[str]:
        """Every target of the config."""
        return frozenset(target for targets in self.receivers.values() for target in targets)

    @property
    def receiver_of(self) -> dict[str, str]:
        """Each target's receiver."""
        return {target: receiver for receiver, targets in self.receivers.items() for target in targets}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one target sees of one group."""

    target: str
    key: str
    receiver: str
    labels: Mapping[str, str]
    policy: Policy
    track: Track = Track.ORDINARY
    why: str = ""
    """The reason of the silence that ended."""
    members: list[Member] = field(default_factory=list)
    parents: dict[str, None] = field(default_factory=dict)
    """The keys of the ordinary groups that its members are in, where it is none itself; a set in order."""

    @property
    def timing_keys(self) -> tuple[str, ...]:
        """Of which groups a message of this one starts the reminders over."""
        return (self.key,) if self.track is Track.ORDINARY else tuple(self.parents)


class Groups:
    """Groups while they are filled."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def ordinary(self, target: str, route: Route, labels: Mapping[str, str]) -> Group:
        """The group of an alert with these labels on its way along a route."""
        inside = route.group_labels(labels)
        key = group_key(route.receiver, inside)
        return self._get(Group(target=target, key=key, receiver=route.receiver, labels=inside, policy=route.policy))

    def beside(self, parent: Group, track: Track, name: str, why: str = "") -> Group:
        """The group that a member of an ordinary one is in for now."""
        group = self._get(
            Group(
                target=parent.target,
                key=f"{track.value}: {name}",
                receiver=parent.receiver,
                labels={} if track in (Track.SILENCE_END, Track.QUIET_END) else parent.labels,
                policy=parent.policy,
                track=track,
                why=why,
            )
        )
        group.parents[parent.key] = None
        return group

    def _get(self, new: Group) -> Group:
        return self._groups.setdefault((new.target, new.key), new)


def in_shadow(alert: Alert, shadow: Container[str]) -> bool:
    """Whether nobody is to be told that an alert fires: it was judged in shadow last, or its rule is there now.

    The alert's own word counts beside the rule's: one that ended in shadow stays untold when its rule goes live or is
    removed, and one that goes on is told once it was judged breached, live.
    """
    return not alert.own and (alert.shadow or alert.rule in shadow)


def destinations(alert: Alert, routing: Routing) -> Iterator[tuple[str, Route]]:
    """Each target an alert goes to, once, with the first route that leads there; one in shadow goes nowhere."""
    return iter(()) if in_shadow(alert, routing.shadow) else led_to(alert, routing)


def led_to(alert: Alert, routing: Routing) -> Iterator[tuple[str, Route]]:
    """Where the routes lead an alert by its labels, in shadow or not."""
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

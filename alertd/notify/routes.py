"""The routing tree: which receivers an alert goes to, bundled and timed how. Alertmanager's semantics."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from alertd.matchers import Matcher, all_match

ALL_LABELS = "..."
"""`group_by: [...]` groups by every label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When a group speaks."""

    group_wait: timedelta = timedelta(seconds=30)
    waits: bool = True
    """False: group_wait counts as over for what fires. What was over within it is told to nobody all the same."""
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    repeat_max: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One further step of an escalation: who is told where nobody acknowledged for so long."""

    after: timedelta
    """Since the decision to tell step 1, the route's own receiver."""
    receiver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One node; everything inherited is filled in."""

    receiver: str
    policy: Policy
    group_by: tuple[str, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    continue_: bool = False
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    escalate: tuple[Step, ...] = ()
    """In the order of `after`."""
    routes: tuple["Route", ...] = ()

    def group_labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The labels that name an alert's group here; a missing one is the empty text."""
        names = sorted(labels) if ALL_LABELS in self.group_by else self.group_by
        return {name: labels.get(name, "") for name in names}


def reached(route: Route, labels: Mapping[str, str]) -> Iterator[Route]:
    """The routes an alert ends at, in the order of the file: children first, the node itself where none takes it."""
    taken = False
    for child in route.routes:
        if all_match(child.matchers, labels):
            taken = True
            yield from reached(child, labels)
            if not child.continue_:
                return
    if not taken:
        yield route

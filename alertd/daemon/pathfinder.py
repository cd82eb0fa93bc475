"""Which routes were looked at on an alert's way down the tree, and why each did or did not take it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alertd.notify.routes import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One route that was come to."""

    route: Route
    depth: int
    """0 is the root."""
    taken: bool
    ends: bool = False
    """The alert goes to its receiver; no route below took it."""
    why: str = ""
    """Why it did not take the alert."""


def look_down(route: Route, labels: Mapping[str, str], depth: int = 0) -> Iterator[Look]:
    """This route, which takes an alert with these labels, and all that is below it, in the order of the file."""
    below: list[Look] = []
    taken = closed = False
    for child in route.routes:
        why = "a route above took it" if closed else _missed(child, labels)
        if why:
            below.append(Look(route=child, depth=depth + 1, taken=False, why=why))
        else:
            below += look_down(child, labels, depth + 1)
            taken, closed = True, not child.continue_
    yield Look(route=route, depth=depth, taken=True, ends=not taken)
    yield from below


def _missed(route: Route, labels: Mapping[str, str]) -> str:
    """The first label that the route asks something else of; empty where it takes the alert."""
    for matcher in route.matchers:
        if not matcher.matches(labels):
            return f'{matcher.label} is "{labels.get(matcher.label, "")}"'
    return ""

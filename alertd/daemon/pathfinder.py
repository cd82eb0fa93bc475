"""Which routes were looked at on an alert's way down the tree, and why each did or did not take it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alertd.notify.routes import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One route that was come to."""

    route: Route
    path: tuple[int, ...]
    """Which child of which child it is, from 0; of the root empty."""
    taken: bool
    ends: bool = False
    """The alert goes to its receiver; no route below took it."""
    why: str = ""
    """Why it did not take the alert."""

    @property
    def depth(self) -> int:
        """0 is the root."""
        return len(self.path)

    @property
    def loc(self) -> tuple[str | int, ...]:
        """Where the config has it."""
        return ("route", *(step for index in self.path for step in ("routes", index)))


def look_down(route: Route, labels: Mapping[str, str], path: tuple[int, ...] = ()) -> Iterator[Look]:
    """This route, which takes an alert with these labels, and all that is below it, in the order of the file."""
    below: list[Look] = []
    taken = closed = False
    for index, child in enumerate(route.routes):
        below_here = (*path, index)
        why = "a route above took it" if closed else _missed(child, labels)
        if why:
            below.append(Look(route=child, path=below_here, taken=False, why=why))
        else:
            below += look_down(child, labels, below_here)
            taken, closed = True, not child.continue_
    yield Look(route=route, path=path, taken=True, ends=not taken)
    yield from below


def _missed(route: Route, labels: Mapping[str, str]) -> str:
    """The first label that the route asks something else of; empty where it takes the alert."""
    for matcher in route.matchers:
        if not matcher.matches(labels):
            return f'{matcher.label} is "{labels.get(matcher.label, "")}"'
    return ""

"""Mistakes in the routing tree as it was written: what leads nowhere, what nothing reaches, steps out of order."""

from collections.abc import Iterator

from alertd.config.durations import duration_of
from alertd.config.names import items, names, names_of
from alertd.config.validate import suggest
from alertd.config.yaml import Document, Loc
from alertd.errors import Mistake
from alertd.matchers import Matcher, parse_matcher


def route_mistakes(document: Document) -> Iterator[Mistake]:
    """Every mistake between routes, and between them and what they name."""
    for route in _routes(document, ("route",)):
        yield from _out_of_order(document, route)
        yield from _shadowed(document, list(items(document, (*route, "routes"))))
    yield from _unknown(document, "receiver", list(_receivers_named(document)))
    yield from _unknown(document, "time interval", list(_intervals_named(document)))


def unreached_receivers(document: Document) -> Iterator[Mistake]:
    """A warning for each receiver that neither a route nor an escalation names."""
    named = {document.get(loc) for loc in _receivers_named(document)}
    for what, name, loc in names(document):
        if what == "receiver" and name not in named:
            yield document.mistake(loc, f'no route leads to the receiver "{name}"', warning=True)


def _routes(document: Document, loc: Loc) -> Iterator[Loc]:
    yield loc
    for branch in items(document, (*loc, "routes")):
        yield from _routes(document, branch)


def _receivers_named(document: Document) -> Iterator[Loc]:
    for route in _routes(document, ("route",)):
        for place in (route, *items(document, (*route, "escalate"))):
            if isinstance(document.get((*place, "receiver")), str):
                yield (*place, "receiver")


def _intervals_named(document: Document) -> Iterator[Loc]:
    for route in _routes(document, ("route",)):
        for key in ("mute_time_intervals", "active_time_intervals"):
            yield from (loc for loc in items(document, (*route, key)) if isinstance(document.get(loc), str))


def _unknown(document: Document, what: str, mentions: list[Loc]) -> Iterator[Mistake]:
    """A mistake at each mention of a name that nothing of that kind has."""
    homes = {"receiver": "receivers", "time interval": "time_intervals"}
    known = [name.strip() for name in names_of(document, what)]
    if len(known) < len(list(items(document, (homes[what],)))) or (what == "receiver" and not known):
        return  # one has no name yet, and it may be the one
    for loc in mentions:
        name = str(document.get(loc))
        if name.strip() not in known:
            yield document.mistake(loc, f'there is no {what} "{name}"{suggest(name, known)}')


def _out_of_order(document: Document, route: Loc) -> Iterator[Mistake]:
    """Steps of an escalation that do not come later than the one above them."""
    before = None
    for step in items(document, (*route, "escalate")):
        try:
            after = duration_of(document.get((*step, "after")))
        except ValueError:
            continue  # a mistake of form, with a message of its own
        if before is not None and after <= before:
            yield document.mistake((*step, "after"), "after: each step must come later than the one above it")
        before = after


def _shadowed(document: Document, branches: list[Loc]) -> Iterator[Mistake]:
    """Branches that get nothing, because one above them takes all that they would."""
    takers: list[tuple[frozenset[Matcher], Loc]] = []
    for branch in branches:
        matchers = _matchers(document, branch)
        if matchers is None:
            continue
        taker = next((loc for wanted, loc in takers if wanted <= matchers), None)
        if taker is not None:
            line, _ = document.place(taker)
            text = (
                f"nothing comes here: the route in line {line} takes it all; put this one above it, or let it continue"
            )
            yield document.mistake(branch, text)
        elif document.get((*branch, "continue")) is not True:
            takers.append((matchers, branch))


def _matchers(document: Document, route: Loc) -> frozenset[Matcher] | None:
    """What a route asks for; None where that has mistakes of its own."""
    written = document.get((*route, "matchers"))
    if not isinstance(document.get(route), dict) or not isinstance(written, list | None):
        return None
    try:
        return frozenset(parse_matcher(str(text)) for text in written or ())
    except ValueError:
        return None

"""Mistakes that only show when parts of the config are laid side by side: names used twice, names nobody has.

These look at the document as it was written, not at the settings made of it, so that they are found beside mistakes of
form, all at once. What has the wrong form is passed over here: that has its own message.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from alertd.config.forms import check_zone
from alertd.config.validate import suggest
from alertd.config.yaml import Document, Loc
from alertd.errors import Mistake

_WILDCARDS = frozenset("*?[")


def mistakes_across(document: Document) -> list[Mistake]:
    """Every mistake between the parts of a config."""
    targets = chain.from_iterable(
        _items(document, (*receiver, "targets")) for receiver in _items(document, ("receivers",))
    )
    return [
        *_twice(document, "receivers", _items(document, ("receivers",))),
        *_twice(document, "targets", targets),
        *_unknown_receivers(document),
        *_listed_serials(document),
        *_zones(document),
    ]


def unreached_receivers(document: Document) -> Iterator[Mistake]:
    """A warning for each receiver that no route names."""
    named = {document.get((*route, "receiver")) for route in _routes(document, ("route",))}
    for name, loc in _names(document, _items(document, ("receivers",))):
        if name not in named:
            yield document.mistake(loc, f'no route leads to the receiver "{name}"', warning=True)


def _items(document: Document, loc: Loc) -> Iterator[Loc]:
    value = document.get(loc)
    if isinstance(value, list):
        yield from ((*loc, n) for n in range(len(value)))


def _names(document: Document, items: Iterable[Loc]) -> Iterator[tuple[str, Loc]]:
    for item in items:
        name = document.get((*item, "name"))
        if isinstance(name, str):
            yield name, (*item, "name")


def _twice(document: Document, what: str, items: Iterable[Loc]) -> Iterator[Mistake]:
    first: dict[str, Loc] = {}
    for name, loc in _names(document, items):
        if name in first:
            line, _ = document.place(first[name])
            yield document.mistake(loc, f'two {what} are called "{name}"; the first is in line {line}')
        else:
            first[name] = loc


def _routes(document: Document, loc: Loc) -> Iterator[Loc]:
    yield loc
    for branch in _items(document, (*loc, "routes")):
        yield from _routes(document, branch)


def _unknown_receivers(document: Document) -> Iterator[Mistake]:
    receivers = list(_items(document, ("receivers",)))
    known = [name.strip() for name, _ in _names(document, receivers)]
    if not known or len(known) < len(receivers):
        return  # one has no name yet, and it may be the one
    for route in _routes(document, ("route",)):
        name = document.get((*route, "receiver"))
        if isinstance(name, str) and name.strip() not in known:
            yield document.mistake((*route, "receiver"), f'there is no receiver "{name}"{suggest(name, known)}')


def _listed_serials(document: Document) -> Iterator[Mistake]:
    """Without discovery, `include` is the list of monitors itself."""
    if document.get(("instruments", "discover")) is not False:
        return
    include: Loc = ("instruments", "include")
    if not document.get(include):
        text = "discover is false, so include must list the serials to watch"
        yield document.mistake(("instruments", "discover"), text)
    for item in _items(document, include):
        if _WILDCARDS & set(str(document.get(item))):
            yield document.mistake(item, "discover is false, so this must be a serial, not a pattern")


def _zones(document: Document) -> Iterator[Mistake]:
    labels: Loc = ("instruments", "labels")
    instruments = document.get(labels)
    checked: dict[str, str] = {}
    for serial in instruments if isinstance(instruments, dict) else ():
        loc = (*labels, serial, "timezone")
        zone = document.get(loc)
        if zone is None:
            continue
        if wrong := checked.setdefault(str(zone), _zone_mistake(str(zone))):
            yield document.mistake(loc, wrong)


def _zone_mistake(zone: str) -> str:
    try:
        check_zone(zone)
    except ValueError as error:
        return str(error)
    return ""

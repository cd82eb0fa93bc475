"""Names are one namespace over the whole config: receivers, targets, time intervals, rules, alertd's own alerts.

So that a name in a log, a message or on a command line means one thing.
"""

from collections.abc import Iterator

from alertd.config.yaml import Document, Loc
from alertd.errors import Mistake
from alertd.model import OWN_RULES

Named = tuple[str, str, Loc]
"""What it is, its name, where the name stands."""


def items(document: Document, loc: Loc) -> Iterator[Loc]:
    """Where the items of a list stand; none where there is no list."""
    value = document.get(loc)
    if isinstance(value, list):
        yield from ((*loc, n) for n in range(len(value)))


def names(document: Document) -> Iterator[Named]:
    """Every name that a config gives."""
    for receiver in items(document, ("receivers",)):
        yield from _name(document, "receiver", receiver)
        for target in items(document, (*receiver, "targets")):
            yield from _name(document, "target", target)
    for interval in items(document, ("time_intervals",)):
        yield from _name(document, "time interval", interval)


def names_of(document: Document, kind: str) -> list[str]:
    """The names of one kind, as written."""
    return [name for what, name, _ in names(document) if what == kind]


def name_mistakes(document: Document) -> Iterator[Mistake]:
    """A mistake at each name that another thing has already, above it in the file."""
    first: dict[str, Named] = {}
    given = list(names(document))
    if len({name for _, name, _ in given}) < len(given):
        given.sort(key=lambda each: document.place(each[2]))
    for what, name, loc in given:
        if name in OWN_RULES:
            yield document.mistake(loc, f'"{name}" is an alert of alertd about itself: choose another name')
        elif name in first:
            yield document.mistake(loc, _taken(document, what, first[name]))
        else:
            first[name] = (what, name, loc)


def taken_names(document: Document) -> dict[str, str]:
    """Each name of a config → the file and line that gives it first, for those who give names elsewhere."""
    found: dict[str, str] = {}
    for what, name, loc in names(document):
        found.setdefault(name, f"{document.path}:{document.place(loc)[0]}, a {what}")
    return found


def _name(document: Document, what: str, loc: Loc) -> Iterator[Named]:
    name = document.get((*loc, "name"))
    if isinstance(name, str):
        yield what, name, (*loc, "name")


def _taken(document: Document, what: str, first: Named) -> str:
    other, name, loc = first
    line, _ = document.place(loc)
    if other == what:
        return f'two {what}s are called "{name}"; the first is in line {line}'
    return f'a {other} is called "{name}" already, in line {line}: choose another name'

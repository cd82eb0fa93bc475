"""Mistakes that only show when parts of the config are laid side by side: names used twice, names nobody has.

These look at the document as it was written, not at the settings made of it, so that they are found beside mistakes of
form, all at once. What has the wrong form is passed over here: that has its own message.
"""

from collections.abc import Collection, Iterator

from alertd.config.access import access_mistakes
from alertd.config.forms import check_zone
from alertd.config.names import items, name_mistakes
from alertd.config.route_tree import route_mistakes
from alertd.config.validate import suggest
from alertd.config.yaml import Document, Loc
from alertd.errors import Mistake

_WILDCARDS = frozenset("*?[")
_OWN_ALERTS_LABELS = frozenset({"endpoint", "rule", "target", "template"})
"""What alertd's alerts about itself are about."""


def mistakes_across(document: Document) -> list[Mistake]:
    """Every mistake between the parts of a config."""
    return [
        *name_mistakes(document),
        *route_mistakes(document),
        *_digests_missing(document),
        *_listed_serials(document),
        *_zones(document),
        *access_mistakes(document),
    ]


def unknown_equals(document: Document, known: Collection[str]) -> Iterator[Mistake]:
    """Labels that an inhibition wants equal and that nothing has; `known` are the built-in ones and the rules'."""
    labels = document.get(("instruments", "labels"))
    of_instruments = {
        name for own in (labels.values() if isinstance(labels, dict) else ()) if isinstance(own, dict) for name in own
    }
    has = {*known, *_OWN_ALERTS_LABELS, *of_instruments, document.get(("causes", "site_label")) or "site"}
    for rule in items(document, ("inhibit_rules",)):
        for loc in items(document, (*rule, "equal")):
            label = document.get(loc)
            if label not in has:
                yield document.mistake(loc, f'no alert has a label "{label}"{suggest(str(label), map(str, has))}')


def _digests_missing(document: Document) -> Iterator[Mistake]:
    """Quiet hours that put what they hold into a digest that there is not."""
    for receiver in items(document, ("receivers",)):
        mode: Loc = (*receiver, "quiet_hours", "mode")
        if document.get(mode) == "digest" and not document.has((*receiver, "digest")):
            yield document.mistake(mode, "mode: this receiver has no digest: give it one, or take defer or drop")


def _listed_serials(document: Document) -> Iterator[Mistake]:
    """Without discovery, `include` is the list of monitors itself."""
    if document.get(("instruments", "discover")) is not False:
        return
    include: Loc = ("instruments", "include")
    if not document.get(include):
        text = "discover is false, so include must list the serials to watch"
        yield document.mistake(("instruments", "discover"), text)
    for item in items(document, include):
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

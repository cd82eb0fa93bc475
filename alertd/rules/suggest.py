"""What a name that is unknown, or stands where it cannot, was probably meant to be."""

import difflib
from collections.abc import Iterable

from alertd.fields import FIELDS, PREFIX_OF, SOURCE_OF
from alertd.model import Source
from alertd.rules.functions import FUNCTIONS
from alertd.rules.window_functions import WINDOW_FUNCTIONS

_FIELD_NAMES = [f"{PREFIX_OF[source]}.{name}" for source in Source for name in FIELDS[source]]
_PREFIXES = [*SOURCE_OF, "instrument", "params"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`: did you mean X?`, or nothing where no known name is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    nearest = difflib.get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=0.6)
    return f": did you mean {by_lower[nearest[0]]}?" if nearest else ""


def nearest_field(prefix: str, name: str) -> str:
    """A suggestion for a field that does not exist: the same name of another source, or a near name of this one."""
    source = SOURCE_OF.get(prefix)
    homes = [known for known in _FIELD_NAMES if known.partition(".")[2].lower() == name.lower()]
    same_source = [home for home in homes if home.startswith(f"{prefix}.")]
    if source:
        near = did_you_mean(name, FIELDS[source]).replace("mean ", f"mean {prefix}.")
        return _or(same_source) or _or(homes) or near
    with_field = did_you_mean(prefix, [home.partition(".")[0] for home in homes]).replace("?", f".{name}?")
    return with_field or did_you_mean(prefix, _PREFIXES) or _or(homes)


def nearest_param(name: str, params: Iterable[str]) -> str:
    """A suggestion for a param that a rule does not have."""
    return did_you_mean(name, params).replace("mean ", "mean params.")


def _or(names: list[str]) -> str:
    return f": did you mean {' or '.join(names)}?" if names else ""


def bare_name(name: str, params: Iterable[str]) -> str:
    """What is wrong with a name that stands alone in an expression."""
    if name in WINDOW_FUNCTIONS:
        return f"{name} is a function: write {WINDOW_FUNCTIONS[name].form}"
    if name in FUNCTIONS:
        return f"{name} is a function: write {FUNCTIONS[name].form}"
    if name in SOURCE_OF or name in ("instrument", "params"):
        return f"{name} needs a field: {name}.something"
    if name.lower() in ("true", "false", "yes", "no", "on", "off"):
        return f'unknown name {name}: write the yes/no field alone, or not before it; text stands in quotes, "{name}"'
    homes = [known for known in _FIELD_NAMES if known.partition(".")[2].lower() == name.lower()]
    if name in params:
        homes.insert(0, f"params.{name}")
    if homes:
        return f"unknown name {name}{_or(homes)}"
    return f'unknown name {name}: a field is source.name, such as current.voltage; text stands in quotes, "{name}"'

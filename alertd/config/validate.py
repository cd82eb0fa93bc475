"""From a YAML document to a pydantic model: every mistake at once, each at its place, in words for who edits the file.

No message shows a value that may be a secret; what was found is named by its type only.
"""

import types
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from alertd.config.yaml import Document, Loc
from alertd.errors import ConfigError, Mistake


class Form(BaseModel):
    """The base of everything a person writes: unknown keys are mistakes, nothing is converted or changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


FormT = TypeVar("FormT", bound=BaseModel)


def validate(model: type[FormT], document: Document, loc: Loc = ()) -> FormT:
    """Read the part of the document at `loc` as `model`.

    Raises:
        ConfigError: with every mistake in that part.
    """
    try:
        return model.model_validate(document.get(loc))
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
    groups: dict[tuple[Loc, bool], list[ErrorDetails]] = {}
    for details in found:
        groups.setdefault(_subject(document, loc, details), []).append(details)
    misspelt = {_meant(model, key, alike[0]) for (key, _), alike in groups.items()}
    raise ConfigError(
        [
            _mistake(model, document, *subject, alike)
            for subject, alike in groups.items()
            if alike[0]["type"] != "missing" or subject[0] not in misspelt
        ]
    )


def suggest(word: str, known: Iterable[str]) -> str:
    """A ": did you mean …?" to end a message with, or nothing where no known word is close."""
    close = _closest(word, known)
    return f': did you mean "{close}"?' if close else ""


def _closest(word: str, known: Iterable[str]) -> str | None:
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def _meant(model: type[BaseModel], loc: Loc, details: ErrorDetails) -> Loc | None:
    """The key that an unknown key was probably meant to be; then that one is not called missing as well."""
    if details["type"] != "extra_forbidden":
        return None
    meant = _closest(str(loc[-1]), _names_at(model, details["loc"][:-1]))
    return (*loc[:-1], meant) if meant else None


def _subject(document: Document, base: Loc, details: ErrorDetails) -> tuple[Loc, bool]:
    """What an error is about, and whether it is about the key there.

    pydantic names the members of a union on the way, too; those are no steps in the document.
    """
    inner = details["loc"]
    loc = base
    for step in inner:
        loc = (*loc, step) if document.has((*loc, step)) else loc
    if details["type"] == "missing":
        loc = (*loc, inner[-1])
    return loc, inner[-1:] == ("[key]",) or details["type"] in ("missing", "extra_forbidden")


def _mistake(model: type[BaseModel], document: Document, loc: Loc, of_key: bool, alike: list[ErrorDetails]) -> Mistake:
    details = alike[0]
    if details["type"] == "missing":
        return document.mistake(loc, f'{_name_of(loc[:-1])}"{loc[-1]}" is missing', key=True)
    if details["type"] == "extra_forbidden":
        known = _names_at(model, details["loc"][:-1])
        return document.mistake(loc, f'unknown key "{loc[-1]}"{suggest(str(loc[-1]), known)}', key=True)
    telling = [each for each in alike if not each["type"].endswith(_TYPE_ENDINGS)] or alike
    wanted = " or ".join(_wanted(each).removesuffix(_IS_WANTED) for each in telling)
    is_wanted = _IS_WANTED if _wanted(telling[-1]).endswith(_IS_WANTED) else ""
    text = _name_of(loc) + wanted + is_wanted + _found(document.get(loc), telling)
    return document.mistake(loc, text, key=of_key)


def _names_at(kind: Any, loc: Loc) -> Iterator[str]:
    """The keys that the model at `loc` inside `kind` knows."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        if not loc:
            yield from fields
        elif loc[0] in fields:
            yield from _names_at(fields[str(loc[0])].annotation, loc[1:])
        return
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _names_at(inside[0], loc)
    elif origin in (Union, types.UnionType):
        for member in inside:
            yield from _names_at(member, loc)
            if loc:  # pydantic names the member it tried, too
                yield from _names_at(member, loc[1:])
    elif inside and loc:
        yield from _names_at(inside[1] if issubclass(origin or object, Mapping) else inside[0], loc[1:])


_IS_WANTED = " is wanted"
_TYPE_ENDINGS = ("_type", "_parsing")
_WANTED = {
    "string_type": "text is wanted",
    "int_type": "a whole number is wanted",
    "int_parsing": "a whole number is wanted",
    "int_from_float": "a whole number is wanted",
    "float_type": "a number is wanted",
    "float_parsing": "a number is wanted",
    "finite_number": "a number is wanted, neither NaN nor infinite",
    "bool_type": "true or false is wanted",
    "bool_parsing": "true or false is wanted",
    "list_type": "a list is wanted",
    "tuple_type": "a list is wanted",
    "dict_type": "a mapping (key: value) is wanted",
    "mapping_type": "a mapping (key: value) is wanted",
    "model_type": "a mapping (key: value) is wanted",
    "model_attributes_type": "a mapping (key: value) is wanted",
    "literal_error": "{expected} is wanted",
    "enum": "{expected} is wanted",
    "greater_than": "more than {gt} is wanted",
    "greater_than_equal": "at least {ge} is wanted",
    "less_than": "less than {lt} is wanted",
    "less_than_equal": "at most {le} is wanted",
    "too_short": "must hold at least {min_length}",
    "too_long": "must hold at most {max_length}",
    "string_too_short": "must not be empty",
    "string_too_long": "at most {max_length} characters are wanted",
    "value_error": "{error}",
    "assertion_error": "{error}",
}
"""pydantic's kinds of error in our words; any other says what pydantic says."""

_TYPE_WORDS = {str: "text", bool: "true or false", list: "a list", dict: "a mapping", float: "one with a fraction"}


def _name_of(loc: Loc) -> str:
    """The key that a message is about, with the item counted from one where it is in a list."""
    keys = [n for n, step in enumerate(loc) if isinstance(step, str)]
    if not keys:
        return ""
    item = "".join(f", item {step + 1}" for step in loc[keys[-1] + 1 :] if isinstance(step, int))
    return f"{loc[keys[-1]]}{item}: "


def _wanted(details: ErrorDetails) -> str:
    form = _WANTED.get(details["type"])
    return form.format(**details.get("ctx", {})) if form else details["msg"]


def _found(value: object, alike: list[ErrorDetails]) -> str:
    """What stands there instead, by its type, where the type is what is wrong."""
    kinds = {details["type"] for details in alike}
    if not all(kind.endswith(_TYPE_ENDINGS) for kind in kinds):
        return ""
    if value is None:
        return ", and nothing is there"
    word = next((word for kind, word in _TYPE_WORDS.items() if isinstance(value, kind)), "a number")
    quotes = "; put it in quotes" if "string_type" in kinds and not isinstance(value, list | dict) else ""
    return f", not {word}{quotes}"

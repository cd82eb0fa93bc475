"""What is wrong in one template's text, in plain words and with its place in the text."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from alertd.errors import RenderError
from alertd.notify import render_environment as environment

_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_UNKNOWN = re.compile(r"has no attribute '([^']*)'|'([^']*)' is undefined")
_NO_FILTER = re.compile(r"No (filter|test) named '([^']*)'")
_TAG = re.compile(r"\{[{%].*?(?:[%}]\}|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong."""

    offset: int
    """Characters before its place in the text."""
    text: str


def flaws(
    source: str,
    sandbox: environment.Sandbox,
    known: Collection[str],
    parts: Iterable[str],
    trial: Callable[[], Iterable[RenderError]],
) -> list[Flaw]:
    """Everything wrong with a template: its syntax, else names that are not `known`, else what `trial` runs into.

    Names are looked for everywhere, so that those in a branch which no sample takes are found as well. `parts` are
    names inside the known ones, for hints.
    """
    within = [*known, *parts]
    try:
        environment.compile_template("template", source, sandbox)
    except RenderError as error:
        return [flaw_of(_text_of(error), source, within)]
    unknown = sorted(environment.names_read(source, sandbox) - set(known))
    if unknown:
        return [Flaw(_place(source, 1, name), f"unknown name {name}{hint(name, known)}") for name in unknown]
    return list(dict.fromkeys(flaw_of(_text_of(error), source, within) for error in trial()))


def flaw_of(text: str, source: str, known: Iterable[str]) -> Flaw:
    """What one failure says in plain words; its own tell the line, and the name to look for where it is one."""
    placed = _LINE.match(text)
    line, words = (int(placed[1]), placed[2]) if placed else (1, text)
    if found := _UNKNOWN.search(words):
        name = found[1] or found[2]
        return Flaw(_place(source, line, name), f"unknown name {name}{hint(name, known)}")
    if found := _NO_FILTER.search(words):
        close = hint(found[2], environment.text_environment().filters)
        return Flaw(_place(source, line, found[2]), f"unknown {found[1]} {found[2]}{close}")
    return Flaw(_place(source, line, None), words)


def _text_of(error: RenderError) -> str:
    return str(error).removeprefix(f"{error.template}: ")


def hint(name: str, known: Iterable[str]) -> str:
    """`: did you mean X?` where something known is close; empty where nothing is."""
    close = get_close_matches(name, list(known), 1)
    return f": did you mean {close[0]}?" if close else ""


def _place(source: str, line: int, name: str | None) -> int:
    """Of a name between braces, else of what does not compile alone, else of the first braces: from this line on."""
    start = sum(map(len, source.splitlines(keepends=True)[: line - 1]))
    tags = list(_TAG.finditer(source, start))
    if name is not None:
        word = re.compile(rf"\b{re.escape(name)}\b")
        found = next((at for tag in tags if (at := word.search(source, tag.start(), tag.end()))), None)
        if found is not None:
            return found.start()
    on_line = [tag for tag in tags if "\n" not in source[start : tag.start()]]
    broken = (tag for tag in on_line if tag[0].startswith("{{") and not _compiles(tag[0]))
    return next((tag.start() for tag in (*broken, *on_line)), start)


def _compiles(source: str) -> bool:
    try:
        environment.compile_template("template", source, environment.text_environment())
    except RenderError:
        return False
    return True

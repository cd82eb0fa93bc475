"""YAML as people edit it: one strict reader for config, rules, rule tests and fleets, and a place for every value.

Scalars are YAML 1.2's core schema (`on`, `no`, `off` and `22:22` are text, `012` is twelve, `1e3` a thousand). Keys are
always text, as written. Duplicate keys, anchors, aliases and tags are refused: each has hidden a mistake from somebody.
Values are built from the parser's events, so nothing nests, expands or loads before it was looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from alertd.config.syntax import explain
from alertd.errors import ConfigError, Mistake

Loc = tuple[str | int, ...]
"""The way to a value: keys and list indexes from the root, as pydantic gives it."""

Place = tuple[int, int]
"""Line and column, both from 1."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_DIGITS = 100

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it: ten times as fast, the same events."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class WrittenInt(int):
    """A whole number that knows how it was written: a label `007` is meant as text."""

    written: str


class WrittenFloat(float):
    """A number that knows how it was written: a label `1.10` is meant as text."""

    written: str


class Document:
    """One YAML file: its value, and where each part of it stands."""

    def __init__(self, path: Path, text: str, value: object) -> None:
        self.path = path
        self.text = text
        self.value = value

    def get(self, loc: Loc) -> object:
        """The value at `loc`; None where there is nothing."""
        value = self.value
        for step in loc:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                value = value[step]
            else:
                return None
        return value

    def has(self, loc: Loc) -> bool:
        """Whether something stands at `loc`, a null too."""
        return loc in self._composed.values

    def place(self, loc: Loc) -> Place:
        """Where the value at `loc` begins, or the nearest part above it that exists."""
        return self._nearest(self._composed.values, loc)

    def key_place(self, loc: Loc) -> Place:
        """Where the key of `loc` stands; for a list's item the item, for what is missing the nearest key above."""
        return self._nearest(self._composed.keys, loc)

    def mistake(
        self, loc: Loc, text: str, *, offset: int | None = None, key: bool = False, warning: bool = False
    ) -> Mistake:
        """A mistake at the value at `loc`: `offset` characters into its text, or at its `key`."""
        place = self.key_place(loc) if key else self.place(loc)
        if offset:
            place = self._inside(place, str(self.get(loc))[:offset])
        return Mistake(self.path, *place, text, warning)

    @cached_property
    def _composed(self) -> "_Composed":
        # Read a second time, only when a place is asked for: the places of a large fleet weigh more than its values.
        return _Composer(self.path, self.text).compose()

    @staticmethod
    def _nearest(places: dict[Loc, Place], loc: Loc) -> Place:
        return next((places[loc[:n]] for n in range(len(loc), -1, -1) if loc[:n] in places), (1, 1))

    def _inside(self, place: Place, before: str) -> Place:
        """The place after the characters `before` of the scalar that begins at `place`.

        A line break in the file is a blank or a line break in the value, so one walk does for plain, quoted and block
        scalars; whatever it cannot follow (an escape, a blank line) leaves the place at the beginning.
        """
        lines = self.text.splitlines()
        row, column = place[0] - 1, place[1] - 1
        opening = lines[row][column : column + 1]
        if opening and opening in "|>":
            row, column = row + 1, _indent(lines, row + 1)
        elif opening and opening in "'\"":
            column += 1
        for wanted in before:
            if wanted in " \n" and column >= len(lines[row].rstrip()):
                row, column = row + 1, _indent(lines, row + 1)
            else:
                column += 1 if opening == "'" == wanted or (opening == '"' and lines[row][column] == "\\") else 0
                if lines[row][column : column + 1] != wanted:
                    return place
                column += 1
            if row >= len(lines):
                return place
        return row + 1, column + 1


def load_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        ConfigError: for a file that cannot be read or is no strict YAML, with each place.
    """
    text = _text_of(path)
    composed = _Composer(path, text).compose()
    if composed.mistakes:
        raise ConfigError(composed.mistakes)
    if composed.value is None:
        raise ConfigError([Mistake(path, 1, 1, "there is nothing in this file")])
    return Document(path, text, composed.value)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError([Mistake(path, 1, 1, f"cannot be read: {reason}")]) from error
    if len(content) > MAX_BYTES:
        raise ConfigError([Mistake(path, 1, 1, f"is larger than {MAX_BYTES >> 20} MiB")])
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise ConfigError([Mistake(path, *_end_of(before), "is not UTF-8 text: save the file as UTF-8")]) from error
    if stray := _UNPRINTABLE.search(text):
        place = _end_of(text[: stray.start()])
        raise ConfigError([Mistake(path, *place, f"a character that no text holds: U+{ord(stray[0]):04X}")])
    return text


def _end_of(text: str) -> Place:
    lines = (text + ".").splitlines()
    return len(lines), len(lines[-1])


def _indent(lines: list[str], row: int) -> int:
    return len(lines[row]) - len(lines[row].lstrip()) if row < len(lines) else 0


@dataclass(slots=True)
class _Composed:
    """What the parser's events come to."""

    value: object = None
    values: dict[Loc, Place] = field(default_factory=dict)
    keys: dict[Loc, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


class _Composer:
    """Builds the value of one document from its parse events, and notes where everything stands."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._out = _Composed()
        self._events: Iterator[yaml.Event] = iter(())

    def compose(self) -> _Composed:
        """Read the whole text; mistakes are collected, a syntax error ends the reading."""
        self._events = yaml.parse(self._text, Loader=_LOADER)
        try:
            next(self._events)  # the stream's start
            if isinstance(next(self._events), yaml.DocumentStartEvent):
                self._out.value = self._node(next(self._events), ())
                next(self._events)  # the document's end
                if isinstance(after := next(self._events), yaml.DocumentStartEvent):
                    self._refuse(after, 'a second document begins here: remove the "---"')
        except yaml.MarkedYAMLError as error:
            self._out.mistakes.append(Mistake(self._path, *explain(error, self._text)))
        except _TooDeepError as error:
            self._refuse(error.event, f"nested more than {MAX_DEPTH} deep")
        return self._out

    def _refuse(self, event: yaml.Event, text: str) -> None:
        self._out.mistakes.append(Mistake(self._path, *_place(event), text))

    def _node(self, event: yaml.Event, loc: Loc) -> object:
        if len(loc) > MAX_DEPTH:
            raise _TooDeepError(event)
        self._out.values[loc] = _place(event)
        self._out.keys.setdefault(loc, _place(event))
        self._refuse_tricks(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(loc)
        return self._mapping(loc) if isinstance(event, yaml.MappingStartEvent) else None

    def _refuse_tricks(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "aliases are not taken: write the value out, or quote a text that begins with *")
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.anchor:
                self._refuse(event, "anchors are not taken: quote a text that begins with &")
            if event.tag is not None:
                self._refuse(event, "tags are not taken: quote a text that begins with !")

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        if not event.implicit[0]:
            return event.value
        value = _resolve(event.value)
        if isinstance(value, int) and len(event.value) > MAX_DIGITS:
            self._refuse(event, f"a number of more than {MAX_DIGITS} digits")
        return value

    def _sequence(self, loc: Loc) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*loc, len(items))))
        return items

    def _mapping(self, loc: Loc) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, loc)
            if key in entries:
                first = self._out.keys[(*loc, key)][0]
                self._refuse(event, f'the key "{key}" is here a second time; the first is in line {first}')
                self._node(next(self._events), (*loc, key, "a second time"))
                continue
            self._out.keys[(*loc, key)] = _place(event)
            entries[key] = self._node(next(self._events), (*loc, key))
        return entries

    def _key(self, event: yaml.Event, loc: Loc) -> str:
        if isinstance(event, yaml.ScalarEvent) and (event.value or not event.implicit[0]):
            self._refuse_tricks(event)
            return event.value
        self._refuse(event, "a key must be text; a value that begins with { or [ needs quotes to be text")
        self._node(event, (*loc, "a key that is no text", *_place(event)))
        return f"a key that is no text, {_place(event)}"


class _TooDeepError(Exception):
    def __init__(self, event: yaml.Event) -> None:
        super().__init__("nested too deeply")
        self.event = event


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _resolve(text: str) -> object:
    """What a plain scalar means in YAML 1.2's core schema."""
    if text in _NULLS:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    number: WrittenInt | WrittenFloat
    if _INT.fullmatch(text):
        number = WrittenInt(text[: MAX_DIGITS + 1])  # a longer one is refused, and Python would not read it
    elif _BASED.fullmatch(text):
        number = WrittenInt(text, 0)
    elif _FLOAT.fullmatch(text):
        number = WrittenFloat(text)
    elif _SPECIAL.fullmatch(text):
        number = WrittenFloat(text.replace(".", ""))
    else:
        return text
    number.written = text
    return number

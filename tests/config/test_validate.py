"""From documents to models: the words and places of every kind of mistake."""

from typing import Literal

import pytest
from pydantic import Field, FiniteFloat

from alertd.config.durations import Duration
from alertd.config.validate import Form, suggest, validate
from alertd.config.yaml import load_document
from alertd.errors import ConfigError


class Level(Form):
    """A form inside a form."""

    low: int = Field(ge=1, le=9)
    names: list[str] = Field(default=[], min_length=1)


class Sheet(Form):
    """One of each."""

    size: int = 1
    factor: FiniteFloat = 1.0
    flag: bool = True
    every: Duration | None = None
    style: Literal["repeat", "comma"] = "comma"
    level: Level | None = None
    levels: list[Level] = Field(default=[])
    by_name: dict[str, Level] = Field(default={})
    params: dict[str, FiniteFloat | bool | str] = Field(default={})
    text: str = ""
    other: Level | list[str] | None = None
    again: bool = Field(default=False, alias="continue")


@pytest.fixture
def mistakes(tmp_path):
    """What is wrong with a sheet, as "line:column: message"."""

    def mistakes(text: str) -> list[str]:
        path = tmp_path / "sheet.yaml"
        path.write_text(text)
        with pytest.raises(ConfigError) as caught:
            validate(Sheet, load_document(path))
        return [str(mistake).removeprefix(f"{path}:") for mistake in caught.value.mistakes]

    return mistakes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sise: 1", '1:1: unknown key "sise": did you mean "size"?'),
        ("Size: 1", '1:1: unknown key "Size": did you mean "size"?'),
        ("nothing_like_it: 1", '1:1: unknown key "nothing_like_it"'),
        ("again: true", '1:1: unknown key "again"'),
        ("contnue: true", '1:1: unknown key "contnue": did you mean "continue"?'),
        ("level: {low: 1, nmes: [a]}", '1:17: unknown key "nmes": did you mean "names"?'),
        ("levels: [{low: 1}, {low: 1, nmes: [a]}]", '1:29: unknown key "nmes": did you mean "names"?'),
        ("by_name: {x: {low: 1, nmes: [a]}}", '1:23: unknown key "nmes": did you mean "names"?'),
        ("text: x\nlevel:\n  names: [a]", '2:1: level: "low" is missing'),
        ("size: many", "1:7: size: a whole number is wanted, not text"),
        ("size:", "1:6: size: a whole number is wanted, and nothing is there"),
        ("size: 1.5", "1:7: size: a whole number is wanted, not one with a fraction"),
        ("size: true", "1:7: size: a whole number is wanted, not true or false"),
        ("factor: x", "1:9: factor: a number is wanted, not text"),
        ("factor: .nan", "1:9: factor: a number is wanted, neither NaN nor infinite"),
        ("factor: -.inf", "1:9: factor: a number is wanted, neither NaN nor infinite"),
        ("flag: yes", "1:7: flag: true or false is wanted, not text"),
        ("text: 12", "1:7: text: text is wanted, not a number; put it in quotes"),
        ("text: [a]", "1:7: text: text is wanted, not a list"),
        ("style: coma", "1:8: style: 'repeat' or 'comma' is wanted"),
        ("level: [1]", "1:8: level: a mapping (key: value) is wanted, not a list"),
        ("levels: {low: 1}", "1:9: levels: a list is wanted, not a mapping"),
        ("levels: [{low: 1}, 7]", "1:20: levels, item 2: a mapping (key: value) is wanted, not a number"),
        ("level: {low: 0}", "1:14: low: at least 1 is wanted"),
        ("level: {low: 10}", "1:14: low: at most 9 is wanted"),
        ("level: {low: 1, names: []}", "1:24: names: must hold at least 1"),
        ("every: 5 parsecs", "1:8: every: a duration is wanted, such as 90s, 15m, 1h30m or 30d, not '5 parsecs'"),
        ("params: {x: [1]}", "1:13: x: a number or true or false or text is wanted, not a list"),
        ("params: {x: .nan}", "1:13: x: a number is wanted, neither NaN nor infinite"),
        ("- 1", "1:1: a mapping (key: value) is wanted, not a list"),
        ("just text", "1:1: a mapping (key: value) is wanted, not text"),
    ],
)
def test_each_mistake_has_its_words_and_place(mistakes, text, message):
    """The key is named, what is wanted is said, and where it stands."""
    assert mistakes(text + "\n") == [message]


def test_all_mistakes_at_once_in_the_order_of_the_file(mistakes):
    """Nobody mends a file one message at a time."""
    text = "text: 5\nsize: x\nlevels:\n  - low: 1\n    names: [a, 2]\n  - lwo: 1\n"
    assert [message.split(":")[0] for message in mistakes(text)] == ["1", "2", "5", "6"]


def test_a_misspelt_key_is_not_called_missing_as_well(mistakes):
    """One slip, one message; a key that is missing besides keeps its own."""
    assert mistakes("level: {lwo: 1}\n") == ['1:9: unknown key "lwo": did you mean "low"?']
    assert len(mistakes("level: {names_: [x]}\n")) == 2


def test_no_message_shows_a_value(mistakes):
    """Whatever was pasted into the wrong place may be a secret."""
    secret = "mycirrus-123456-AABBCCDD11223344"
    text = "".join(
        f"{key}: {secret}\n" for key in ("size", "factor", "flag", "every", "style", "level", "levels", "other")
    )
    found = mistakes(text)
    assert len(found) == 8
    assert not [message for message in found if "AABB" in message]


def test_a_part_of_a_document_has_places_in_the_whole(tmp_path):
    """A form may be one part of a file."""
    path = tmp_path / "a.yaml"
    path.write_text("sheets:\n  - {size: 1}\n  - {size: x, oops: 1}\n")
    document = load_document(path)
    assert validate(Sheet, document, ("sheets", 0)).size == 1
    with pytest.raises(ConfigError) as caught:
        validate(Sheet, document, ("sheets", 1))
    assert [(m.line, m.column) for m in caught.value.mistakes] == [(3, 12), (3, 15)]


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("voltge", ["voltage", "temp"], ': did you mean "voltage"?'),
        ("VOLTAGE", ["voltage"], ': did you mean "voltage"?'),
        ("simusage", ["simUsage"], ': did you mean "simUsage"?'),
        ("zzz", ["voltage"], ""),
        ("x", [], ""),
    ],
)
def test_a_near_miss_gets_a_suggestion(word, known, hint):
    """Only what is close is suggested."""
    assert suggest(word, known) == hint

"""Strict YAML: what scalars mean, what is refused, and where everything stands."""

import math
import os

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alertd.config import yaml as reader
from alertd.config.yaml import MAX_BYTES, Document, load_document
from alertd.errors import ConfigError

LOADERS = [yaml.SafeLoader] + ([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def _loader(request, monkeypatch):
    """Both parsers that PyYAML may bring."""
    monkeypatch.setattr(reader, "_LOADER", request.param)


@pytest.fixture
def read(tmp_path):
    """Write a text to a file and read it back as a document."""

    def read(text: str | bytes) -> Document:
        path = tmp_path / "file.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_document(path)

    return read


@pytest.fixture
def mistakes(read):
    """What is wrong with a text, as (line, column, message)."""

    def mistakes(text: str | bytes) -> list[tuple[int, int, str]]:
        with pytest.raises(ConfigError) as caught:
            read(text)
        return [(m.line, m.column, m.text) for m in caught.value.mistakes]

    return mistakes


@pytest.mark.usefixtures("_loader")
@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[
            (word, word)
            for word in ("on", "off", "yes", "no", "NO", "y", "22:22", "2026-01-10", "1_000", "0b11", "0o8")
        ],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        *[(word, None) for word in ("~", "null", "Null", "NULL", "")],
        ("012", 12),
        ("-7", -7),
        ("0o14", 12),
        ("0xfF", 255),
        ("1e3", 1000.0),
        ("11.30", 11.3),
        (".5", 0.5),
        ("5.", 5.0),
        ("+1.5E-3", 0.0015),
        ("-.inf", -math.inf),
        (".INF", math.inf),
        ("'12'", "12"),
        ('"true"', "true"),
        ("''", ""),
        ("tRUE", "tRUE"),
    ],
)
def test_scalars_are_yaml_1_2_core(read, written, value):
    """Nothing but true and false is a yes or no, and no time of day is a number."""
    got = read(f"key: {written}\n").value["key"]
    assert got == value
    assert isinstance(got, type(value))


def test_nan_is_a_number(read):
    """Not-a-number loads; who wants a finite one says so later."""
    assert math.isnan(read("key: .nan\n").value["key"])


def test_keys_are_text_as_written(read):
    """A serial of digits, `on` and `true` are keys like any other."""
    assert read("{800002: a, on: b, true: c, 1e3: d, ~: e, 007: f}\n").value == {
        "800002": "a",
        "on": "b",
        "true": "c",
        "1e3": "d",
        "~": "e",
        "007": "f",
    }


def test_a_number_knows_how_it_was_written(read):
    """A label 007 or 1.10 can still become the text that was meant."""
    assert [n.written for n in read("[007, 1.10, 0x10, -3]\n").value] == ["007", "1.10", "0x10", "-3"]


REFUSED = [
    ("a tab as indentation", "a:\n\tb: 1\n", 2, 1, "tab"),
    ("a tab further down", "a:\n  b: 1\n\tc: 2\n", 3, 1, "tab"),
    ("a duplicate key", "a: 1\nb: 2\na: 3\n", 3, 1, '"a" is here a second time; the first is in line 1'),
    ("a duplicate key deep down", "a:\n  - x: 1\n    x: 2\n", 3, 5, "the first is in line 2"),
    ("one number in two spellings of quotes", "1: a\n'1': b\n", 2, 1, "a second time"),
    ("an anchor", "a: &x 1\n", 1, 4, "anchors are not taken"),
    ("an anchor on a mapping", "a: &x {b: 1}\n", 1, 4, "anchors are not taken"),
    ("an alias", "a: *x\n", 1, 4, "aliases are not taken"),
    ("a star alone", "include: [*]\n", 1, 11, "begins with * needs quotes"),
    ("a pattern that begins with a star", "include: [*QT]\n", 1, 11, "quote a text that begins with *"),
    ("a tag", "a: !secret x\n", 1, 4, "tags are not taken"),
    ("a tag of Python", "a: !!python/object/apply:os.system [id]\n", 1, 4, "tags are not taken"),
    ("a tag on a key", "!x a: 1\n", 1, 1, "tags are not taken"),
    ("braces that are no text", "a: {{ value }}\n", 1, 5, "needs quotes"),
    ("a list for a key", "? [a]\n: 1\n", 1, 3, "a key must be text"),
    ("an at sign", "a: @b\n", 1, 4, "begins with @ needs quotes"),
    ("a colon too many", "a: b: c\n", 1, 5, '":" that fits nothing'),
    ("a quote left open", "a: 1\nb: 'x\nc: 2\n", 2, 4, "this quote is never closed"),
    ("a bracket left open", "a: [1, 2\nb: 3\n", 2, 2, "the [ in line 1 is still open"),
    ("a brace left open", "a: {b: 1\nc: 3\n", 2, 2, "the { in line 1 is still open"),
    ("a key without its colon", "a: 1\nbcd\nef: 2\n", 2, 1, '":" is missing after this key'),
    ("indentation that fits nothing", "a:\n  - 1\nb:\n    - 1\n  - 2\n", 5, 3, "does not fit the lines above"),
    ("a comparison that is no text", "when: > 50\n", 1, 9, "> or | needs quotes"),
    ("a second document", "a: 1\n---\nb: 2\n", 2, 1, "second document"),
    ("nested too deeply", "[" * 20_000, 1, 66, "nested more than 64 deep"),
    ("a number of thousands of digits", "a: " + "9" * 5000, 1, 4, "more than 100 digits"),
    ("an empty file", "", 1, 1, "nothing in this file"),
    ("comments alone", "# all\n# off\n", 1, 1, "nothing in this file"),
    ("a null", "~\n", 1, 1, "nothing in this file"),
    ("bytes that are no UTF-8", b"a: 1\nb: caf\xe9\n", 2, 7, "not UTF-8"),
    ("UTF-16", "a: 1\n".encode("utf-16"), 1, 1, "not UTF-8"),
    ("a NUL", b"a: 1\nb: x\x00\n", 2, 5, "U+0000"),
    ("an escape sequence", "a: \x1b[31m\n", 1, 4, "U+001B"),
    ("more than a megabyte", "#" * (MAX_BYTES + 1), 1, 1, "larger than 1 MiB"),
]


@pytest.mark.usefixtures("_loader")
@pytest.mark.parametrize(
    ("text", "line", "column", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused_and_where(mistakes, text, line, column, words):
    """Each has one message, at its place, that says what to do; both parsers agree."""
    [(at_line, at_column, message)] = mistakes(text)
    assert (at_line, at_column) == (line, column)
    assert words in message
    assert "\n" not in message


def test_every_mistake_at_once(mistakes):
    """One look at the messages is enough to mend the file."""
    assert [line for line, _, _ in mistakes("a: &x 1\na: 2\nb: *x\nc: !t 1\n")] == [1, 2, 3, 4]


def test_a_byte_order_mark_is_no_mistake(read):
    """Windows editors write one; it says nothing."""
    document = read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert document.value == {"a": 1, "b": 2}
    assert document.place(("b",)) == (2, 4)


@pytest.mark.parametrize("kind", ["missing", "folder", "unreadable", "impossible"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path, kind):
    """The message names the file and why."""
    path = tmp_path / "a.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "unreadable":
        if os.geteuid() == 0:
            path = path / "below-nothing"
        else:
            path.touch(mode=0)
    elif kind == "impossible":
        path = tmp_path / "a\0b"
    with pytest.raises(ConfigError) as caught:
        load_document(path)
    assert len(caught.value.mistakes) == 1
    assert str(caught.value).startswith(f"{path}:1:1: cannot be read: ")


DOCUMENT = """\
# a comment
mycirrus:
  timeout: 10s
receivers:
  - name: field
    targets: [{name: mail, url: x}, {name: "chat", url: y}]
empty:
"""


@pytest.mark.usefixtures("_loader")
@pytest.mark.parametrize(
    ("loc", "value", "key"),
    [
        ((), (2, 1), (2, 1)),
        (("mycirrus",), (3, 3), (2, 1)),
        (("mycirrus", "timeout"), (3, 12), (3, 3)),
        (("mycirrus", "api_key"), (3, 3), (2, 1)),
        (("receivers", 0, "targets", 1), (6, 37), (6, 37)),
        (("receivers", 0, "targets", 1, "name"), (6, 44), (6, 38)),
        (("receivers", 7, "name"), (5, 3), (4, 1)),
        (("empty",), (7, 7), (7, 1)),
        (("nowhere", "at", "all"), (2, 1), (2, 1)),
    ],
)
def test_every_value_and_key_has_its_place(read, loc, value, key):
    """What is not there falls back to the nearest part above it that is."""
    document = read(DOCUMENT)
    assert document.place(loc) == value
    assert document.key_place(loc) == key


@pytest.mark.parametrize(
    ("text", "wanted", "place"),
    [
        ("a: current.voltge < 1\n", "voltge", (1, 12)),
        ('a: "current.voltge"\n', "voltge", (1, 13)),
        ("a: 'sic.status != \"x\" and bad'\n", "bad", (1, 27)),
        ("a: 'it''s bad'\n", "bad", (1, 11)),
        ('a: "sic.status != \\"x\\" and bad"\n', "bad", (1, 29)),
        ("a: |\n  first\n  second bad\n", "bad", (3, 10)),
        ("a: >-\n  first\n  second bad\n", "bad", (3, 10)),
        ("a: first\n  second bad\n", "bad", (2, 10)),
        ('a: "first\n  second bad"\n', "bad", (2, 10)),
        ('a: "\\u0041 bad"\n', "bad", (1, 4)),
        ("a: one\n\n  two bad\n", "bad", (1, 4)),
    ],
)
def test_a_mistake_inside_a_text_points_at_the_character(read, text, wanted, place):
    """An offset into the value is a column in the file; what cannot be followed stays at the beginning."""
    document = read(text)
    offset = document.value["a"].index(wanted)
    mistake = document.mistake(("a",), "no such field", offset=offset)
    assert (mistake.line, mistake.column) == place


def test_a_mistake_names_file_line_and_column(read):
    """The form that editors jump to."""
    document = read("a: 1\nbc: 2\n")
    assert str(document.mistake(("bc",), "wrong")) == f"{document.path}:2:5: wrong"
    assert str(document.mistake(("bc",), "wrong", key=True)) == f"{document.path}:2:1: wrong"
    assert str(document.mistake((), "odd", warning=True)) == f"{document.path}:1:1: warning: odd"


@given(text=st.text(st.sampled_from("ab:- \n\t[]{}'\"|>*&!#,?%@~.0x9"), max_size=60), at=st.integers(0, 60))
def test_no_text_does_worse_than_a_mistake(tmp_path_factory, text, at):
    """Whatever is typed, the answer is a value with places or mistakes with places."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text)
    try:
        document = load_document(path)
    except ConfigError as error:
        places = [(m.line, m.column) for m in error.mistakes]
    else:
        mistake = document.mistake((), "x", offset=at)
        places = [(mistake.line, mistake.column)]
    lines = (text + ".").splitlines()
    assert all(1 <= line <= len(lines) + 1 and column >= 1 for line, column in places)

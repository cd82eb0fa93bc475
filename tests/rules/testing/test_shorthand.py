"""The shorthand for series is promtool's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.fields import Kind
from alertd.model import Value
from alertd.rules.testing.shorthand import LONGEST, ShorthandError, expand


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("12.6", [12.6]),
        ("1 2  3\n4", [1.0, 2.0, 3.0, 4.0]),
        ("-2+4x3", [-2.0, 2.0, 6.0, 10.0]),  # promtool's own examples
        ("1-2x4", [1.0, -1.0, -3.0, -5.0, -7.0]),
        ("1x4", [1.0, 1.0, 1.0, 1.0, 1.0]),
        ("1 _x3 5+1x1", [1.0, None, None, None, 5.0, 6.0]),
        ("12.6-0.05x3", [12.6, 12.55, 12.5, 12.45]),  # to the letter, not 12.499999999999998
        ("_ _x0 1x0", [None, 1.0]),
        ("1e2+1e1x2", [100.0, 110.0, 120.0]),
        (".5+.5x1", [0.5, 1.0]),
        ("+3-+1x1", None),
    ],
)
def test_numbers(text: str, values: list[Value | None] | None) -> None:
    """Each form, alone and after others."""
    if values is None:
        with pytest.raises(ShorthandError):
            expand(text, Kind.NUMBER)
    else:
        assert expand(text, Kind.NUMBER) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Success", ["Success"]),
        ("Successx2 _ Error", ["Success", "Success", "Success", None, "Error"]),
        ('"Low signal"x1 x', ["Low signal", "Low signal", "x"]),
        ('"Box3" ""', ["Box3", ""]),
    ],
)
def test_texts(text: str, values: list[Value | None]) -> None:
    """A word is a text; one with blanks, or that ends as a count does, stands in quotes."""
    assert expand(text, Kind.TEXT) == values


def test_flags() -> None:
    """In any case."""
    assert expand("true Falsex1 _", Kind.FLAG) == [True, False, False, None]


@pytest.mark.parametrize(
    ("text", "kind", "said", "offset"),
    [
        ("12 13y", Kind.NUMBER, "13y is no number", 3),
        ("12 1+2", Kind.NUMBER, "1+2 is no number", 3),
        ("nan", Kind.NUMBER, "nan is no number", 0),
        ("1x-3", Kind.NUMBER, "1x-3 is no number", 0),
        ("1x1.5", Kind.NUMBER, "1x1.5 is no number", 0),
        ("stale", Kind.NUMBER, "stale is no number", 0),
        ("1e308+1e308x9", Kind.NUMBER, "leaves the numbers", 0),
        ("1x999999999999999999999", Kind.NUMBER, "more than 200000 values", 0),
        ("1x150000 2x150000", Kind.NUMBER, "more than 200000 values", 9),
        ("  ", Kind.NUMBER, "no value is there", 0),
        ("yes", Kind.FLAG, "yes is no yes/no", 0),
        ("1", Kind.FLAG, "1 is no yes/no", 0),
        ('Success"', Kind.TEXT, "is no text", 0),
    ],
)
def test_mistakes(text: str, kind: Kind, said: str, offset: int) -> None:
    """Each says what is wrong, and where in the text."""
    with pytest.raises(ShorthandError, match=said.replace("+", r"\+").replace("/", "/")) as error:
        expand(text, kind)
    assert error.value.offset == offset


@given(st.text(alphabet='0123456789.+-xe_ "tfrualse', max_size=30), st.sampled_from(list(Kind)))
def test_nothing_else_comes_out(text: str, kind: Kind) -> None:
    """Any text is a series of at most so many values, or a mistake in it."""
    try:
        values, offset = expand(text, kind), 0
    except ShorthandError as error:
        values, offset = [None], error.offset
    assert 0 < len(values) <= LONGEST
    assert 0 <= offset <= len(text)

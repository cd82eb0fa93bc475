"""Regular expressions in matchers: which of them could hold everything up."""

import pytest

from alertd.matchers import parse_matcher


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a+)+$",
        "^(a+)*b",
        "(a*)*",
        "(?:a|b+)+",
        "(?P<word>\\w+\\s?)*",
        "((a+))+",
        "(x(a+)?y)*",
        "(a{2,})+",
        "(a+){30}",
        "(a{1,90}){1,90}",
        "(a+?)+?",
        "([)]+)+",
        "(?#(a)(a+)+",
        "(\\)+)+",
        "(?i:a+)+",
    ],
)
def test_a_repeat_of_a_repeat(pattern: str) -> None:
    """It can take exponentially long, so it is refused, and the line says what to write."""
    with pytest.raises(ValueError, match="repeats a repeat") as refused:
        parse_matcher(f"site=~{pattern}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "pattern",
    [
        ".*",
        "Quarry.*North.*",
        "(a|b)+",
        "(abc)+d+",
        "(\\d{1,3}\\.){3}\\d{1,3}",
        "(\\d+\\.){3}",
        "(a++)+",
        "(a*+)*",
        "(?>a+)+",
        "(\\+)+",
        "([+*])+",
        "(a+)?",
        "a+(b)+",
        "(a{2})+",
        "(a?)+",
        "(a+)b+",
        "\\(a+\\)+",
        "(?#a+)b+",
        "{}+",
    ],
)
def test_what_ends_soon(pattern: str) -> None:
    """No repeat of a repeat, or one that is tried in one way only, or a few times at most."""
    assert parse_matcher(f"site=~{pattern}").pattern is not None

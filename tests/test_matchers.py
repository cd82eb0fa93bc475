"""Regular expressions in matchers: none can hold everything up."""

import pickle

import pytest

from alertd.matchers import LONGEST, parse_matcher


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+", "a" * 100_000 + "b"),
        ("(.|.)*X", "a" * 100_000),
        ("(.?){30}X", "a" * 100_000),
        (".*" * 30 + "X", "a" * 10_000),
        ("(a|a)*b", "a" * 100_000),
        ("(?:a|aa)+$b", "a" * 100_000),
    ],
)
def test_none_takes_for_ever(pattern: str, text: str) -> None:
    """An engine that goes back would not end before this test's time is over."""
    assert not parse_matcher(f"site=~{pattern}").matches({"site": text})


@pytest.mark.parametrize(
    ("pattern", "text", "does"),
    [
        ("Quarry.*", "Quarry A", True),
        ("Quarry", "Quarry A", False),
        (".*", "", True),
        (".+", "", False),
        (".*", "two\nlines", True),
        ("battery|solar", "solar", True),
        ("battery|solar", "solar panel", False),
        ("(?i)quarry.*", "QUARRY", True),
        ("M\u00fcller.{2}", "M\u00fcller\u00e9\U0001f600", True),
        ("\\d{3}", "123", True),
        (".", "\ud800", True),
        ("[^x]*", "a\0b", True),
    ],
)
def test_what_matches(pattern: str, text: str, does: bool) -> None:
    """The whole text, letter by letter; a line's end is a letter like others."""
    assert parse_matcher(f"site=~{pattern}").matches({"site": text}) == does
    assert parse_matcher(f"site!~{pattern}").matches({"site": text}) != does


@pytest.mark.parametrize("pattern", ["(", "[", "a**", "a++", "(?=a)b", "(a)\\1", "(?#x)a", "a{2000}", "\\"])
def test_what_is_no_expression(pattern: str) -> None:
    """One line that says whose syntax is wanted."""
    with pytest.raises(ValueError, match="is no regular expression, as RE2 and Alertmanager know them") as refused:
        parse_matcher(f"site=~{pattern}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["x=a" + " " * 100_000 + "y", "x" * (LONGEST + 1), " " * 100_000, "x=" + "a" * LONGEST, "x" + " " * 100_000 + "=y"],
)
def test_a_long_one_is_refused_at_once(text: str) -> None:
    """With a line that does not repeat all of it."""
    with pytest.raises(ValueError, match="is no matcher") as refused:
        parse_matcher(text)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ['site="A"', "site=~A.*", 'site!="a\\"b"', "site!~x", "site="])
def test_it_is_what_it_says(text: str) -> None:
    """As text, and in another process."""
    matcher = parse_matcher(text)
    assert parse_matcher(str(matcher)) == matcher
    assert pickle.loads(pickle.dumps(matcher)) == matcher

"""Durations: what people write, and what they get back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.config.durations import LONGEST, duration_of, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta(0)),
        ("0", timedelta(0)),
        ("500ms", timedelta(milliseconds=500)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(days=14)),
        ("1w2d3h4m5s6ms", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5, milliseconds=6)),
        ("08m", timedelta(minutes=8)),
    ],
)
def test_every_documented_form_is_read(text, span):
    """Each unit, alone and together, counts what it says."""
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 5m",
        "5m ",
        "5 m",
        "5",
        "m",
        "-5m",
        "+5m",
        "1.5h",
        "5M",
        "5min",
        "30m1h",
        "5m5m",
        "1y",
        "ten minutes",
        "10 parsecs",
        "٥m",
        "5m\n",
        "123456789s",
    ],
)
def test_any_other_form_is_refused_in_one_line(text):
    """A form that two people could read differently is no duration."""
    with pytest.raises(ValueError, match=r"^a duration is wanted, such as 90s, 15m, 1h30m or 30d.*$") as caught:
        parse_duration(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["99999999w", "36526d", "99999999w99999999d"])
def test_no_duration_leaves_the_calendar(text):
    """A slip of the pen does not become an overflow later."""
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_duration(text)


def test_a_long_text_is_not_repeated():
    """What was pasted into the wrong line may be a key."""
    with pytest.raises(ValueError, match="wanted") as caught:
        parse_duration("mycirrus-123456-AABBCCDD11223344")
    assert "AABB" not in str(caught.value)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(days=35), "35d"),
        (timedelta(hours=26), "1d2h"),
        (timedelta(milliseconds=1500), "1s500ms"),
        (timedelta(microseconds=999), "0s"),
        (timedelta(minutes=-5), "-5m"),
    ],
)
def test_a_duration_is_written_shortly(span, text):
    """Days and less, no zero parts."""
    assert format_duration(span) == text


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_what_is_written_reads_back(span):
    """Writing and reading lose nothing down to the millisecond."""
    whole = span - span % timedelta(milliseconds=1)
    assert parse_duration(format_duration(span)) == whole


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(10, "10 has no unit"), (1.5, "no unit"), (True, "wanted"), (None, "wanted"), (["5m"], "wanted")],
)
def test_a_bare_value_needs_a_unit(value, wanted):
    """A number is not guessed to be seconds."""
    with pytest.raises(ValueError, match=wanted):
        duration_of(value)


def test_a_bare_zero_needs_no_unit():
    """`for: 0` is clear enough."""
    assert duration_of(0) == timedelta(0)

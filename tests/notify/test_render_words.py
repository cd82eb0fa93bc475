"""Values as people read them, and text made literal."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alertd.notify import render_escape as escape
from alertd.notify import render_words as words
from alertd.notify.plain_text import lines, one_line

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("current.voltage", 11.7, "11.70 V"),
        ("stats.voltage", 11.671, "11.67 V"),
        ("current.temp", 91.25, "91.25 °C"),
        ("current.cpu", 12.0, "12 %"),
        ("stats.disk", 24892.0, "24892 MB"),
        ("calibration.offset", -0.001, "0.00 dB"),
        ("current.uptime", 900.0, "900 s"),
        ("current.voltage", float("nan"), "unknown"),
        ("current.voltage", None, "unknown"),
        ("status.online", False, "no"),
        ("sic.status", "Error", "Error"),
        ("what.ever", 1.5, "1.5"),
    ],
)
def test_reading(key: str, value: float | str | bool | None, text: str) -> None:
    """A value has its field's unit and as many decimals as matter."""
    assert words.reading(key, value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (11.0, None, "11"),
        (11.256, None, "11.26"),
        (11.0, 2, "11.00"),
        (-0.0, None, "0"),
        (20, None, "20"),
        (True, None, "yes"),
    ],
)
def test_number(value: float, digits: int | None, text: str) -> None:
    """A number takes few characters, or the decimals it is asked for."""
    assert words.number(value, digits) == text


@pytest.mark.parametrize(
    ("at", "zone", "local", "stamp"),
    [
        (datetime(2026, 11, 24, 2, 10, tzinfo=UTC), "Europe/London", "24 Nov 02:10", "24 Nov 02:10 GMT"),
        (datetime(2026, 7, 4, 2, 10, tzinfo=UTC), "Europe/London", "4 Jul 03:10", "4 Jul 03:10 BST"),
        (datetime(2026, 7, 4, 2, 10, tzinfo=UTC), "Asia/Kathmandu", "4 Jul 07:55", "4 Jul 07:55 UTC+0545"),
        (datetime(2025, 12, 31, 23, tzinfo=UTC), "UTC", "31 Dec 2025 23:00", "31 Dec 2025 23:00 UTC"),
    ],
)
def test_times(at: datetime, zone: str, local: str, stamp: str) -> None:
    """A time is told in the zone it carries, with the year where that is another one."""
    there = at.astimezone(ZoneInfo(zone))
    assert words.local(there, NOW) == local
    assert words.stamp(there, NOW) == stamp


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(hours=1, seconds=5), "1 h"),
        (timedelta(days=35, hours=2, minutes=5), "35 d 2 h"),
        (90, "1 min 30 s"),
        (timedelta(minutes=-5), "-5 min"),
    ],
)
def test_duration(span: timedelta | float, text: str) -> None:
    """A span is told in its two largest units."""
    assert words.duration(span) == text


@pytest.mark.parametrize(
    ("text", "slack"),
    [
        ("A & B <C>", "A &amp; B &lt;C&gt;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("@here now", "@\u200bhere now"),
        ("snake_case", "snake_case"),
        ("*bold*", "\u200b*\u200bbold\u200b*\u200b"),
    ],
)
def test_slack_escape(text: str, slack: str) -> None:
    """Nothing from outside pings or formats in Slack."""
    assert escape.slack(text) == slack


@pytest.mark.parametrize(
    ("text", "teams"),
    [
        ("<at>everyone</at>", "&lt;at>everyone&lt;/at>"),
        ("voltage 11.21 V < 11.3 V > 3", "voltage 11.21 V < 11.3 V > 3"),
        ("> said\n# loud\n- one\n-5.5 dB", "\\> said\n\\# loud\n\\- one\n-5.5 dB"),
        ("A & B", "A & B"),
        ("&lt;at&gt;", "&amp;lt;at&amp;gt;"),
        ("[click](https://bad.example)", "\\[click\\](https://bad.example)"),
        ("**bold** snake_case _it_", "\\*\\*bold\\*\\* snake_case \\_it\\_"),
        ("one\ntwo", "one\ntwo"),
    ],
)
def test_teams_escape(text: str, teams: str) -> None:
    """Nothing from outside mentions, links or formats in Teams."""
    assert escape.teams(text) == teams


def test_plain_text() -> None:
    """Control and invisible characters never reach a message, and length is bounded."""
    assert one_line("a\r\nb\x00c\u202ed\ud800") == "a b cd\ufffd"
    assert one_line("x" * 300) == "x" * 199 + "…"
    assert lines("a\r\nb\tc\n", 100) == "a \nb c"

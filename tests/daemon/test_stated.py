"""The one time that a silence shows to those who know no series: its present occurrence, or the next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertd.daemon.stated import stated
from alertd.matchers import parse_matcher
from alertd.model import Instrument
from alertd.notify.silences import Silence

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday; 17:45 in Kathmandu, 07:00 in New York
FLEET = [
    Instrument(serial="QT1", labels={"site": "A"}),
    Instrument(serial="QT2", labels={"site": "A", "timezone": "Asia/Kathmandu"}),
    Instrument(serial="QT3", labels={"site": "A", "timezone": "America/New_York"}),
    Instrument(serial="QT4", labels={"site": "B", "timezone": "America/New_York"}),
]
WALL = datetime(2026, 11, 1, 12, 0)  # noqa: DTZ001 -- by each monitor's clock


def silence(**given: Any) -> Silence:
    usual = {"starts_at": NOW - timedelta(days=23), "ends_at": None, "created_at": NOW - timedelta(days=23)}
    return Silence(**{"id": "s", "matchers": (parse_matcher("site=A"),), **usual, **given})


def daily(hours: float, **given: Any) -> Silence:
    """From noon by each monitor's clock, so many hours."""
    return silence(**{"rrule": "FREQ=DAILY", "length": timedelta(hours=hours), "start_local": WALL, **given})


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


@pytest.mark.parametrize(
    ("story", "known", "state", "starts", "ends"),
    [
        ("once", silence(starts_at=hours(-1), ends_at=hours(2)), "active", -1, 2),
        ("once, to come", silence(starts_at=hours(1), ends_at=hours(2)), "pending", 1, 2),
        ("until resolved", silence(starts_at=hours(-1), until_resolved=True), "active", -1, None),
        ("ended by hand", silence(starts_at=hours(-3), ends_at=hours(2), expired_at=hours(-1)), "expired", -3, -1),
        ("called off", silence(starts_at=hours(3), ends_at=hours(5), expired_at=hours(-1)), "expired", -1, -1),
        ("on in UTC alone", daily(2), "active", 0, 2),
        ("on in UTC and in Kathmandu", daily(6), "active", -5.75, 6),
        ("on in its own zone", daily(6, timezone="Asia/Kathmandu"), "active", -5.75, 0.25),
        ("next in its own zone", daily(2, timezone="America/New_York"), "pending", 5, 7),
        ("next where it covers", daily(2, matchers=(parse_matcher("site=B"),)), "pending", 5, 7),
        ("it covers nothing", daily(2, matchers=(parse_matcher("site=C"),)), "active", 0, 2),
        ("day after day without a gap", daily(24, timezone="UTC", ends_at=hours(6)), "active", -23 * 24, 6),
        ("it came thrice", daily(1, rrule="FREQ=DAILY;COUNT=3", timezone="UTC"), "expired", -23 * 24, -23 * 24 + 1),
        ("a series ended by hand", daily(1, expired_at=hours(-2)), "expired", -23 * 24, -2),
    ],
)
def test_stated(story: str, known: Silence, state: str, starts: float, ends: float | None):
    """By the clocks of the monitors that a series covers, of its own zone, or UTC."""
    (shown,) = stated([known], FLEET, [], NOW)
    wanted = (state, hours(starts), None if ends is None else hours(ends))
    assert (shown.state, shown.starts_at, shown.ends_at) == wanted, story

"""When a site is down."""

from datetime import UTC, datetime, timedelta

import pytest

from alertd.alerts.sites import SiteTerms, sites_down

NOW = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("story", "watched", "offline", "share", "standing", "down"),
    [
        ("all gone", 5, [0, 0, 0, 0, 0], 0.8, False, True),
        ("exactly the share", 5, [0, 0, 0, 0], 0.8, False, True),
        ("one too few", 5, [0, 0, 0], 0.8, False, False),
        ("a share that is no binary number", 20, [0] * 11, 0.55, False, True),
        ("fewer than at_least, though all", 2, [0, 0], 0.8, False, False),
        ("not close together", 5, [0, 5, 10, 20, 30], 0.8, False, False),
        ("far apart, but down before", 5, [0, 5, 10, 20], 0.8, True, True),
        ("down before, one is back", 5, [0, 5, 10], 0.8, True, False),
        ("down before, now too few in all", 3, [0, 0], 0.5, True, False),
    ],
)
def test_when_a_site_is_down(  # noqa: PLR0917 - a table's row
    story: str, watched: int, offline: list[int], share: float, standing: bool, down: bool
) -> None:
    """Enough of its monitors, gone close together; over when fewer are gone. `offline` is minutes before now."""
    serials = [f"QT{number}" for number in range(watched)]
    since = {serial: NOW - timedelta(minutes=minutes) for serial, minutes in zip(serials, offline, strict=False)}
    found = sites_down({"A": serials}, since, {"A"} if standing else set(), SiteTerms(share=share))
    assert bool(found) is down, story

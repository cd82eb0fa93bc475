"""When the dispatcher looks next because of silences and acknowledgements; how a series stands in several zones."""

from datetime import UTC, datetime, timedelta

import pytest

from alertd.daemon.muting import next_edge, state_among
from alertd.matchers import parse_matcher
from alertd.model import Severity
from alertd.notify.silences import Silence, holds
from alertd.notify.standing import Ack

NOW = datetime(2026, 11, 24, 12, 0, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def silence(start: float, end: float | None, **terms: object) -> Silence:
    """Of so many seconds from now until so many."""
    ends_at = None if end is None else NOW + end * SECOND
    given = {"matchers": (parse_matcher("a=~.*"),), "created_at": NOW - timedelta(days=1), **terms}
    return Silence(id="s", starts_at=NOW + start * SECOND, ends_at=ends_at, **given)


def series(start: float, length: float, **terms: object) -> Silence:
    return silence(start, None, rrule="FREQ=DAILY", length=length * SECOND, **terms)


def ack(until: float | None) -> Ack:
    end = None if until is None else NOW + until * SECOND
    return Ack(alert_id="a", rule="R", subject="Q", by="ann", at=NOW, until=end, severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("silences", "acks", "after"),
    [
        ([], [], None),
        ([silence(-60, 3)], [], 3),
        ([silence(5, 60)], [], 5),
        ([silence(-60, -3)], [], None),
        ([silence(-60, None, until_resolved=True)], [], None),
        ([silence(-60, 30), silence(-60, 7)], [ack(12)], 7),
        ([silence(-60, 30)], [ack(4), ack(None)], 4),
        ([silence(-60, 0)], [ack(0)], None),
        ([series(-600 + 7, 3600)], [], 7),  # it begins and ends at the 27th second of some minute
        ([series(-600, 3610)], [], 10),
    ],
)
def test_next_edge(silences: list[Silence], acks: list[Ack], after: float | None):
    """Seconds from now until one of them begins or ends; a series may at the same second of each minute."""
    assert next_edge(silences, acks, NOW) == (None if after is None else NOW + after * SECOND)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_no_edge_of_a_series_is_missed(zone: str):
    """Going from edge to edge, whatever the zone's offset, it is never on or over unseen."""
    start = datetime(2026, 11, 24, 22, 10, 5)  # noqa: DTZ001 -- by each monitor's clock
    each = Silence(
        id="s",
        matchers=(),
        starts_at=start.replace(tzinfo=UTC),
        ends_at=None,
        rrule="FREQ=HOURLY",
        length=95 * SECOND,
        start_local=start,
        created_at=NOW,
    )
    at, seen = NOW + timedelta(days=1), []
    while at < NOW + timedelta(days=1, hours=1):
        edge = next_edge([each], [], at)
        assert edge is not None
        on = {holds(each, {"timezone": zone}, at + n * SECOND) for n in range(0, int((edge - at) / SECOND), 10)}
        assert len(on) == 1
        seen.append(on.pop())
        at = edge
    assert {True, False} == set(seen)


@pytest.mark.parametrize(
    ("zones", "state"),
    [
        ((), "pending"),
        (("UTC",), "pending"),
        (("Asia/Kathmandu",), "active"),
        (("Asia/Kathmandu", "UTC"), "active"),
    ],
)
def test_in_several_zones(zones: tuple[str, ...], state: str):
    """A series in each monitor's zone is active as long as it is on in one of them."""
    start = datetime(2026, 11, 24, 17, 45)  # noqa: DTZ001 -- noon of UTC in Kathmandu
    each = series(0, 3600, start_local=start)
    assert state_among(each, zones, NOW) == state

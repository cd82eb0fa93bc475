"""What a view trusts: freshness of each source, and why something is missing."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from alertd.model import Sample, Source
from alertd.rules.freshness import Horizon
from alertd.rules.view import View
from tests.rules.seeing import FACTS, NOW, newest, sample

MINUTE = timedelta(minutes=1)
STATUS, CURRENT, STATS = Source.STATUS, Source.CURRENT, Source.STATS
POLLED = {STATUS: MINUTE, CURRENT: MINUTE, STATS: 5 * MINUTE}


def seen(
    *samples: Sample, failed: Mapping[Source, str] | None = None, every: Mapping[Source, timedelta] | None = None
) -> View:
    horizon = Horizon(NOW, POLLED if every is None else every)
    return horizon.see(FACTS, newest(*samples), failed or {})


def status(minutes: float, online: bool | None = True) -> Sample:
    return sample("status", minutes * MINUTE, online=online, measuring=True)


def current(minutes: float = 0) -> Sample:
    return sample("current", minutes * MINUTE, voltage=12.4)


def stats(minutes: float, period: float | None = 60.0) -> Sample:
    return sample("stats", minutes * MINUTE, samplePeriod=period, cpu=3.0)


@pytest.mark.parametrize(
    ("samples", "failed", "every", "why"),
    [
        # status says so
        ([current(), status(1)], {}, POLLED, None),
        ([current(), status(1, online=False)], {}, POLLED, "offline"),
        ([current(), status(1, online=False), stats(1)], {}, POLLED, "offline"),
        # status cannot say: by stats
        ([current(), status(1, online=None), stats(14)], {}, POLLED, None),
        ([current(), status(1, online=None), stats(15)], {}, POLLED, "no sign of life"),
        ([current(), status(1, online=None)], {}, POLLED, "no sign of life"),
        ([current(), stats(1)], {}, POLLED, None),
        ([current()], {}, POLLED, "no sign of life"),
        # a failed poll of status: the last answer holds for three polls
        ([current(), status(3)], {STATUS: "no answer: 503"}, POLLED, None),
        ([current(), status(3, online=False), stats(1)], {STATUS: "no answer: 503"}, POLLED, "offline"),
        ([current(), status(4)], {STATUS: "no answer: 503"}, POLLED, "no sign of life"),
        ([current(), status(4, online=False), stats(6)], {STATUS: "no answer: 503"}, POLLED, None),
        # a source that is not polled is not asked
        ([current(), status(1, online=False)], {}, {CURRENT: MINUTE}, None),
        ([current(), status(1, online=False), stats(1)], {}, {CURRENT: MINUTE, STATS: 5 * MINUTE}, None),
        ([current(), status(1), stats(20)], {}, {CURRENT: MINUTE, STATS: 5 * MINUTE}, "no sign of life"),
        ([current(), stats(1)], {}, {CURRENT: MINUTE, STATUS: MINUTE}, "no sign of life"),
        # current itself
        ([current(), status(1)], {CURRENT: "no answer: time-out"}, POLLED, "no answer: time-out"),
        ([status(1)], {}, POLLED, "nothing on record"),
        ([current(3), status(1)], {}, POLLED, None),
        ([current(4), status(1)], {}, POLLED, "too old"),
    ],
)
def test_current_is_trusted_only_of_a_living_instrument(
    samples: list[Sample], failed: dict[Source, str], every: dict[Source, timedelta], why: str | None
) -> None:
    """`current` carries no time, so it counts only while something says that the instrument is there."""
    view = seen(*samples, failed=failed, every=every)
    assert view.why.get("current") == why
    assert ("current" in view.values) == (why is None)


def test_a_failed_poll_of_status_leaves_its_fields_unknown() -> None:
    """`status.*` is UNKNOWN at once when its poll failed, though `current` still goes by the last answer."""
    view = seen(current(), status(1), failed={STATUS: "no answer: 503"})
    assert "status" not in view.values
    assert "status" not in view.times
    assert view.why["status"] == "no answer: 503"
    assert "current" in view.values


def test_an_offline_instrument_is_known_to_be_offline_and_nothing_else() -> None:
    """What else /status says of an offline instrument was so before it went."""
    view = seen(status(1, online=False))
    assert view.values["status"] == {"online": False}
    assert view.why["status"] == "offline"


@pytest.mark.parametrize(
    ("minutes", "period", "usable"),
    [(14, 60.0, True), (15, 60.0, False), (40, 900.0, True), (45, 900.0, False), (15, None, False), (15, 1e300, False)],
)
def test_stats_hold_for_three_intervals_or_three_of_their_own_periods(
    minutes: float, period: float | None, usable: bool
) -> None:
    """A stats record says how it is while a newer one cannot be expected; afterwards only its age is known."""
    view = seen(stats(minutes, period))
    assert ("stats" in view.values) is usable
    assert view.why.get("stats") == (None if usable else "too old")
    assert view.times["stats"] == NOW - minutes * MINUTE


@pytest.mark.parametrize("prefix", ["sic", "calibration", "event", "note"])
def test_what_happened_stays_true_until_the_next_record(prefix: str) -> None:
    """The newest SIC, calibration, event and note hold however old, unless their last poll failed."""
    old = sample(prefix, timedelta(days=300), status="Error")
    assert seen(old, every={old.source: MINUTE}).values[prefix] == {"status": "Error"}
    failed = seen(old, every={old.source: MINUTE}, failed={old.source: "no answer: 500"})
    assert not failed.values
    assert not failed.times
    assert seen(old, every={}).why.get(prefix) is None
    assert not seen(old, every={}).values


def test_says_nothing_on_record() -> None:
    """A source that answered without a record is told from one that did not answer."""
    assert seen(every={Source.SIC: MINUTE}).why == {"sic": "nothing on record"}

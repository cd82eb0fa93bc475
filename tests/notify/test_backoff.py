"""What becomes of a message after an attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from alertd.model import TargetHealth
from alertd.notify.backoff import Again, Dead, Done, health_after, is_failing, next_step, wait
from alertd.notify.outcome import Delivered, Failed

NOW = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FAILED = Failed("HTTP 500", maybe=False)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 10), (2, 20), (3, 40), (8, 1280), (9, 1800), (500, 1800)])
def test_waits_double_to_half_an_hour(failures: int, seconds: int) -> None:
    """10 s doubling to 30 min; noise moves it by a tenth at most."""
    assert wait(failures, 0.5) == timedelta(seconds=seconds)
    assert wait(failures, 0.0) == timedelta(seconds=seconds) * 0.9
    assert wait(failures, 0.999) < timedelta(seconds=seconds) * 1.1


def test_delivered_is_done() -> None:
    """A delivered message is done and the target healthy."""
    step = next_step(Delivered(), 3, NOW, NOW, 0.5)
    assert step == Done()
    health = health_after(TargetHealth(target="mail", failures=4, failing_since=NOW), step, NOW)
    assert (health.failures, health.failing_since, health.next_try_at) == (0, None, None)


def test_failed_is_tried_again_then_given_up() -> None:
    """Every failure is retried alike until 48 hours after the decision."""
    assert next_step(FAILED, 1, NOW, NOW, 0.5) == Again(NOW + timedelta(seconds=10), "HTTP 500", maybe=False)
    assert next_step(FAILED, 99, NOW - timedelta(hours=48), NOW, 0.5) == Dead("HTTP 500", maybe=False)


@pytest.mark.parametrize(
    ("failures", "minutes", "failing"), [(0, None, False), (1, 0, False), (4, 9, False), (5, 1, True), (2, 10, True)]
)
def test_when_a_target_is_failing(failures: int, minutes: int | None, failing: bool) -> None:
    """Five failures in a row, or ten minutes of them."""
    since = None if minutes is None else NOW - minutes * MINUTE
    assert is_failing(TargetHealth(target="mail", failures=failures, failing_since=since), NOW) is failing

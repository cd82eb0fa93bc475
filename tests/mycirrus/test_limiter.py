"""The limit on the rate of requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.mycirrus.limiter import WINDOW_SECONDS, Limiter


class Time:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_burst_passes_then_each_waits_for_its_place() -> None:
    """The whole minute's ration may go at once; the next one waits for the first to be a minute old."""
    time = Time()
    limiter = Limiter(3, monotonic=time)
    assert [limiter.reserve() for _ in range(3)] == [0, 0, 0]
    time.seconds += 10
    assert limiter.reserve() == pytest.approx(50)
    assert limiter.reserve() == pytest.approx(50)


@given(per_minute=st.integers(1, 6), gaps=st.lists(st.floats(0, 40), min_size=1, max_size=60))
def test_never_more_than_the_limit_in_any_minute(per_minute: int, gaps: list[float]) -> None:
    """Whatever the callers' rhythm, no window of 60 s holds more than the limit."""
    time = Time()
    limiter = Limiter(per_minute, monotonic=time)
    sent: list[float] = []
    for gap in gaps:
        time.seconds += gap
        sent.append(time.seconds + limiter.reserve())
    assert sent == sorted(sent)
    for index in range(len(sent) - per_minute):
        assert sent[index + per_minute] - sent[index] >= WINDOW_SECONDS - 1e-6

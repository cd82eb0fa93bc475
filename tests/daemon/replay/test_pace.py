"""The longest gap of a stretch is one, and no shorter than any."""

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from alertd.daemon.replay.pace import pace_of

STEPS = st.lists(st.sampled_from([0, 1, 10, 10, 10, 11, 14, 15, 16, 40, 500]), max_size=30)


@given(steps=STEPS, begin=st.integers(-50, 400), length=st.integers(1, 400))
def test_longest_gap(steps: list[int], begin: int, length: int) -> None:
    """No time without a value that reaches into a stretch is longer, be it at its beginning or at its end."""
    times = list(accumulate(steps))
    end = begin + length
    longest = pace_of(times).longest_gap(begin, end)
    gaps = [after - before for before, after in pairwise(times) if after > begin and before < end]
    assert longest >= max(gaps, default=0)
    assert times[:1] <= [begin] or not times or longest == float("inf")
    assert not times or longest >= end - times[-1]

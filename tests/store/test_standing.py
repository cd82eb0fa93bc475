"""Silences in the store, on both databases."""

from datetime import timedelta

import pytest

from alertd.notify.silences import Silence
from alertd.store.store import Store
from tests.store.making import NOW


@pytest.mark.parametrize(
    ("later", "ends"),
    [
        (timedelta(0), False),
        (timedelta(milliseconds=-40), False),
        (timedelta(seconds=3), False),
        (timedelta(minutes=-1), True),
    ],
    ids=["at once", "who read the clock before", "afterwards", "the clock was set back"],
)
def test_a_silence_is_ended_once(store: Store, later: timedelta, ends: bool) -> None:
    """Of two who end it at once one is told that it was over, whoever read the clock first."""
    store.standing.add_silence(
        Silence(id="s", matchers=(), starts_at=NOW - timedelta(hours=1), ends_at=None, created_at=NOW)
    )
    assert store.standing.expire_silence("s", NOW)
    assert store.standing.expire_silence("s", NOW + later) is ends

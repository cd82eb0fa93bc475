"""How much of a message fits."""

import pytest

from alertd.notify.budget import Budget, cut, fit


def draw(full: int, named: int) -> str:
    """Ten characters for an alert in full, two for a name, always three for the end."""
    return "f" * 10 * full + "n" * 2 * named + "end"


@pytest.mark.parametrize(
    ("total", "limit", "full", "named"),
    [
        (3, 1000, 3, 0),  # all in full
        (10, 63, 2, 8),  # half the room for lines, names for the rest
        (10, 23, 0, 10),  # names of all fit exactly
        (100, 63, 2, 20),  # not even all names fit
        (400, 1000, 24, 376),  # fewer lines than would fill half the room, so that all are named
        (500, 1000, 49, 252),  # not where that would leave fewer than ten in full
        (100, 2, 0, 0),  # nothing fits: the caller cuts
    ],
)
def test_fit(total: int, limit: int, full: int, named: int) -> None:
    """Lines for the worst, names for the rest, a count for what is left."""
    fitted = fit(draw, total, Budget(limit=limit, measure=len, smallest=5, by_name=True))
    assert (fitted.full, fitted.named) == (full, named)
    assert fitted.text == draw(full, named)


@pytest.mark.parametrize(("total", "limit", "full"), [(3, 100, 3), (10, 63, 6), (10, 9, 0)])
def test_fit_without_names(total: int, limit: int, full: int) -> None:
    """Where names are not wanted, all the room is for lines."""
    fitted = fit(draw, total, Budget(limit=limit, measure=len, smallest=5, by_name=False))
    assert (fitted.full, fitted.named) == (full, 0)


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("short", 10, "short"),
        ("one line\nanother", 12, "one line…"),
        ("a\nlong line without an end", 12, "a\nlong li…"),
        ("ä" * 20, 13, "ä" * 5 + "…"),
    ],
)
def test_cut(text: str, limit: int, shown: str) -> None:
    """What is too long ends at a line's end where one is near, and is never over its limit in bytes."""
    budget = Budget(limit=limit, measure=lambda piece: len(piece.encode()), smallest=1, by_name=False)
    assert cut(text, budget) == shown
    assert budget.measure(cut(text, budget)) <= limit

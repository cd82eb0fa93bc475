"""How much of a message fits: as many alerts in full as there is room for, then names alone, then a count."""

from collections.abc import Callable
from dataclasses import dataclass

Draw = Callable[[int, int], str]
"""Draws a body with that many alerts in full and that many more by name alone; the rest are counted."""

Measure = Callable[[str], int]
"""How much of the budget a text takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One channel's room for a body."""

    limit: int
    measure: Measure
    smallest: int
    """No alert in full takes less than this; keeps a storm from being drawn in full only to be thrown away."""
    by_name: bool
    """Whether alerts without room for their lines are named; where not, only a count stands for them."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A body within its budget."""

    text: str
    full: int
    named: int


def fit(draw: Draw, total: int, budget: Budget) -> Fitted:
    """The fullest body that the budget allows.

    Names of all come before more lines for the worst; where not even all names fit, half the budget is for lines.
    The result may still be over the limit where not even the smallest body fits; its caller cuts or refuses it.
    """
    most = min(total, budget.limit // budget.smallest + 1)

    def fits(text: str, limit: int) -> bool:
        return budget.measure(text) <= limit

    def with_all_named(full: int) -> str:
        return draw(full, total - full if budget.by_name else 0)

    full = _largest(most, lambda count: fits(with_all_named(count), budget.limit))
    if full is not None:
        return Fitted(with_all_named(full), full, total - full if budget.by_name else 0)
    full = _largest(most, lambda count: fits(draw(count, 0), budget.limit // 2)) or 0
    named = _largest(total - full, lambda count: fits(draw(full, count), budget.limit)) if budget.by_name else 0
    return Fitted(draw(full, named or 0), full, named or 0)


def cut(text: str, budget: Budget) -> str:
    """The text, or its beginning up to the end of a line where one is near, and an ellipsis."""
    if budget.measure(text) <= budget.limit:
        return text
    length = _largest(len(text), lambda count: budget.measure(text[:count] + "…") <= budget.limit) or 0
    kept = text[:length]
    line_end = kept.rfind("\n")
    return (kept[:line_end] if line_end > length * 3 // 4 else kept).rstrip() + "…"


def _largest(most: int, holds: Callable[[int], bool]) -> int | None:
    """The largest count up to `most` for which it holds, taking it to hold for each smaller one; None for no count."""
    if holds(most):
        return most
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low if low >= 0 else None

"""How much of a message fits: as many alerts in full as there is room for, then names alone, then a count."""

from collections.abc import Callable
from dataclasses import dataclass

Draw = Callable[[int, int], str]
"""Draws a body with that many alerts in full and that many more by name alone."""

Measure = Callable[[str], int]
"""How much of the budget a text takes."""

FEWEST_LINES = 10
"""Alerts that are told in full, where there are so many, before names are put off to a further message."""

_FIRST_TRY = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One channel's room for a body."""

    limit: int
    measure: Measure
    smallest: int
    """No alert in full takes less than this; keeps a storm from being drawn in full only to be thrown away."""
    by_name: bool
    """Whether alerts without room for their lines are named; where not, only a count stands for them."""

    def takes(self, text: str) -> bool:
        """Whether there is room for all of it."""
        return self.measure(text) <= self.limit


@dataclass(frozen=True, slots=True)
class Fitted:
    """A body within its budget."""

    text: str
    full: int
    named: int

    @property
    def reach(self) -> int:
        """How many alerts it names."""
        return self.full + self.named


def fit(draw: Draw, total: int, budget: Budget) -> Fitted:
    """The fullest body that the budget allows.

    All in full, else lines for the worst in at most half of the room and names for the others. Where that leaves some
    out, fewer lines, if then all are named. The result may still be over the limit where not even the smallest body
    fits; its caller cuts or refuses it.
    """
    most = min(total, budget.limit // budget.smallest + 1)
    if not budget.by_name:
        full = _largest(most, lambda count: budget.takes(draw(count, 0))) or 0
        return Fitted(draw(full, 0), full, 0)
    full = _largest(most, lambda count: 2 * budget.measure(draw(count, 0)) <= budget.limit) or 0
    if total <= 3 * full + _FIRST_TRY and budget.takes(everything := draw(total, 0)):
        return Fitted(everything, total, 0)
    fitted = _named(draw, full, total, budget)
    if fitted.reach < total:
        fewer = _largest(full, lambda count: budget.takes(draw(count, total - count)))
        if fewer is not None and fewer >= min(FEWEST_LINES, full):
            return Fitted(draw(fewer, total - fewer), fewer, total - fewer)
    return fitted


def fit_names(draw: Draw, total: int, budget: Budget) -> Fitted:
    """A body with as many names as there is room for: a further message of a large one."""
    return _named(draw, 0, total, budget)


def _named(draw: Draw, full: int, total: int, budget: Budget) -> Fitted:
    named = _largest(total - full, lambda count: budget.takes(draw(full, count))) or 0
    return Fitted(draw(full, named), full, named)


def cut(text: str, budget: Budget) -> str:
    """The text, or its beginning up to the end of a line where one is near, and an ellipsis."""
    if budget.takes(text):
        return text
    length = _largest(len(text), lambda count: budget.takes(text[:count] + "…")) or 0
    kept = text[:length]
    line_end = kept.rfind("\n")
    return (kept[:line_end] if line_end > length * 3 // 4 else kept).rstrip() + "…"


def _largest(most: int, holds: Callable[[int], bool]) -> int | None:
    """The largest count up to `most` for which it holds, taking it to hold for each smaller one; None for no count.

    Found by doubling, so that nothing much too large is tried; of many, within a fiftieth.
    """
    low, high = -1, min(most, _FIRST_TRY)
    while holds(high):
        if high == most:
            return most
        low, high = high, min(most, 2 * high)
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low if low >= 0 else None

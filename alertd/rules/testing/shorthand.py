"""promtool's shorthand for a series: `12.6-0.05x12 11.7x8 _x4`. Pure.

| written | is |
|---|---|
| `a` | one value |
| `a+bxN`, `a-bxN` | `a`, and N more, each `b` more or less than the one before: N + 1 values |
| `axN` | `a`, and N more of it: N + 1 values, as in promtool |
| `_`, `_xN` | one value that is missing, N of them |

Text and yes/no fields have `a`, `axN`, `_` and `_xN`; a text with blanks stands in double quotes: `"Low signal"x3`.
"""

import re
from collections.abc import Iterator

from alertd.fields import Kind
from alertd.model import Value

LONGEST = 200_000
"""Values of one series: four months of minutes."""

DIGITS = 10
"""Decimals kept of a sum: 12.6 - 3 * 0.05 is 12.45, whatever binary fractions say."""

_WORD = re.compile(r'"[^"]*"\S*|\S+')
_UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_NUMBER = re.compile(rf"(?P<first>[-+]?{_UNSIGNED})(?:(?P<step>[-+]{_UNSIGNED})x(?P<steps>[0-9]+)|x(?P<times>[0-9]+))?")
_MISSING = re.compile(r"_(?:x(?P<times>[0-9]+))?")
_QUOTED = re.compile(r'"(?P<text>[^"]*)"(?:x(?P<times>[0-9]+))?')
_PLAIN = re.compile(r"(?P<text>[^\"]+?)(?:x(?P<times>[0-9]+))?")
_FLAGS = {"true": True, "false": False}


class ShorthandError(ValueError):
    """What is wrong with a series, and how many characters into it."""

    def __init__(self, text: str, offset: int) -> None:
        super().__init__(text)
        self.text = text
        self.offset = offset


def expand(text: str, kind: Kind) -> list[Value | None]:
    """The values of a series of fields of this kind; None is a missing one.

    Raises:
        ShorthandError: a word of it is none, there is no word, or there are too many values.
    """
    values: list[Value | None] = []
    for word in _WORD.finditer(text):
        for value in _expand(word[0], kind, word.start()):
            values.append(value)
            if len(values) > LONGEST:
                raise ShorthandError(f"more than {LONGEST} values: make `every` longer", word.start())
    if not values:
        raise ShorthandError("no value is there: write some, such as 12.6-0.05x12", 0)
    return values


def _expand(word: str, kind: Kind, offset: int) -> Iterator[Value | None]:
    missing = _MISSING.fullmatch(word)
    if missing:
        return iter([None] * _count(missing["times"] or "1", word, offset))
    if kind is Kind.NUMBER:
        return _numbers(word, offset)
    found = _QUOTED.fullmatch(word) or _PLAIN.fullmatch(word)
    if found is None:
        raise ShorthandError(f"{word} is no text: write it as Success, Successx3 or _", offset)
    value: Value | None = found["text"]
    if kind is Kind.FLAG:
        value = _FLAGS.get(found["text"].lower())
        if value is None:
            raise ShorthandError(f"{word} is no yes/no: write true, false, truex3 or _", offset)
    return iter([value] * (1 + _count(found["times"] or "0", word, offset)))


def _numbers(word: str, offset: int) -> Iterator[float]:
    found = _NUMBER.fullmatch(word)
    if found is None:
        raise ShorthandError(f"{word} is no number: write it as 12.6, 12.6x8, 12.6-0.05x12 or _", offset)
    first, step = float(found["first"]), float(found["step"] or 0)
    count = _count(found["steps"] or found["times"] or "0", word, offset)
    last = first + step * count
    if last - last != 0:
        raise ShorthandError(f"{word} leaves the numbers", offset)
    return (round(first + step * number, DIGITS) for number in range(count + 1))


def _count(text: str, word: str, offset: int) -> int:
    if len(text) > len(str(LONGEST)) or int(text) > LONGEST:
        raise ShorthandError(f"{word} is more than {LONGEST} values: make `every` longer", offset)
    return int(text)

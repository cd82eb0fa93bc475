"""A track's block: one instrument's records of one source, small enough to be kept for months. Pure.

Column by column: numbers as whole steps of their last decimal from the record before, words by their number in a list,
the bytes of equal weight together, all deflated. It gives back exactly what went in.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import accumulate, chain, cycle, repeat
from operator import mul, sub, truediv
from typing import Any

from alertd.model import Value
from alertd.store.columns import encode
from alertd.store.tracks import Column, Track

_DECIMALS = 6
_EXACT = 2**53
_NUMERIC = {float, int}
_WIDTHS = (("b", 2**7), ("h", 2**15), ("i", 2**31), ("q", 2**63))

_WORKED_OUT: Mapping[str, tuple[tuple[str, ...], Callable[..., float]]] = {
    "network": (("netRx", "netTx", "samplePeriod"), lambda received, sent, period: (received + sent) / period),
    "memoryPercent": (("mem", "mTot"), lambda used, installed: used / installed * 100),
    "diskPercent": (("disk", "dTot"), lambda used, installed: used / installed * 100),
}
"""Fields of `stats` that MyCirrus works out of others, in full precision: half of a day's bytes if stored.

They are left out where the formula gives each value to the last bit, as it does for the example of MyCirrus's own
description, and stored where it does not.
"""


def pack(track: Track) -> bytes:
    """The block of a track, which has at least one record."""
    bodies: list[bytes] = []
    at = _steps(list(map(sub, track.times[1:], track.times)), bodies)
    columns = {name: _pack_column(name, track.columns, bodies) for name in track.columns}
    kept = {name: spec for name, spec in columns.items() if spec}
    head = {"from": track.times[0], "count": len(track.times), "at": at, "columns": kept}
    deflate = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    return deflate.compress(b"".join([encode(head).encode(), b"\n", *bodies])) + deflate.flush()


def unpack(block: bytes, fields: Collection[str] | None = None) -> Track:
    """A track from its block, with these columns only (None: with all).

    Raises:
        ValueError: the block is damaged.
    """
    try:
        line, _, rest = zlib.decompress(block).partition(b"\n")
        head = json.loads(line)
        reader = _Reader(head["count"], head["columns"], rest)
        times = list(accumulate(reader.steps(head["at"], head["count"] - 1), initial=head["from"]))
        reader.find_bodies()
        return Track(times, {name: reader.column(name) for name in head["columns"] if fields is None or name in fields})
    except (zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"a damaged block of history: {error}") from error


def _pack_column(name: str, columns: Mapping[str, Column], bodies: list[bytes]) -> dict[str, Any]:
    """What the head says of a column, empty where nothing is in it; its bytes, if any, are added to the bodies."""
    column = columns[name]
    there = [value for value in column if value is not None] if None in column else column
    if not there:
        return {}
    spec: dict[str, Any] = {} if len(there) == len(column) else {"runs": _runs(column)}
    if _can_be_worked_out(name, columns):
        return spec | {"worked_out": True}
    before = len(bodies)
    if _NUMERIC.issuperset(map(type, there)):
        spec |= _pack_numbers(there, bodies)  # type: ignore[arg-type]
    else:
        words = list({(type(value), value): value for value in there}.values())
        index = {(type(word), word): number for number, word in enumerate(words)}
        spec |= {"words": words, "steps": _steps([index[type(value), value] for value in there], bodies)}
    return spec | {"bytes": sum(map(len, bodies[before:]))}


def _pack_numbers(there: Sequence[float], bodies: list[bytes]) -> dict[str, Any]:
    # Hundreds of millions of numbers a day may go through here: loops that the interpreter does not see.
    greatest = max(abs(max(there)), abs(min(there)))
    for decimals in range(_DECIMALS + 1):
        scale = 10**decimals
        if greatest * scale >= _EXACT:
            break
        if round(there[0] * scale) / scale == there[0]:
            whole = list(map(round, map(mul, there, repeat(scale))))
            if list(map(truediv, whole, repeat(scale))) == there:
                return {"decimals": decimals, "steps": _steps(whole, bodies)}
    bodies.append(_planes(array("d", there)))
    return {}


def _steps(whole: Sequence[int], bodies: list[bytes]) -> list[Any]:
    """Whole numbers as their first and the steps between; constant ones need no bytes."""
    if not whole:
        return []
    steps = list(map(sub, whole[1:], whole))
    if not any(steps):
        return [whole[0]]
    low, high = min(steps), max(steps)
    code = next(code for code, limit in _WIDTHS if -limit <= low and high < limit)
    bodies.append(_planes(array(code, steps)))
    return [whole[0], code]


def _runs(column: Column) -> list[int]:
    """How many are there, then how many are missing, and so on."""
    runs, there = [0], True
    for value in column:
        if (value is not None) is not there:
            there = not there
            runs.append(0)
        runs[-1] += 1
    return runs


def _can_be_worked_out(name: str, columns: Mapping[str, Column]) -> bool:
    if name not in _WORKED_OUT:
        return False
    sources, _ = _WORKED_OUT[name]
    if not all(source in columns for source in sources):
        return False
    column = columns[name]
    return _work_out(name, columns, [value is not None for value in column]) == column


def _work_out(name: str, columns: Mapping[str, Column], there: Sequence[bool]) -> Column | None:
    """The column by its formula, None where that cannot be."""
    sources, formula = _WORKED_OUT[name]
    inputs = zip(*(columns[source] for source in sources), strict=True)
    try:
        return [formula(*values) if known else None for known, values in zip(there, inputs, strict=True)]
    except (TypeError, ArithmeticError):
        return None


class _Reader:
    """Takes the columns out of an inflated block."""

    def __init__(self, count: int, specs: Mapping[str, Mapping[str, Any]], rest: bytes) -> None:
        self._count = count
        self._specs = specs
        self._rest = rest
        self._place = 0
        self._starts: dict[str, int] = {}

    def steps(self, spec: Sequence[Any], count: int) -> list[int]:
        """`count` whole numbers from here."""
        if len(spec) < 2:
            return list(spec[:1]) * count
        return list(accumulate(self._numbers(spec[1], count - 1), initial=spec[0]))

    def find_bodies(self) -> None:
        """Note where each column's bytes begin: the first one's here."""
        place = self._place
        for name, spec in self._specs.items():
            self._starts[name] = place
            place += spec.get("bytes", 0)
        if place != len(self._rest):
            raise ValueError("its bytes are not as many as it says")

    def column(self, name: str) -> Column:
        """One column, with None for what is missing."""
        spec = self._specs[name]
        runs = spec.get("runs", [self._count])
        there = list(chain.from_iterable(map(repeat, cycle([True, False]), runs)))
        if "worked_out" in spec:
            sources = {source: self.column(source) for source in _WORKED_OUT[name][0]}
            return _work_out(name, sources, there) or []
        self._place = self._starts[name]
        values = iter(self._values(spec, sum(runs[::2])))
        return [next(values) if known else None for known in there] if "runs" in spec else list(values)

    def _values(self, spec: Mapping[str, Any], count: int) -> Iterable[Value]:
        if "words" in spec:
            return map(spec["words"].__getitem__, self.steps(spec["steps"], count))
        if "decimals" in spec:
            scale = 10 ** spec["decimals"]
            return map(truediv, self.steps(spec["steps"], count), repeat(scale))
        return self._numbers("d", count)

    def _numbers(self, code: str, count: int) -> "array[Any]":
        width = array(code).itemsize
        planes = self._rest[self._place : self._place + width * count]
        self._place += len(planes)
        mixed = bytearray(len(planes))
        for plane in range(width):
            mixed[plane::width] = planes[plane * count : (plane + 1) * count]
        return from_bytes(code, bytes(mixed))


def _planes(numbers: "array[Any]") -> bytes:
    """The lowest bytes of all numbers, then the next: like stands beside like."""
    raw, width = to_bytes(numbers), numbers.itemsize
    return b"".join(raw[plane::width] for plane in range(width))


def to_bytes(numbers: "array[Any]") -> bytes:
    """The numbers' bytes, the lowest first on every machine."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def from_bytes(code: str, raw: bytes) -> "array[Any]":
    """The numbers again.

    Raises:
        ValueError: the bytes end within a number.
    """
    numbers = array(code)
    numbers.frombytes(raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers

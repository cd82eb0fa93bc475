"""A round's block: the records that one round brought of many instruments, quick to write. Pure.

A line of JSON, then every number as a double, NaN for a missing one. It names its fields, so that an older block is
still read when the catalogue has changed.
"""

import json
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from math import nan
from operator import itemgetter

from alertd.fields import FIELDS, Kind
from alertd.model import Sample, Source, Value, Values
from alertd.store.columns import encode, storable, to_micros
from alertd.store.packing import from_bytes, to_bytes
from alertd.store.tracks import Track, merge

_Row = Sequence[Value | None]

_NUMBERS = {source: tuple(n for n, f in fields.items() if f.kind is Kind.NUMBER) for source, fields in FIELDS.items()}
_WORDS = {source: tuple(n for n, f in fields.items() if f.kind is not Kind.NUMBER) for source, fields in FIELDS.items()}


def pack_round(source: Source, samples: Sequence[Sample]) -> bytes:
    """The block of these records of one source; of their values, those that the catalogue knows.

    Every record of every poll goes through here: one pass over its numbers, none over their names.
    """
    numbers, words = _NUMBERS[source], _WORDS[source]
    times = [sample.at for sample in samples]
    micros = {at: to_micros(at) for at in set(times)}  # a round of `current` has few
    head = {
        "numbers": numbers,
        "words": words,
        "of": [storable(sample.instrument) for sample in samples],
        "at": list(map(micros.__getitem__, times)),
    }
    if words:
        head["said"] = [[sample.values.get(name) for name in words] for sample in samples]
    return encode(head).encode() + b"\n" + to_bytes(_numbers([sample.values for sample in samples], numbers))


def _numbers(values: Sequence[Values], names: Sequence[str]) -> "array[float]":
    """All numbers of these names in one row. Hardly ever is one missing, so at first none is looked for."""
    if len(names) > 1:
        with suppress(KeyError, TypeError):
            return array("d", chain.from_iterable(map(itemgetter(*names), values)))
    found = (value for each in values for value in map(each.get, names))
    return array("d", [nan if value is None else value for value in found])  # type: ignore[misc]  # number fields


def tracks_of(blocks: Iterable[bytes], wanted: Collection[str] | None = None) -> dict[str, Track]:
    """What rounds' blocks, oldest first, hold of each of these instruments (None: of all), by serial.

    A damaged block is passed over: `alertd db check` speaks of it.
    """
    rows: dict[tuple[str, tuple[str, ...]], dict[int, _Row]] = {}
    for block in blocks:
        try:
            names, records = _records(block, wanted)
        except (ValueError, LookupError, TypeError):
            continue
        for serial, at, row in records:
            rows.setdefault((serial, names), {})[at] = row
    found: dict[str, Track] = {}
    for (serial, names), by_time in rows.items():
        track = _transposed(names, by_time)
        found[serial] = merge([found[serial], track]) if serial in found else track
    return found


def is_whole(block: bytes) -> bool:
    """Whether a block can be read."""
    try:
        _records(block, None)
    except (ValueError, LookupError, TypeError):
        return False
    return True


def _records(block: bytes, wanted: Collection[str] | None) -> tuple[tuple[str, ...], list[tuple[str, int, _Row]]]:
    """The names of a block's fields, and its records: whose, when, and a value for each name."""
    line, _, rest = block.partition(b"\n")
    head = json.loads(line)
    names = (*head["numbers"], *head["words"])
    body, width = from_bytes("d", rest), len(head["numbers"])
    said = head.get("said") or [()] * len(head["of"])
    if len(body) != width * len(said):
        raise ValueError("a damaged block of a round: its bytes are not as many as it says")
    found: list[tuple[str, int, _Row]] = []
    for index, (serial, at) in enumerate(zip(head["of"], head["at"], strict=True)):
        if wanted is None or serial in wanted:
            numbers = body[index * width : index * width + width]
            found.append((serial, at, [*numbers, *said[index]] if head["words"] else numbers))
    return names, found


def _transposed(names: Sequence[str], by_time: Mapping[int, _Row]) -> Track:
    times = sorted(by_time)
    columns = zip(*map(by_time.__getitem__, times), strict=True)
    # Only NaN is not itself.
    filled = ([None if value != value else value for value in column] for column in columns)  # noqa: PLR0124
    return Track(times, dict(zip(names, filled, strict=True)))

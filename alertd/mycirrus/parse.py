"""MyCirrus's records → Samples. Nothing here raises on garbage: it costs its record, or its value, and is counted.

This is the hot path of a poll. The keys of a record are looked at once for each distinct spelling (`_Shape`), so that
a record of plain numbers costs one dict, one Sample and one type check a value.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter, itemgetter
from typing import cast

from alertd.fields import FIELDS, WIRE_NAMES, Kind
from alertd.model import RANGE_SOURCES, Sample, Source, Value
from alertd.mycirrus.garbage import Garbage

Record = dict[str, object]

TOLERANCE = timedelta(seconds=60)
"""How far outside the asked range a record may lie before it is taken for a stray one."""
AHEAD = timedelta(minutes=5)
"""How far in the future a record's time may lie: monitors' clocks drift."""

LONGEST_TEXT = 2000
_OWNER_KEYS = ("instrument", "serialnumber", "serial")
_TIME_KEYS = {Source.EVENTS: ("start", "time")}
_END_KEY = "end"
_SHAPES_KEPT = 256
_KEYS_KEPT = 64
_SHORTEST_TIME = len("2025-05-04T09:42")
_NOBODY = "\x00"
"""The owner of a record whose serial is no text."""
_NUMBERS_ONLY = frozenset(
    source for source, fields in FIELDS.items() if all(field.kind is Kind.NUMBER for field in fields.values())
)
_NAMES: dict[Source, dict[str, str]] = {
    source: {name.lower(): name for name in fields} | {w: name for w, name in WIRE_NAMES.items() if name in fields}
    for source, fields in FIELDS.items()
}
"""Lower-cased key on the wire → field."""


class OwnerUnknown(Exception):
    """A record without a serial in an answer for several instruments: nobody can say whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one request asked for."""

    source: Source
    at: datetime
    """When it was asked."""
    since: Mapping[str, datetime]
    """Serial → the oldest record wanted of it; without meaning where records have no time of their own."""
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a record with just these keys holds what."""

    owners: tuple[str, ...]
    time: str | None
    end: str | None
    names: tuple[str, ...]
    values: Callable[[Record], tuple[object, ...]]


_SHAPES: dict[Source, dict[tuple[str, ...], _Shape]] = {source: {} for source in Source}
"""What was learnt of each source's records, by their keys as they stand."""


def parse_records(rows: Iterable[object], asked: Asked, garbage: Garbage) -> dict[str, list[Sample]]:
    """The samples of each instrument in one answer, in the answer's order; instruments without any are left out.

    Raises:
        OwnerUnknown: a usable record without a serial, and several instruments were asked.
    """
    source, since = asked.source, asked.since
    sole = next(iter(since)) if len(since) == 1 else None
    shapes = _SHAPES[source]
    dated = source in RANGE_SOURCES
    found: dict[str, list[Sample]] = {}
    for row in rows:
        if type(row) is not dict:
            garbage.note(source, "a record that is no object")
            continue
        shape = shapes.get(tuple(row)) or _learn(source, row)
        owner = _owner(row, shape)
        if owner is not None and owner not in since:
            garbage.note(source, "a record of an instrument that was not asked for")
            continue
        at = _time(row, shape, owner, asked, garbage) if dated else asked.at
        if at is None:
            continue
        values = _values(row, shape, source, garbage)
        if shape.end is not None:
            _measure(values, at, row[shape.end])
        if owner is None:
            owner = _sole_owner(values, sole, source, garbage)
            if owner is None:
                continue
        sample = Sample(instrument=owner, source=source, at=at, values=values)
        if owner in found:
            found[owner].append(sample)
        else:
            found[owner] = [sample]
    return found


def tidy(samples: list[Sample]) -> tuple[Sample, ...]:
    """In order of time, each record once."""
    if len(samples) < 2:
        return tuple(samples)
    samples.sort(key=attrgetter("at"))
    kept: list[Sample] = []
    for sample in samples:
        twin = False
        for earlier in reversed(kept):
            if earlier.at != sample.at:
                break
            twin = twin or earlier.values == sample.values
        if not twin:
            kept.append(sample)
    return tuple(kept)


def read_time(text: object) -> datetime | None:
    """An ISO 8601 time with any number of fractional digits, in UTC where it names no zone; None if it is none."""
    if type(text) is not str or len(text) < _SHORTEST_TIME or text[10] not in "Tt ":
        return None
    try:
        at = datetime.fromisoformat(text if text[-1] != "z" else text.upper())
        if at.tzinfo is UTC:
            return at
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def clean_text(text: str) -> str:
    """Text that any database and any mail can hold: no NUL, no lone surrogates, no endless ones."""
    return text[:LONGEST_TEXT].replace("\x00", "").encode("utf-8", "replace").decode()


def _learn(source: Source, row: Record) -> _Shape:
    """The shape of a record whose keys were not met before. Keys are read without regard to case."""
    spelling: dict[str, str] = {}
    for key in row:
        spelling.setdefault(key.lower(), key)
    known = _NAMES[source]
    wires = [(wire, known[lower]) for lower, wire in spelling.items() if lower in known]
    times = _TIME_KEYS.get(source, ("time",)) if source in RANGE_SOURCES else ()
    shape = _Shape(
        tuple(spelling[key] for key in _OWNER_KEYS if key in spelling),
        next((spelling[key] for key in times if key in spelling), None),
        spelling.get(_END_KEY) if source is Source.EVENTS else None,
        tuple(name for _, name in wires),
        _getter([wire for wire, _ in wires]),
    )
    shapes = _SHAPES[source]
    if len(row) <= _KEYS_KEPT:
        if len(shapes) >= _SHAPES_KEPT:
            shapes.clear()
        shapes[tuple(row)] = shape
    return shape


def _getter(wires: list[str]) -> Callable[[Record], tuple[object, ...]]:
    if len(wires) > 1:
        return itemgetter(*wires)
    return lambda row: tuple(row[wire] for wire in wires)


def _owner(row: Record, shape: _Shape) -> str | None:
    """The serial that the record names; an odd one is no instrument's, so the record is nobody's who was asked."""
    for key in shape.owners:
        serial = row[key]
        if type(serial) is str and serial:
            return serial
        if serial is not None and serial != "":
            return _NOBODY
    return None


def _sole_owner(values: Mapping[str, Value | None], sole: str | None, source: Source, garbage: Garbage) -> str | None:
    """Whose a record without a serial is: the only one's that was asked for, if it has any field we know."""
    if not values:
        garbage.note(source, "a record with nothing in it")
        return None
    if sole is None:
        raise OwnerUnknown
    return sole


def _time(row: Record, shape: _Shape, owner: str | None, asked: Asked, garbage: Garbage) -> datetime | None:
    """The record's time if it was asked for, else None."""
    at = read_time(row[shape.time]) if shape.time is not None else None
    if at is None:
        garbage.note(asked.source, "a record without a readable time", owner or "")
        return None
    if not asked.start - TOLERANCE <= at <= min(asked.end + TOLERANCE, asked.at + AHEAD):
        garbage.note(asked.source, "a record outside the time asked for", owner or "")
        return None
    # Another instrument of the batch is read from further back: what this one told before is no news, and no garbage.
    if owner is not None and at < asked.since[owner] - TOLERANCE:
        return None
    return at


def _values(row: Record, shape: _Shape, source: Source, garbage: Garbage) -> dict[str, Value | None]:
    raw = dict(zip(shape.names, shape.values(row), strict=True))
    if source not in _NUMBERS_ONLY:
        return _checked(raw, source, garbage)
    for value in raw.values():
        if type(value) is not float or value - value != 0.0:  # NaN and the infinities are not zero
            return _checked(raw, source, garbage)
    return cast("dict[str, Value | None]", raw)


def _checked(raw: Mapping[str, object], source: Source, garbage: Garbage) -> dict[str, Value | None]:
    """Each value if it is what its field is, else None."""
    fields = FIELDS[source]
    values: dict[str, Value | None] = {}
    for name, value in raw.items():
        read = _READERS[fields[name].kind](value)
        values[name] = read
        if read is None and value is not None:
            garbage.note(source, f"a {name} that is no {fields[name].kind.value}")
    return values


def _number(value: object) -> float | None:
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return None
    return value if type(value) is float and value - value == 0.0 else None


def _text(value: object) -> str | None:
    return clean_text(value) if type(value) is str else None


def _flag(value: object) -> bool | None:
    return value if type(value) is bool else None


def _measure(values: dict[str, Value | None], at: datetime, end: object) -> None:
    """How long an event lasted, in seconds; None while it goes on."""
    ended_at = read_time(end)
    values["duration"] = (ended_at - at).total_seconds() if ended_at is not None and ended_at >= at else None


_READERS: Mapping[Kind, Callable[[object], Value | None]] = {
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
}

"""What is known of the instruments: who is there, their newest records, how far each source was read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from alertd.model import Instrument, Sample, Source
from alertd.store.columns import encode_each, storable, to_micros
from alertd.store.rows import chunked, field_names, read, upsert, write_many
from alertd.store.schema import CURSORS, INSTRUMENTS, NEWEST

LISTINGS_TO_REMOVE = 3
"""Good listings in a row without an instrument until it counts as removed."""

_WORDS = {source: source.value for source in Source}
"""An enumeration's own `value` takes ten times as long as this."""

_DESCRIBED = tuple(name for name in field_names(Instrument) if name != "labels")

_UPSERT_NEWEST = (
    'INSERT INTO newest (source, instrument, at, "values") VALUES ({mark}, {mark}, {mark}, {mark}) '
    'ON CONFLICT (source, instrument) DO UPDATE SET at = excluded.at, "values" = excluded."values" '
    "WHERE excluded.at >= newest.at"
)
_UPSERT_CURSOR = (
    "INSERT INTO cursors (source, instrument, at) VALUES ({mark}, {mark}, {mark}) "
    "ON CONFLICT (source, instrument) DO UPDATE SET at = excluded.at"
)


def instruments(connection: Connection) -> list[Instrument]:
    """Those present, by serial."""
    statement = select(*(INSTRUMENTS.c[name] for name in _DESCRIBED)).where(INSTRUMENTS.c.removed_at.is_(None))
    rows = connection.execute(statement.order_by(INSTRUMENTS.c.serial))
    share = dict[object, Any]().setdefault  # a fleet has few models, and each row brings texts of its own
    return [
        Instrument(**{name: share(value, value) for name, value in zip(_DESCRIBED, row, strict=True)}) for row in rows
    ]


def record_fleet(connection: Connection, seen: Sequence[Instrument], now: datetime) -> list[str]:
    """Take in one good listing; returns the serials that count as removed from now on. An empty one says nothing."""
    if not seen:
        return []
    listed = {storable(each.serial): each for each in seen}
    known = {row.serial: row for row in connection.execute(select(INSTRUMENTS))}
    rows = [
        {**{name: getattr(each, name) for name in _DESCRIBED}, "serial": serial, "missed": 0, "removed_at": None}
        for serial, each in listed.items()
    ]
    upsert(connection, INSTRUMENTS, [row for row in rows if _differs(row, known.get(row["serial"]))])
    missing = [row for serial, row in known.items() if serial not in listed and row.removed_at is None]
    gone = sorted(row.serial for row in missing if row.missed + 1 >= LISTINGS_TO_REMOVE)
    for serials in chunked([row.serial for row in missing]):
        there = INSTRUMENTS.c.serial.in_(serials)
        connection.execute(update(INSTRUMENTS).where(there).values(missed=INSTRUMENTS.c.missed + 1))
    for serials in chunked(gone):
        connection.execute(update(INSTRUMENTS).where(INSTRUMENTS.c.serial.in_(serials)).values(removed_at=now))
    return gone


def _differs(row: Mapping[str, object], known: object) -> bool:
    """Whether a row must be written: a fleet hardly ever changes, and thousands of equal rows are not free."""
    return any(getattr(known, name, _differs) != value for name, value in row.items())


def newest(connection: Connection, serial: str | None = None) -> list[Sample]:
    """The newest record of each (instrument, source), or of each source of one instrument."""
    return read(connection, NEWEST, Sample, *(() if serial is None else (NEWEST.c.instrument == serial,)))


def newest_from(connection: Connection, source: Source) -> list[Sample]:
    """The newest record of one source of every instrument."""
    return read(connection, NEWEST, Sample, NEWEST.c.source == source)


def newest_at(connection: Connection, source: Source) -> dict[str, datetime]:
    """The times of these alone, by serial."""
    rows = connection.execute(select(NEWEST.c.instrument, NEWEST.c.at).where(NEWEST.c.source == source))
    return {row.instrument: row.at for row in rows}


def record_newest(connection: Connection, samples: Iterable[Sample]) -> None:
    """Keep each sample that is as new as what is there or newer.

    This is what every poll of every instrument goes through, so it goes past SQLAlchemy's types straight to the driver:
    three times as quick, the rest is JSON.
    """
    best: dict[tuple[Source, str], Sample] = {}
    for sample in samples:
        key = (sample.source, sample.instrument)
        before = best.get(key)
        if before is None or sample.at >= before.at:
            best[key] = sample
    texts = encode_each([sample.values for sample in best.values()])
    micros = {at: to_micros(at) for at in {sample.at for sample in best.values()}}  # a round's are few
    rows = [
        (_WORDS[source], storable(serial), micros[sample.at], text)
        for ((source, serial), sample), text in zip(best.items(), texts, strict=True)
    ]
    write_many(connection, _UPSERT_NEWEST, rows)


def cursors(connection: Connection, source: Source) -> dict[str, datetime]:
    """How far this source was read, by serial."""
    rows = connection.execute(select(CURSORS.c.instrument, CURSORS.c.at).where(CURSORS.c.source == source))
    return {row.instrument: row.at for row in rows}


def record_cursors(connection: Connection, reached: Mapping[tuple[Source, str], datetime]) -> None:
    """Store how far each (source, serial) was read."""
    rows: list[tuple[str | int, ...]] = [
        (_WORDS[source], storable(serial), to_micros(at)) for (source, serial), at in reached.items()
    ]
    write_many(connection, _UPSERT_CURSOR, rows)

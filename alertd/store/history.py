"""The samples' history: every record of every polled field, until retention is over.

A round writes its records in few rows of `recent`: one for each shelf, a sixteenth of the fleet, or one for all where
it brought few. Once an hour they are packed into rows of `history`, one for each instrument and source; the parts of a
day that is over become one row. Each step is one short transaction, and a record is in one of the two tables at any
time. Where the same record is in several blocks (an upload that was read twice), readers see the one written last.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from zlib import crc32

from sqlalchemy import Column, Connection, Row, Table, delete, func, insert, select

from alertd.model import Sample, Source, Value
from alertd.store import packing, rounds
from alertd.store.columns import from_micros, storable, to_micros
from alertd.store.engine import Database
from alertd.store.rows import CHUNK, chunked, write_many
from alertd.store.schema import HISTORY, RECENT
from alertd.store.tracks import Track, merge

Points = list[tuple[datetime, Value]]
"""Values in the order of their times; missing ones are left out."""

Measured = tuple[list[float], list[Value]]
"""Seconds since 1970, and the values of these times."""

SHELVES = 16
"""More would make a round write more rows, fewer would make a reader read more that it does not want."""
COMMON = SHELVES
"""The shelf for the records of any instrument, in rounds that bring few."""
FEW = 250

PACKED_AFTER = timedelta(hours=1)
BYTES_AT_ONCE = 4 * 2**20
"""Of rounds' blocks that are packed in one step: some twenty megabytes as Python's numbers."""
JOINED_AT_ONCE = 10
JOINED_DAYS = 8
"""How many days back parts are joined; what is uploaded later than that stays beside."""

_DAY = timedelta(days=1) // timedelta(microseconds=1)
_INSERT_RECENT = (
    "INSERT INTO recent (source, shelf, first_at, last_at, recorded_at, block) "
    "VALUES ({mark}, {mark}, {mark}, {mark}, {mark}, {mark})"
)


def shelf_of(serial: str) -> int:
    """Where an instrument's records stand beside the common shelf, the same for ever."""
    return crc32(storable(serial).encode()) % SHELVES


# -- writing -----------------------------------------------------------------------------------------------------------


def record_history(connection: Connection, samples: Iterable[Sample], now: datetime) -> None:
    """Keep these records, in any order, also such as are there already."""
    rows: list[tuple[object, ...]] = []
    recorded_at = to_micros(now)
    for source, run in groupby(samples, key=attrgetter("source")):
        for shelf, those in _shelved(list(run)):
            times = [sample.at for sample in those]
            first_at, last_at = to_micros(min(times)), to_micros(max(times))
            rows.append((source.value, shelf, first_at, last_at, recorded_at, rounds.pack_round(source, those)))
    write_many(connection, _INSERT_RECENT, rows)


def _shelved(samples: list[Sample]) -> Iterable[tuple[int, list[Sample]]]:
    if len(samples) <= FEW:
        return [(COMMON, samples)]
    shelves: dict[int, list[Sample]] = {}
    for sample in samples:
        shelves.setdefault(shelf_of(sample.instrument), []).append(sample)
    return shelves.items()


# -- reading -----------------------------------------------------------------------------------------------------------


def points(
    connection: Connection,
    instruments: Collection[str],
    source: Source,
    fields: Sequence[str],
    span: tuple[datetime, datetime],
) -> dict[str, dict[str, Points]]:
    """By serial and field: the values of that span, its ends included. An instrument without records is left out."""
    first, last = to_micros(span[0]), to_micros(span[1])
    found: dict[str, dict[str, Points]] = {}
    for serial, track in _tracks(connection, {storable(each) for each in instruments}, source, fields, first, last):
        part = track.between(first, last + 1)
        times = [from_micros(at) for at in part.times]
        if times:
            columns = {name: part.columns.get(name, []) for name in fields}
            found[serial] = {
                name: [(at, value) for at, value in zip(times, column, strict=False) if value is not None]
                for name, column in columns.items()
            }
    return found


def newest_record(
    connection: Connection, instrument: str, source: Source, span: tuple[datetime, datetime]
) -> Sample | None:
    """The last record of that span, its ends included, with all that it held; None where there is none."""
    first, last = to_micros(span[0]), to_micros(span[1])
    for _, track in _tracks(connection, {storable(instrument)}, source, None, first, last):
        part = track.between(first, last + 1)
        if part.times:
            values = {name: column[-1] for name, column in part.columns.items()}
            return Sample(instrument=instrument, source=source, at=from_micros(part.times[-1]), values=values)
    return None


def columns(
    connection: Connection,
    instruments: Collection[str],
    source: Source,
    fields: Sequence[str],
    span: tuple[datetime, datetime],
) -> dict[str, dict[str, Measured]]:
    """The same as bare columns: seconds since 1970 and values, a few times as quick to read."""
    first, last = to_micros(span[0]), to_micros(span[1])
    found: dict[str, dict[str, Measured]] = {}
    for serial, track in _tracks(connection, {storable(each) for each in instruments}, source, fields, first, last):
        part = track.between(first, last + 1)
        if part.times:
            times = [at / 1e6 for at in part.times]
            found[serial] = {name: _without_missing(times, part.columns.get(name, [])) for name in fields}
    return found


def tracks(
    connection: Connection,
    instruments: Collection[str],
    source: Source,
    fields: Sequence[str],
    span: tuple[datetime, datetime],
) -> dict[str, Track]:
    """The same as whole columns, missing values as None."""
    first, last = to_micros(span[0]), to_micros(span[1])
    wanted = {storable(each) for each in instruments}
    return {
        serial: part
        for serial, track in _tracks(connection, wanted, source, fields, first, last)
        if (part := track.between(first, last + 1)).times
    }


def has_any(connection: Connection, span: tuple[datetime, datetime]) -> bool:
    """Whether anything at all was recorded in that span."""
    first, last = to_micros(span[0]), to_micros(span[1])
    days = HISTORY.c.day.between(first // _DAY, last // _DAY)
    recent = (RECENT.c.last_at >= from_micros(first), RECENT.c.first_at <= from_micros(last))
    return any(
        connection.execute(select(table.c.id).where(*where).limit(1)).first() is not None
        for table, where in ((HISTORY, (days,)), (RECENT, recent))
    )


def _without_missing(times: list[float], values: Sequence[Value | None]) -> Measured:
    if None not in values:
        return times[: len(values)], list(values)  # type: ignore[arg-type]  # none of them is None
    there = [(at, value) for at, value in zip(times, values, strict=False) if value is not None]
    return [at for at, _ in there], [value for _, value in there]


def _tracks(  # noqa: PLR0917 - one question
    connection: Connection, serials: set[str], source: Source, fields: Sequence[str] | None, first: int, last: int
) -> Iterator[tuple[str, Track]]:
    """The tracks of these; `fields` None: with every field."""
    # Rounds' blocks first: where a step of packing falls between the two statements, its records are seen in both
    # tables, not in none.
    fresh = rounds.tracks_of(_rounds(connection, source, {COMMON, *map(shelf_of, serials)}, first, last), serials)
    packed: dict[str, list[Track]] = {}
    for row in _packed(connection, serials, source, range(first // _DAY, last // _DAY + 1)):
        packed.setdefault(row.instrument, []).extend(_unpacked([row.block], fields))
    for serial in serials & (fresh.keys() | packed.keys()):
        yield serial, merge([*packed.get(serial, ()), *([fresh[serial]] if serial in fresh else ())])


def _rounds(connection: Connection, source: Source, shelves: Collection[int], first: int, last: int) -> Iterable[bytes]:
    there = (RECENT.c.source == source, RECENT.c.shelf.in_(shelves))
    within = (RECENT.c.last_at >= from_micros(first), RECENT.c.first_at <= from_micros(last))
    return connection.scalars(select(RECENT.c.block).where(*there, *within).order_by(RECENT.c.id))


def _packed(connection: Connection, serials: set[str], source: Source, days: Sequence[int]) -> Iterator[Row[Any, Any]]:
    statement = select(HISTORY.c.instrument, HISTORY.c.block).where(HISTORY.c.source == source).order_by(HISTORY.c.id)
    for some_days in chunked(days):
        for some in chunked(sorted(serials)):
            # Lists, not ranges: so the index finds each day's few rows and passes over everybody else's.
            yield from connection.execute(statement.where(HISTORY.c.day.in_(some_days), HISTORY.c.instrument.in_(some)))


def _unpacked(blocks: Iterable[bytes], fields: Collection[str] | None = None) -> Iterator[Track]:
    """The tracks of these blocks but of damaged ones, of which `check` speaks."""
    for block in blocks:
        with suppress(ValueError):
            yield packing.unpack(block, fields)


# -- packing -----------------------------------------------------------------------------------------------------------


def pack_some(database: Database, now: datetime) -> bool:
    """One step of packing, a fraction of a second; whether there was one to do, so that another may follow."""
    with database.reading() as connection:
        shelf = _due_shelf(connection, now)
        parted = [] if shelf is not None else _parted(connection, now)
    if shelf is not None:
        _pack_shelf(database, *shelf)
    elif parted:
        _join(database, parted)
    return shelf is not None or bool(parted)


def _due_shelf(connection: Connection, now: datetime) -> tuple[Source, int] | None:
    oldest = func.min(RECENT.c.recorded_at)
    statement = select(RECENT.c.source, RECENT.c.shelf).group_by(RECENT.c.source, RECENT.c.shelf)
    row = connection.execute(statement.having(oldest <= now - PACKED_AFTER).limit(1)).first()
    return None if row is None else (row.source, row.shelf)


def _pack_shelf(database: Database, source: Source, shelf: int) -> None:
    with database.reading() as connection:
        ids = _oldest_rounds(connection, source, shelf)
        blocks = connection.scalars(select(RECENT.c.block).where(RECENT.c.id.in_(ids)).order_by(RECENT.c.id)).all()
    tracks = rounds.tracks_of(blocks)
    rows = [row for serial, track in tracks.items() for row in _rows(source, serial, track)]
    _replace(database, RECENT, ids, rows)


def _oldest_rounds(connection: Connection, source: Source, shelf: int) -> list[int]:
    """As many as one step can take, and one at least."""
    there = (RECENT.c.source == source, RECENT.c.shelf == shelf)
    statement = select(RECENT.c.id, func.length(RECENT.c.block)).where(*there).order_by(RECENT.c.id).limit(CHUNK)
    ids: list[int] = []
    size = 0
    for row_id, length in connection.execute(statement):
        size += length
        if ids and size > BYTES_AT_ONCE:
            break
        ids.append(row_id)
    return ids


def _rows(source: Source, serial: str, track: Track) -> Iterator[dict[str, object]]:
    for day in sorted({at // _DAY for at in track.times}):
        part = track.between(day * _DAY, (day + 1) * _DAY)
        yield _row(day, source, serial, part)


def _row(day: int, source: Source, serial: str, track: Track) -> dict[str, object]:
    block = packing.pack(track)
    return {"day": day, "source": source, "instrument": serial, "records": len(track.times), "block": block}


def _parted(connection: Connection, now: datetime) -> list[tuple[int, Source, str]]:
    """Of one day that is over: a few (day, source, instrument) that have more than one row."""
    today = to_micros(now) // _DAY
    parts = (HISTORY.c.source, HISTORY.c.instrument)
    for day in range(today - 1, today - 1 - JOINED_DAYS, -1):
        statement = select(*parts).where(HISTORY.c.day == day).group_by(*parts).having(func.count() > 1)
        found = connection.execute(statement.limit(JOINED_AT_ONCE)).all()
        if found:
            return [(day, row.source, row.instrument) for row in found]
    return []


def _join(database: Database, parted: Iterable[tuple[int, Source, str]]) -> None:
    for day, source, serial in parted:
        where = (HISTORY.c.day == day, HISTORY.c.source == source, HISTORY.c.instrument == serial)
        with database.reading() as connection:
            found = connection.execute(select(HISTORY.c.id, HISTORY.c.block).where(*where).order_by(HISTORY.c.id)).all()
        track = merge(list(_unpacked(row.block for row in found)))
        rows = [_row(day, source, serial, track)] if track.times else []
        _replace(database, HISTORY, [row.id for row in found], rows)


def _replace(database: Database, table: Table, ids: Sequence[int], rows: Sequence[dict[str, object]]) -> None:
    """Put these rows of history in the place of those blocks, unless another process has done so meanwhile."""
    with database.writing() as connection:
        gone = sum(connection.execute(delete(table).where(table.c.id.in_(some))).rowcount for some in chunked(ids))
        if gone != len(ids):
            connection.rollback()
        elif rows:
            connection.execute(insert(HISTORY), rows)


# -- upkeep ------------------------------------------------------------------------------------------------------------


def prune(database: Database, before: datetime, chunk: int) -> None:
    """Forget the days that were over before that time, whole rows, in small transactions."""
    old = select(HISTORY.c.id).where(HISTORY.c.day < to_micros(before) // _DAY).limit(chunk)
    while True:
        with database.writing() as connection:
            if connection.execute(delete(HISTORY).where(HISTORY.c.id.in_(old.scalar_subquery()))).rowcount < chunk:
                return


def check(connection: Connection) -> Iterator[str]:
    """One line for each block that cannot be read."""
    for row in _every(connection, HISTORY, HISTORY.c.day, HISTORY.c.source, HISTORY.c.instrument):
        try:
            packing.unpack(row.block, ())
        except ValueError:
            yield f"{row.instrument}: the history of {row.source} on {from_micros(row.day * _DAY):%Y-%m-%d} is damaged"
    for row in _every(connection, RECENT, RECENT.c.source, RECENT.c.recorded_at):
        if not rounds.is_whole(row.block):
            yield f"the history of {row.source} recorded at {row.recorded_at:%Y-%m-%dT%H:%M:%SZ} is damaged"


def _every(connection: Connection, table: Table, *columns: Column[Any]) -> Iterator[Row[Any]]:
    """Every row, never many at once."""
    last = 0
    while True:
        statement = select(table.c.id, table.c.block, *columns).where(table.c.id > last).order_by(table.c.id).limit(100)
        rows = connection.execute(statement).all()
        yield from rows
        if not rows:
            return
        last = rows[-1].id

"""Between the values of alertd/model.py and rows. A value's fields and its table's columns share their names."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, bindparam, or_, select

from alertd.model import Delivery, Message

_Value = TypeVar("_Value")
_Item = TypeVar("_Item")

_Maker = TypeVar("_Maker", bound=Callable[..., Any])

CHUNK = 500
"""How many values go into one IN (…); SQLite's limit may be as low as 999."""


def made_once(make: _Maker) -> _Maker:
    """`functools.cache`, with the types of what it wraps."""
    return cache(make)  # type: ignore[return-value]


def chunked(items: Sequence[_Item], size: int = CHUNK) -> Iterator[Sequence[_Item]]:
    """The items, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def read(
    connection: Connection,
    table: Table,
    kind: type[_Value],
    *where: ColumnElement[bool],
    order_by: Sequence[ColumnElement[Any]] = (),
    limit: int | None = None,
) -> list[_Value]:
    """The rows that meet every condition, as values of `kind`."""
    if not (where or order_by or limit):
        return values_of(connection, _all_of(table, kind), kind)
    return values_of(connection, query(table, kind, *where).order_by(*order_by).limit(limit), kind)


def read_among(
    connection: Connection, table: Table, kind: type[_Value], name: str, values: Iterable[str]
) -> list[_Value]:
    """The rows whose column of that name holds one of these, as values of `kind`."""
    found: list[_Value] = []
    for some in chunked(sorted(set(values))):
        found += values_of(connection, _among(table, kind, name), kind, those=some)
    return found


# Made once each: making a statement takes longer than running it.
@made_once
def _all_of(table: Table, kind: type[Any]) -> Select[Any]:
    return query(table, kind)


@made_once
def _among(table: Table, kind: type[Any], name: str) -> Select[Any]:
    return query(table, kind, table.c[name].in_(bindparam("those", expanding=True)))


def query(table: Table, kind: type[Any], *where: ColumnElement[bool]) -> Select[Any]:
    """What `values_of` runs; where every round asks the same, making it once saves most of the time."""
    return select(*(table.c[name] for name in field_names(kind))).where(*where)


def values_of(connection: Connection, statement: Select[Any], kind: type[_Value], **bound: object) -> list[_Value]:
    """The rows of a `query` with these values bound, as values of `kind`."""
    names = field_names(kind)
    return [kind(**dict(zip(names, row, strict=True))) for row in connection.execute(statement, bound)]


def row_of(value: object) -> dict[str, Any]:
    """A value's fields under their columns' names."""
    return {name: getattr(value, name) for name in field_names(type(value))}


@made_once
def field_names(kind: type[Any]) -> tuple[str, ...]:
    """The names of a dataclass's fields."""
    return tuple(field.name for field in fields(kind))


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], sticky: Collection[str] = ()
) -> None:
    """Insert the rows, or change those that are there already, in the order of their keys.

    That order is the same for everybody, so that two writers on PostgreSQL cannot wait for each other for ever.
    A `sticky` yes stays yes.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = _upserting(connection.dialect.name, table, tuple(rows[0]), tuple(sticky))
    connection.execute(statement, sorted(rows, key=lambda row: tuple(row[key] for key in keys)))


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one of its unique keys is taken; whether it was."""
    statement = _inserting_new(connection.dialect.name, table)
    return connection.execute(statement, row).first() is not None


@made_once
def _inserting_new(dialect: str, table: Table) -> Any:
    # Not by the count of rows: with an automatic key PostgreSQL's driver has none to give.
    return _insert(dialect, table).on_conflict_do_nothing().returning(*table.primary_key)


@made_once
def _upserting(dialect: str, table: Table, names: tuple[str, ...], sticky: tuple[str, ...]) -> Any:
    keys = [column.name for column in table.primary_key]
    statement = _insert(dialect, table)
    new = {name: statement.excluded[name] for name in names if name not in keys}
    kept = {name: or_(table.c[name], statement.excluded[name]) for name in sticky}
    if new:
        return statement.on_conflict_do_update(index_elements=keys, set_={**new, **kept})
    return statement.on_conflict_do_nothing(index_elements=keys)


def write_many(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run a statement for each row, past SQLAlchemy's types; `{mark}` in it stands for each of a row's values."""
    if rows:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        connection.exec_driver_sql(statement.format(mark=mark), list(rows))


def _insert(dialect: str, table: Table) -> Any:
    # Late: each dialect costs memory, and a process needs one of them.
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table)


_MESSAGE = field_names(Message)
_HEADLINE = ("title", "type")
_DELIVERY = tuple(name for name in field_names(Delivery) if name != "message")


def delivery_columns(table: Table, *, whole: bool = True) -> list[Column[Any]]:
    """What `delivery_of` reads, in its order."""
    return [table.c[name] for name in (*_DELIVERY, *(_MESSAGE if whole else _HEADLINE))]


def delivery_of(row: Iterable[Any], *, whole: bool = True) -> Delivery:
    """One row of the outbox as a value; its message with the title alone where that is all that was read."""
    values = list(row)
    names = _MESSAGE if whole else _HEADLINE
    message = Message(**{"body": "", **dict(zip(names, values[len(_DELIVERY) :], strict=True))})
    return Delivery(message=message, **dict(zip(_DELIVERY, values[: len(_DELIVERY)], strict=True)))


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """A delivery's columns, all but its id."""
    row = {name: getattr(delivery, name) for name in _DELIVERY if name != "id"}
    return row | {name: getattr(delivery.message, name) for name in _MESSAGE}

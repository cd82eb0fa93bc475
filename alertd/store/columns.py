"""How the values of alertd/model.py stand in a column, alike on SQLite and PostgreSQL.

Times and spans are whole microseconds (exact, sortable), mappings are JSON text in ASCII. Text loses what one of the
two databases would refuse (NUL, lone surrogates), so that one instrument's odd name cannot fail a whole round.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, SmallInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from alertd.model import Image, LevelState, Says, Severity, State

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_REFUSED = re.compile("[\x00\ud800-\udfff]")
_Word = TypeVar("_Word", bound=StrEnum)

encode = json.JSONEncoder(separators=(",", ":")).encode
"""JSON in ASCII, without blanks."""

_encode_lines = json.JSONEncoder(separators=(",\n", ":")).encode


def encode_each(flat: Sequence[Mapping[str, object]]) -> list[str]:
    """The JSON of each of these mappings, in which no mapping or list is; much quicker than one by one.

    It is made in one go and then parted: JSON has no line break within a text, so none but ours follows a brace.
    """
    if not flat:
        return []
    return [f"{{{inner}}}" for inner in _encode_lines(flat)[2:-2].split("},\n{")]


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (at - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC time of these microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


def storable(text: str) -> str:
    """The text without what a database refuses; that becomes U+FFFD."""
    return text if text.isascii() and "\0" not in text else _REFUSED.sub("\ufffd", text)


class Moment(TypeDecorator[datetime]):
    """An aware time, read back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Times go in as microseconds."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """And come out in UTC."""
        return None if value is None else from_micros(value)


class Words(TypeDecorator[str]):
    """Any text, without what a database refuses."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean what goes in."""
        return None if value is None else storable(value)


class OneOf(TypeDecorator[_Word], Generic[_Word]):
    """A member of an enumeration, by its value. A new member needs a new revision, or an older alertd meets it."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[_Word]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: _Word | None, dialect: Dialect) -> str | None:
        """Its value."""
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> _Word | None:
        """Its member."""
        return None if value is None else self.kind(value)


class Badness(TypeDecorator[Severity]):
    """A severity, by its number."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Severity | None, dialect: Dialect) -> int | None:
        """Its number."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Severity | None:
        """Its member."""
        return None if value is None else Severity(value)


class Json(TypeDecorator[Any]):
    """Whatever JSON can hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        """JSON text; None is `null`."""
        return encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """What the text holds."""
        return None if value is None else json.loads(value)


class Levels(TypeDecorator[Mapping[Severity, LevelState]]):
    """The timers of an alert's levels."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[Severity, LevelState] | None, dialect: Dialect) -> str:
        """One object for each level, under the severity's number."""
        return encode({int(severity): _level_out(level) for severity, level in (value or {}).items()})

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[Severity, LevelState]:
        """The levels again."""
        found = json.loads(value or "{}")
        return {Severity(int(severity)): _level_in(level) for severity, level in found.items()}


class SaysList(TypeDecorator[Sequence[Says]]):
    """What one message says of each alert."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Says] | None, dialect: Dialect) -> str:
        """One `[alert id, severity, ended]` for each."""
        return encode([[says.alert_id, int(says.severity), says.ended] for says in value or ()])

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Says, ...]:
        """The values again."""
        found = json.loads(value or "[]")
        return tuple(Says(alert_id=each[0], severity=Severity(each[1]), ended=each[2]) for each in found)


class Images(TypeDecorator[Sequence[Image]]):
    """Pictures of a mail; None once they are no longer needed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Image] | None, dialect: Dialect) -> str | None:
        """One `[cid, alt, base64]` for each; nothing for none."""
        if not value:
            return None
        return encode([[each.cid, each.alt, base64.b64encode(each.png).decode()] for each in value])

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Image, ...]:
        """The pictures again."""
        found = json.loads(value or "[]")
        return tuple(Image(cid=each[0], alt=each[1], png=base64.b64decode(each[2])) for each in found)


class Texts(Json):
    """A tuple of texts."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        """A tuple again."""
        return tuple(super().process_result_value(value, dialect) or ())


class Span(TypeDecorator[timedelta]):
    """A span of time, in microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """Its microseconds."""
        return None if value is None else value // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        """A span again."""
        return None if value is None else timedelta(microseconds=value)


def _level_out(level: LevelState) -> dict[str, object]:
    return {
        "phase": level.phase.value if level.phase else None,
        "active_at": to_micros(level.active_at) if level.active_at else None,
        "breached_for": level.breached_for // MICROSECOND,
        "clear_for": None if level.clear_for is None else level.clear_for // MICROSECOND,
        "observed_at": to_micros(level.observed_at) if level.observed_at else None,
    }


def _level_in(found: Mapping[str, Any]) -> LevelState:
    clear_for = found["clear_for"]
    return LevelState(
        phase=State(found["phase"]) if found["phase"] else None,
        active_at=None if found["active_at"] is None else from_micros(found["active_at"]),
        breached_for=timedelta(microseconds=found["breached_for"]),
        clear_for=None if clear_for is None else timedelta(microseconds=clear_for),
        observed_at=None if found["observed_at"] is None else from_micros(found["observed_at"]),
    )

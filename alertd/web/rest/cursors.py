"""Paging: a page has `items` and `next`, an opaque cursor for the one behind it; it holds where the page ended."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Query

from alertd.web.rest.answers import RestError

LIMIT_AT_MOST = 500
LIMIT = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE_AT_MOST = 2**63 - 1

Limit = Annotated[int, Query(ge=1, le=LIMIT_AT_MOST, description="At most so many items.")]
Cursor = Annotated[str, Query(max_length=700, description="`next` of the page before.")]

_Item = TypeVar("_Item")


def cursor_of(*ended_at: str | int) -> str:
    """The cursor of a page that ended there."""
    return base64.urlsafe_b64encode(json.dumps(ended_at).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[Any]:
    """What a cursor of these parts holds; empty for the first page.

    Raises:
        RestError: it is none that such a page gave.
    """
    if not cursor:
        return []
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        parts = None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds) or not all(map(_is_sound, parts)):
        raise RestError(422, "cursor: it is none that this list gave")
    return parts


def _is_sound(part: object) -> bool:
    return isinstance(part, str) or (isinstance(part, int) and 0 <= part <= _WHOLE_AT_MOST)


def to_micros(at: datetime) -> int:
    """A time as a part of a cursor."""
    return (at - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The time that stands in a cursor.

    Raises:
        RestError: it is none.
    """
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise RestError(422, "cursor: it is none that this list gave") from None


def page_json(items: Sequence[object], next_: str | None) -> dict[str, object]:
    """One page."""
    return {"items": items, "next": next_}


def cut(
    every: Sequence[_Item], key: Callable[[_Item], str], cursor: str, limit: int
) -> tuple[Sequence[_Item], str | None]:
    """One page of a short list in the order of its keys, and the cursor for the next one."""
    ended_at = read_cursor(cursor, str)
    rest = [item for item in sorted(every, key=key) if not ended_at or key(item) > ended_at[0]]
    page = rest[:limit]
    return page, cursor_of(key(page[-1])) if len(rest) > limit else None

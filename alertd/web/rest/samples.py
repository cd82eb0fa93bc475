"""`/api/v1/samples`: one field of one instrument over a time: each value, or the least, mean and greatest of a step."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, islice
from math import isfinite
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from alertd.config.durations import format_duration, parse_duration
from alertd.fields import FIELDS, PREFIX_OF, SOURCE_OF, Field, Kind
from alertd.model import Source, Value
from alertd.notify.silences import parse_earlier
from alertd.present import Json, time_text
from alertd.rules.suggest import did_you_mean
from alertd.web.access import Viewer
from alertd.web.house import House
from alertd.web.rest.answers import Answering, RestError, may_come, not_there
from alertd.web.rest.cursors import Cursor, cursor_of, from_micros, read_cursor, to_micros
from alertd.web.rest.forms import Samples

POINTS_AT_MOST = 10_000
POINTS = 2000
LONGEST = timedelta(days=400)
"""Of one request."""
SHORTEST_STEP = timedelta(seconds=1)
READ_AT_ONCE = timedelta(days=7)
MOMENT = timedelta(microseconds=1)

_NAMES = [f"{PREFIX_OF[source]}.{field}" for source in Source for field in FIELDS[source]]
FieldName = Annotated[str, Query(json_schema_extra={"enum": list(_NAMES)}, description="As expressions name it.")]
Points_ = Annotated[int, Query(ge=1, le=POINTS_AT_MOST, description="At most so many points.")]
TimeText = Annotated[
    str, Query(max_length=60, description="ISO 8601, UTC where it says no offset; or a time ago, such as 24h.")
]


def sample_routes(house: House) -> APIRouter:
    """The route of samples."""
    router = APIRouter(tags=["instruments"])

    @router.get("/samples", response_model=Samples, responses=may_come(304, 404, 422))
    def samples(  # noqa: PLR0913 - a question of many parts
        *,
        _person: Viewer,
        answer: Answering,
        instrument: Annotated[str, Query(max_length=200, description="Its serial number.")],
        field: FieldName,
        start: TimeText = "24h",
        end: TimeText = "0s",
        step: Annotated[str, Query(max_length=60, description="Such as 15m; left out: every value.")] = "",
        limit: Points_ = POINTS,
        cursor: Cursor = "",
    ) -> Response:
        """One field's values from `start` to `end`, in the order of their times; missing ones are left out.

        With `step` the least, mean and greatest of each step that has a value; steps begin at whole multiples of
        their length since 1970. That is for numbers only.
        """
        if not any(each.serial == instrument for each in house.fleet()):
            raise not_there("instrument")
        source, known = _field(field)
        first, last = _span(start, end, house.now())
        width = _width(step, known)
        resumed = read_cursor(cursor, int)
        begin = max(first, from_micros(resumed[0])) if resumed else first
        points = _measured(house, instrument, (source, known.name), begin, last)
        found = list(islice(_stretches(points, width) if width else _points(points), limit + 1))
        page = found[:limit]
        return answer(
            {
                "instrument": instrument,
                "field": field,
                "unit": known.unit,
                "start": time_text(first),
                "end": time_text(last),
                "step": format_duration(width) if width else None,
                "points": [point for _, point in page],
                "next": cursor_of(to_micros(found[limit][0])) if len(found) > limit else None,
            }
        )

    return router


def _field(name: str) -> tuple[Source, Field]:
    if name not in _NAMES:
        raise RestError(422, f"field: there is none of that name{did_you_mean(name[:50], _NAMES)}")
    prefix, _, field = name.partition(".")
    source = SOURCE_OF[prefix]
    return source, FIELDS[source][field]


def _span(start: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    first, last = _time("start", start, now), _time("end", end, now)
    if last < first:
        raise RestError(422, "end: it is before start")
    if last - first > LONGEST:
        raise RestError(422, f"start: more than {LONGEST.days} days before the end")
    return first, last


def _time(name: str, text: str, now: datetime) -> datetime:
    try:
        return parse_earlier(text, now)
    except (ValueError, OverflowError) as error:
        raise RestError(422, f"{name}: {error}") from error


def _width(text: str, field: Field) -> timedelta | None:
    if not text:
        return None
    try:
        width = parse_duration(text)
    except ValueError as error:
        raise RestError(422, f"step: {error}") from error
    if width < SHORTEST_STEP:
        raise RestError(422, "step: one second is the least")
    if field.kind is not Kind.NUMBER:
        raise RestError(422, f"step: {field.name} is no number")
    return width


def _measured(
    house: House, instrument: str, field: tuple[Source, str], begin: datetime, last: datetime
) -> Iterator[tuple[datetime, Value]]:
    """The values of that time, read a few days at a time and no further than somebody asks."""
    while begin <= last:
        end = min(last, begin + READ_AT_ONCE - MOMENT)
        yield from house.store.history(instrument, *field, begin, end)
        begin = end + MOMENT


def _points(points: Iterable[tuple[datetime, Value]]) -> Iterator[tuple[datetime, Json]]:
    for at, value in points:
        if not isinstance(value, float | int) or isfinite(value):
            yield at, {"at": time_text(at), "value": value}


def _stretches(points: Iterable[tuple[datetime, Value]], width: timedelta) -> Iterator[tuple[datetime, Json]]:
    step = width // MOMENT
    for number, those in groupby(points, key=lambda point: to_micros(point[0]) // step):
        values = _numbers(list(those))
        if values:
            at = from_micros(number * step)
            mean = min(max(sum(values) / len(values), min(values)), max(values))  # rounding may leave the range
            found: Json = {"at": time_text(at), "min": min(values), "mean": mean, "max": max(values)}
            yield at, {**found, "count": len(values)}


def _numbers(points: Sequence[tuple[datetime, object]]) -> list[float]:
    return [float(value) for _, value in points if isinstance(value, float | int) and isfinite(value)]

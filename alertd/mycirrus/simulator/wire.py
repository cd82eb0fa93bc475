"""Records as they stand on MyCirrus's wire: spelling of times, serials and keys, order and repeats."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from alertd.model import Source
from alertd.mycirrus.simulator.oddities import Digits, Oddities
from alertd.mycirrus.simulator.records import Fields, Record

EXAMPLES = {
    Source.CURRENT: '[{"cpu":12.2,"mem":8.3,"temp":51.1,"voltage":11.5,"disk":0.2,"network":3.7,"simQuota":0,'
    '"simUsage":0,"uptime":900}]',
    Source.STATS: '[{"time":"2023-06-15T23:01:00Z","samplePeriod":60,"cpu":13.9,"mem":285.8,"cache":531.4,"temp":36,'
    '"voltage":11.671,"disk":56.7,"netRx":492,"netTx":119,"mTot":3793,"dTot":24892,"lteRsrp":null,"lteRsrq":null,'
    '"lteSinr":null,"lteSignal":null,"ping":0,"network":10.183333333333334,"memoryPercent":7.534932770893751,'
    '"diskPercent":0.22778402699662545}]',
    Source.EVENTS: '[{"type":"Connection","start":"2023-06-15T07:33:09.51Z","end":"2023-06-15T07:34:21.524Z",'
    '"info":"Ethernet"}]',
    Source.SIC: '[{"time":"2023-06-14T14:00:00.2074974Z","instrument":"QT800002","status":"Error","_500Hz":55.3829,'
    '"_8KHz":35.7019,"_1KHz":48.5379}]',
    Source.CALIBRATIONS: '[{"Time":"2022-06-07T14:45:22Z","Status":"Success","Instrument":"QT123456","Level":93.7,'
    '"Offset":0.12}]',
    Source.CALIBRATION_LOG: '[{"time":"2022-06-07T11:18:42.814Z","user":"Quantum Demo","message":"Installed'
    ' and working"}]',
}
"""The vendor's example answers."""

ALWAYS_NAMED = frozenset({Source.SIC, Source.CALIBRATIONS})
_MIXED = (0, 2, 3, 7)


def encode(answer: object) -> bytes:
    """JSON as the API writes it."""
    return json.dumps(answer, separators=(",", ":")).encode()


def format_time(at: datetime, digits: Digits) -> str:
    """`2023-06-15T23:01:00.51Z` with so many fractional digits; `mixed` gives each moment its own, always the same."""
    count = _MIXED[at.microsecond % 4] if digits == "mixed" else digits
    fraction = f".{at.microsecond:06d}0"[: count + 1] if count else ""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}{fraction}Z"


def read_time(text: str) -> datetime:
    """An ISO 8601 time, in UTC where it names no zone.

    Raises:
        ValueError: it is none.
    """
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def dated(source: Source, records: Iterable[tuple[str, Record]], oddities: Oddities) -> list[Fields]:
    """The records of a range source as the answer's objects."""
    named = source in ALWAYS_NAMED or source in oddities.serial_in
    time_key = "start" if source is Source.EVENTS else "time"
    objects: list[Fields] = []
    for serial, (at, fields) in records:
        one: Fields = {time_key: format_time(at, oddities.digits)}
        if named:
            one[oddities.serial_key] = serial
        one.update({name: _plain(value, oddities.digits) for name, value in fields.items()})
        if source is Source.CALIBRATIONS and oddities.capitals:
            one = {name[:1].upper() + name[1:]: value for name, value in one.items()}
        objects.append(one)
    return arrange(objects, oddities)


def current(readings: Iterable[tuple[str, Fields]], oddities: Oddities) -> list[Fields]:
    """The answer of `current`."""
    if Source.CURRENT in oddities.serial_in:
        objects = [{oddities.serial_key: serial, **fields} for serial, fields in readings]
    else:
        objects = [fields for _, fields in readings]
    return arrange(objects, oddities)


def arrange(objects: list[Fields], oddities: Oddities) -> list[Fields]:
    """In the order, and as often, as this API gives them."""
    if oddities.duplicates:
        objects = [one for one in objects for _ in range(oddities.duplicates + 1)]
    if oddities.order == "desc":
        objects.reverse()
    elif oddities.order == "shuffle":
        random.Random(len(objects)).shuffle(objects)  # noqa: S311  # no secret, and the same each time
    return objects


def plain(fields: Fields, digits: Digits) -> Fields:
    """A status answer with its times written out, inner objects too."""
    return {name: _plain(value, digits) for name, value in fields.items()}


def _plain(value: object, digits: Digits) -> object:
    if isinstance(value, datetime):
        return format_time(value, digits)
    if isinstance(value, dict):
        return plain(value, digits)
    return value


LONGEST = {source: timedelta(days=31) for source in Source} | {Source.CALIBRATIONS: timedelta(days=366)}
"""The longest range that may be asked for."""

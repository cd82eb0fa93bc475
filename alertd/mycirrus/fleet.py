"""`/control/instruments` → Instruments."""

import re
from collections.abc import Mapping

from alertd.errors import Unreachable
from alertd.model import Instrument
from alertd.mycirrus.garbage import Garbage
from alertd.mycirrus.parse import clean_text

_SERIAL = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._:\-]{1,64}")
"""What a serial may look like: it stands in paths, labels and messages."""


def records_of(value: object, path: str) -> list[object]:
    """The list of records that an answer is, or that it alone wraps.

    Raises:
        Unreachable: where there is no such list.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        lists = [part for part in value.values() if isinstance(part, list)]
        if len(lists) == 1:
            return lists[0]
    raise Unreachable(f"{path}: the answer is no list of records")


def parse_fleet(value: object, path: str, garbage: Garbage) -> list[Instrument]:
    """The instruments listed; a record without a serial is left out, a second one with the same too.

    Raises:
        Unreachable: the answer is no list, or there is a list and no serial in it.
    """
    rows = records_of(value, path)
    found: dict[str, Instrument] = {}
    for row in rows:
        instrument = _instrument(row)
        if instrument is None:
            garbage.note(None, "a record without a serial")
        else:
            found.setdefault(instrument.serial, instrument)
    if rows and not found:
        raise Unreachable(f"{path}: the answer lists no instrument's serial")
    return list(found.values())


def _instrument(row: object) -> Instrument | None:
    if not isinstance(row, dict):
        return None
    record = _lower(row)
    serial = record.get("serialnumber") or record.get("serial") or record.get("instrument")
    if not isinstance(serial, str) or _SERIAL.fullmatch(serial.strip()) is None:
        return None
    features = record.get("feature") or record.get("features")
    return Instrument(
        serial=serial.strip(),
        name=_line(record.get("name")),
        model=_line(record.get("model")),
        type=_line(record.get("type")) or "Noise",
        subscription=_subscription(record.get("subscription")),
        features=tuple(map(_line, filter(_is_text, features))) if isinstance(features, list) else (),
    )


def _subscription(part: object) -> str | None:
    status = _lower(part).get("status") if isinstance(part, dict) else part
    return _line(status) or None


def _lower(record: Mapping[str, object]) -> dict[str, object]:
    return {key.lower(): value for key, value in record.items()}


def _line(text: object) -> str:
    """Text on one line; empty where it is none."""
    return " ".join(clean_text(text).split()) if isinstance(text, str) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str)

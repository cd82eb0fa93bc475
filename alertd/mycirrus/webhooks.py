"""MyCirrus's webhooks on the wire: registrations, the signature of a delivery, and what a message says. Pure.

Where the documentation leaves the signature's encoding open, each likely one is taken.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from alertd.model import WEBHOOK_TYPES, Source
from alertd.mycirrus.fleet import records_of
from alertd.mycirrus.parse import read_time

ID_HEADER = "X-Webhook-Id"
SIGNATURE_HEADER = "X-Webhook-Signature"
PATH = "webhooks"
"""Where registrations are read and made."""

SOURCES: Mapping[str, tuple[Source, ...]] = {
    "SicFinished": (Source.SIC, Source.STATUS),
    "CalibrationFinished": (Source.CALIBRATIONS, Source.STATUS),
    "InstrumentStatus": (Source.STATUS,),
    "NewEvent": (Source.EVENTS,),
    "NewMeasurement": (Source.STATS,),
}
"""What to read again for each type."""

LONGEST_ID = 200
"""Characters of a registration's id; MyCirrus's are far shorter."""
DIGEST_BYTES = hashlib.sha256().digest_size
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_PREFIX = "sha256="
_TYPES = {known.lower(): known for known in WEBHOOK_TYPES}
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What MyCirrus was asked to send where."""

    id: str
    type: str
    instrument: str
    url: str
    secret: str = field(default="", repr=False)
    """What deliveries are signed with; empty where MyCirrus did not say. Never stored, never logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one delivery says: that something of this type happened to this instrument then."""

    type: str
    instrument: str
    time: datetime


class MalformedError(ValueError):
    """A message that is none of MyCirrus's."""


def signature_of(body: bytes, secret: str) -> bytes:
    """HMAC-SHA256 of the body as it came."""
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether the signature was made with the secret; compared in constant time. An empty secret signs nothing."""
    given = read_signature(signature)
    return bool(secret) and given is not None and hmac.compare_digest(given, signature_of(body, secret))


def read_signature(text: str) -> bytes | None:
    """The bytes of a signature: hexadecimal or base64 of either alphabet, with or without `sha256=` before it."""
    text = text.strip()
    if text[: len(_PREFIX)].lower() == _PREFIX:
        text = text[len(_PREFIX) :]
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    if not _BASE64.fullmatch(text):
        return None
    try:
        found = base64.b64decode(text.rstrip("=").translate({45: "+", 95: "/"}) + "=", validate=True)
    except binascii.Error:
        return None
    return found if len(found) == DIGEST_BYTES else None


def read_notice(body: bytes) -> Notice:
    """What a message says. Keys are read without regard to case.

    Raises:
        MalformedError: it is no JSON, or has no known type, no instrument or no time.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("no JSON") from None
    if not isinstance(value, dict):
        raise MalformedError("no object")
    record = {key.lower(): part for key, part in value.items()}
    kind, instrument, time = record.get("type"), record.get("instrument"), read_time(record.get("time"))
    known = _TYPES.get(kind.lower()) if isinstance(kind, str) else None
    if known is None:
        raise MalformedError("no type that is known")
    if not isinstance(instrument, str) or not instrument.strip():
        raise MalformedError("no instrument")
    if time is None:
        raise MalformedError("no time")
    return Notice(type=known, instrument=instrument.strip(), time=time)


def is_about(notice: Notice, registration: Registration) -> bool:
    """Whether a registration is for what a message says: its secret signs nothing else."""
    return (notice.type.lower(), notice.instrument.lower()) == (
        registration.type.lower(),
        registration.instrument.lower(),
    )


def read_registrations(value: object) -> list[Registration]:
    """The registrations of a listing; a record without an id, a type or an instrument is left out.

    Raises:
        Unreachable: the answer is no list.
    """
    found = (read_registration(row) for row in records_of(value, PATH))
    return [each for each in found if each is not None]


def read_registration(row: object) -> Registration | None:
    """One registration; None where it has no id, type or instrument."""
    if not isinstance(row, dict):
        return None
    record = {key.lower(): value for key, value in row.items()}
    number = record.get("id")
    identity = str(int(number)) if isinstance(number, float) and number.is_integer() else number
    parts = {name: record.get(name) for name in ("type", "instrument", "url")}
    if not _is_id(identity) or not all(isinstance(part, str) and part for part in parts.values()):
        return None
    secret = record.get("secret")
    return Registration(id=str(identity), secret=secret if isinstance(secret, str) else "", **parts)  # type: ignore[arg-type]  # text, as was just seen


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What makes the registrations match."""

    add: tuple[tuple[str, str], ...]
    """(type, serial) of each that is missing."""
    remove: tuple[Registration, ...]
    kept: tuple[Registration, ...]


def changes(registered: Iterable[Registration], wanted: Iterable[tuple[str, str]], url: str) -> Changes:
    """What to add and what to remove, so that each wanted (type, serial) is registered once for this URL.

    Registrations for other URLs are somebody else's. Of several for the same the first stays.
    """
    missing = {(kind.lower(), serial.lower()): (kind, serial) for kind, serial in wanted}
    kept: list[Registration] = []
    remove: list[Registration] = []
    for each in own(registered, url):
        is_wanted = missing.pop((each.type.lower(), each.instrument.lower()), None) is not None
        (kept if is_wanted else remove).append(each)
    return Changes(add=tuple(missing.values()), remove=tuple(remove), kept=tuple(kept))


def own(registered: Iterable[Registration], url: str) -> Iterator[Registration]:
    """Those for this URL."""
    here = _place(url)
    return (each for each in registered if _place(each.url) == here)


def _place(url: str) -> tuple[object, ...]:
    """A URL without what makes no difference to where it leads."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return (url,)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/"), parts.query

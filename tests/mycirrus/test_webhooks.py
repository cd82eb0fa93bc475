"""Webhooks on the wire: signatures in every likely spelling, messages, registrations, and what makes these match."""

import base64
import contextlib
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alertd.errors import Unreachable
from alertd.mycirrus.webhooks import (
    MalformedError,
    Notice,
    Registration,
    changes,
    is_about,
    is_signed,
    read_notice,
    read_registrations,
    read_signature,
)

BODY = b'{"type":"SicFinished","instrument":"QT1","time":"2026-01-10T12:00:00Z"}'
SECRET = "s3cret"
DIGEST = hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()
HEX = DIGEST.hex()
STANDARD = base64.b64encode(DIGEST).decode()
URLSAFE = base64.urlsafe_b64encode(DIGEST).decode()
HERE = "https://alertd.example.com/hooks/mycirrus"


@pytest.mark.parametrize(
    "signature",
    [
        HEX,
        HEX.upper(),
        f"sha256={HEX}",
        f"SHA256={HEX.upper()}",
        STANDARD,
        STANDARD.rstrip("="),
        URLSAFE,
        URLSAFE.rstrip("="),
        f"sha256={STANDARD}",
        f"sha256={URLSAFE.rstrip('=')}",
        f"  {HEX} ",
    ],
)
def test_a_good_signature_counts_however_it_is_written(signature: str) -> None:
    """Hexadecimal, base64 of both alphabets, padded or not, with a prefix or not: the documentation leaves it open."""
    assert is_signed(BODY, signature, SECRET)


@pytest.mark.parametrize("digest", [bytes([0xFB, 0xEF, 0xBE] * 10 + [0xFF, 0xFE]), bytes(32), b"\xff" * 32])
def test_both_alphabets_of_base64_are_the_same_bytes(digest: bytes) -> None:
    """Digests in which the alphabets differ."""
    spellings = [base64.b64encode(digest).decode(), base64.urlsafe_b64encode(digest).decode()]
    assert [read_signature(each) for each in spellings + [each.rstrip("=") for each in spellings]] == [digest] * 4


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY, "", SECRET),
        (BODY, HEX[:-1], SECRET),
        (BODY, HEX + "00", SECRET),
        (BODY, HEX[:-1] + ("0" if HEX[-1] != "0" else "1"), SECRET),
        (BODY + b" ", HEX, SECRET),
        (BODY, HEX, "another"),
        (BODY, HEX, ""),
        (BODY, hmac.new(b"", BODY, hashlib.sha256).hexdigest(), ""),
        (BODY, "sha256=", SECRET),
        (BODY, f"sha1={HEX}", SECRET),
        (BODY, "é" * 64, SECRET),
        (BODY, "\x00" * 43, SECRET),
        (BODY, "=" * 44, SECRET),
        (BODY, "sha256=" * 1000, SECRET),
    ],
)
def test_a_bad_signature_counts_for_nothing(body: bytes, signature: str, secret: str) -> None:
    """A bit, a byte or a secret off; and an empty secret, which anybody has, signs nothing."""
    assert not is_signed(body, signature, secret)


@given(some.text(max_size=100))
def test_no_text_upsets_it(signature: str) -> None:
    """Whatever a stranger writes there is a signature or none."""
    found = read_signature(signature)
    assert found is None or len(found) == 32


@pytest.mark.parametrize(
    ("body", "notice"),
    [
        (BODY, ("SicFinished", "QT1", datetime(2026, 1, 10, 12, tzinfo=UTC))),
        (
            b'{"Type":"sicfinished","Instrument":" QT1 ","TIME":"2026-01-10T12:00:00.1234567Z","more":{"a":[1]}}',
            ("SicFinished", "QT1", datetime(2026, 1, 10, 12, 0, 0, 123456, tzinfo=UTC)),
        ),
        (
            b'{"type":"InstrumentStatus","instrument":"QT1","time":"2026-01-10T13:00:00+01:00","online":NaN}',
            ("InstrumentStatus", "QT1", datetime(2026, 1, 10, 12, tzinfo=UTC)),
        ),
    ],
)
def test_messages(body: bytes, notice: tuple[str, str, datetime]) -> None:
    """Type, instrument and time, keys in any case, times with any number of digits."""
    found = read_notice(body)
    assert (found.type, found.instrument, found.time) == notice


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"type":"SicFinished","instrument":"QT1"}',
        b'{"type":"SicFinished","instrument":"QT1","time":"yesterday"}',
        b'{"type":"SicFinished","instrument":"QT1","time":1e999}',
        b'{"type":"SicFinished","instrument":" ","time":"2026-01-10T12:00:00Z"}',
        b'{"type":"SicFinished","instrument":["QT1"],"time":"2026-01-10T12:00:00Z"}',
        b'{"type":"<script>","instrument":"QT1","time":"2026-01-10T12:00:00Z"}',
        b'{"type":7,"instrument":"QT1","time":"2026-01-10T12:00:00Z"}',
        b'{"type":"SicFinished","instrument":"QT1","time":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_message(body: bytes) -> None:
    """Each is refused in one way, whatever is wrong with it."""
    with pytest.raises(MalformedError):
        read_notice(body)


@given(some.binary(max_size=200))
def test_no_bytes_upset_it(body: bytes) -> None:
    """A message or a refusal."""
    with contextlib.suppress(MalformedError):
        read_notice(body)


def registration(number: int, kind: str, serial: str, url: str = HERE) -> Registration:
    return Registration(id=f"wh-{number}", type=kind, instrument=serial, url=url, secret="x")


@pytest.mark.parametrize(
    ("kind", "serial", "expected"),
    [("SicFinished", "QT1", True), ("SicFinished", "QT2", False), ("NewEvent", "QT1", False)],
)
def test_a_secret_signs_for_its_own_registration_alone(kind: str, serial: str, expected: bool) -> None:
    """Whoever has one registration's secret cannot speak of another monitor."""
    notice = Notice(type=kind, instrument=serial, time=datetime(2026, 1, 10, tzinfo=UTC))
    assert is_about(notice, registration(1, "sicfinished", "qt1")) is expected


def test_listings() -> None:
    """Keys in any case, numbers for ids; a record that lacks a part is left out, one that lacks its secret is not."""
    found = read_registrations(
        [
            {"id": "a", "type": "NewEvent", "instrument": "QT1", "url": HERE, "secret": "s"},
            {"Id": 7.0, "Type": "NewEvent", "Instrument": "QT2", "Url": HERE, "Secret": None},
            {"id": "", "type": "NewEvent", "instrument": "QT1", "url": HERE},
            {"id": "b", "type": "NewEvent", "url": HERE},
            "nonsense",
        ]
    )
    assert [(each.id, each.instrument, each.secret) for each in found] == [("a", "QT1", "s"), ("7", "QT2", "")]
    assert "secret" not in repr(found[0])
    assert read_registrations({"webhooks": []}) == []
    with pytest.raises(Unreachable):
        read_registrations("nonsense")


def test_what_makes_them_match() -> None:
    """Missing ones are added; doubles and those nobody wants are removed; another URL's are nobody's business."""
    registered = [
        registration(1, "SicFinished", "QT1"),
        registration(2, "SicFinished", "QT1", "HTTPS://ALERTD.example.com:443/hooks/mycirrus/"),
        registration(3, "SicFinished", "GONE"),
        registration(4, "SicFinished", "QT2", "https://other.example.com/hooks/mycirrus"),
        registration(5, "SicFinished", "QT2", "https://alertd.example.com/hooks"),
        registration(6, "SicFinished", "QT2", "https://alertd.example.com:port/"),
    ]
    found = changes(registered, [("SicFinished", "QT1"), ("SicFinished", "QT2")], HERE)
    assert found.add == (("SicFinished", "QT2"),)
    assert [each.id for each in found.remove] == ["wh-2", "wh-3"]
    assert [each.id for each in found.kept] == ["wh-1"]
    assert [each.id for each in changes(registered, [], HERE).remove] == ["wh-1", "wh-2", "wh-3"]

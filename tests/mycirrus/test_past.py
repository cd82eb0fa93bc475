"""Reading MyCirrus's past through the client: slices, tries, refusals."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from alertd.errors import Unreachable
from alertd.model import Source
from alertd.mycirrus.client import Client
from alertd.mycirrus.past import Piece, read_past, slices
from tests.support.api import KEY, Reply, Request, ScriptedApi, records, refusal, serving

T = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def client_for(api: ScriptedApi) -> Client:
    return Client(api.base_url, KEY, max_requests_per_minute=6000)


def stats(at: datetime, volts: float) -> dict[str, object]:
    return {"time": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "samplePeriod": 60, "voltage": volts}


def test_slices_are_within_the_documented_range():
    """Stats in slices that an answer can hold, SIC by the month, calibrations by the year."""
    for source, most in ((Source.STATS, 13), (Source.SIC, 31), (Source.CALIBRATIONS, 365)):
        found = slices(source, {"QT1": [(T, T + 400 * DAY)], "QT2": [(T, T + 400 * DAY)]})
        assert all(end - start <= most * DAY for start, end in found)
        assert next(iter(found))[0] == T
        assert list(found)[-1][1] == T + 400 * DAY
        assert all(serials == ["QT1", "QT2"] for serials in found.values())


def read(script: Callable[[Request], Reply], *serials: str) -> tuple[list[Piece], dict[str, str], list[float]]:
    taken: list[Piece] = []
    waits: list[float] = []
    with serving(script) as api:
        client = client_for(api)
        wanted = slices(Source.STATS, {serial: [(T, T + 20 * DAY)] for serial in serials})
        refused = read_past(client, Source.STATS, wanted, taken.append, waits.append)
        client.close()
    return taken, refused, waits


def test_every_slice_is_read():
    """Each instrument's own records, of all slices, none twice."""

    def script(request: Request) -> Reply:
        start = datetime.fromisoformat(request.range[0])
        return records(*(stats(start + timedelta(hours=hour), 12.0) for hour in (1, 2)))

    taken, refused, waits = read(script, "QT1", "QT2")
    assert (refused, waits) == ({}, [])
    for serial in ("QT1", "QT2"):
        mine = [piece for piece in taken if piece.serial == serial]
        assert [(piece.start, piece.end) for piece in mine] == [(T, T + 13 * DAY), (T + 13 * DAY, T + 20 * DAY)]
        assert sum(len(piece.samples) for piece in mine) == 4


def test_one_refused():
    """Who is refused is left out; the others are read."""

    def script(request: Request) -> Reply:
        return refusal(404, "NotFound") if "QT1" in request.instruments else records(stats(T + DAY, 12.0))

    taken, refused, _ = read(script, "QT1", "QT2")
    assert set(refused) == {"QT1"}
    assert {piece.serial for piece in taken} == {"QT2"}


def test_a_slice_that_fails_is_asked_for_again():
    """After the wait that was asked for."""
    failures = [refusal(429, "TooManyRequests", Retry_After="1"), refusal(500, "Broken")]

    def script(_: Request) -> Reply:
        return failures.pop(0) if failures else records(stats(T + DAY, 12.0))

    with serving(script) as api:
        client = client_for(api)
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            client._breaker._blocked_until = 0.0

        taken: list[Piece] = []
        read_past(client, Source.STATS, {(T, T + 2 * DAY): ["QT1"]}, taken.append, wait)
        client.close()
    assert waits == [1.0, 4.0]
    assert len(taken) == 1


def test_a_source_that_fails():
    """After three tries; what came before was handed over."""

    def script(request: Request) -> Reply:
        good = datetime.fromisoformat(request.range[0]) <= T
        return records(stats(T + DAY, 12.0)) if good else refusal(500, "Broken")

    taken: list[Piece] = []
    waits: list[float] = []
    with serving(script) as api:
        client = client_for(api)
        wanted = slices(Source.STATS, {"QT1": [(T, T + 20 * DAY)]})
        with pytest.raises(Unreachable):
            read_past(client, Source.STATS, wanted, taken.append, waits.append)
        client.close()
    assert [piece.end for piece in taken] == [T + 13 * DAY]
    assert len(waits) == 2

"""Blocks of history: what comes out is what went in, to the last bit, and it is small."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.model import Sample, Source, Value
from alertd.store.columns import to_micros
from alertd.store.packing import pack, unpack
from alertd.store.rounds import is_whole, pack_round, tracks_of
from alertd.store.tracks import Track, merge

START = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE = 60_000_000

numbers = st.one_of(
    st.floats(allow_nan=False),
    st.integers(-(10**6), 10**6).map(float),
    st.decimals(-1000, 1000, places=3).map(float),
)
flags, words = st.booleans(), st.text(max_size=8)


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Any track: any times, columns of numbers, words, flags and all of them together, with gaps anywhere."""
    times = sorted(draw(st.sets(st.integers(-(10**16), 10**16), min_size=1, max_size=20)))
    kinds = st.sampled_from([numbers, words, flags, st.one_of(numbers, words, flags)])
    columns = {}
    names = ["voltage", "network", "netRx", "netTx", "samplePeriod", "memoryPercent", "mem", "mTot"]
    for name in draw(st.lists(st.sampled_from(names), unique=True)):
        values = st.one_of(st.none(), draw(kinds))
        columns[name] = draw(st.lists(values, min_size=len(times), max_size=len(times)))
    return Track(times, columns)


def typed(column: list[Value | None]) -> list[tuple[type, Value | None]]:
    """True and 1.0 are equal; a reader must get back which it was."""
    return [(type(value), value) for value in column]


@given(tracks())
@settings(max_examples=200, deadline=None)
def test_a_track_comes_back_as_it_was(track: Track) -> None:
    """Times, values and their types, whatever they are; a column without any value is left out."""
    found = unpack(pack(track))
    assert found.times == track.times
    whole = {name: column for name, column in track.columns.items() if any(each is not None for each in column)}
    assert {name: typed(column) for name, column in found.columns.items()} == {
        name: typed(column) for name, column in whole.items()
    }
    for name in whole:
        assert unpack(pack(track), [name]).columns == {name: found.columns[name]}


@given(st.lists(tracks(), max_size=4))
@settings(max_examples=100, deadline=None)
def test_merging_keeps_the_last_record_of_each_time(several: list[Track]) -> None:
    """As a whole: what the last one leaves out is missing, not filled from an older one."""
    expected: dict[int, dict[str, Value]] = {}
    for track in several:
        for index, at in enumerate(track.times):
            row = {name: column[index] for name, column in track.columns.items()}
            expected[at] = {name: value for name, value in row.items() if value is not None}
    merged = merge(several)
    assert merged.times == sorted(expected)
    for index, at in enumerate(merged.times):
        row = {name: column[index] for name, column in merged.columns.items()}
        assert {name: value for name, value in row.items() if value is not None} == expected[at]


def test_a_part_of_a_track() -> None:
    """From a time on, and before another."""
    track = Track([1, 2, 3], {"a": [1.0, None, 3.0]})
    assert track.between(2, 3) == Track([2], {"a": [None]})
    assert track.between(4, 9) == Track([], {"a": []})


def stats_day(*, derived: bool = True) -> Track:
    """A day of `stats` as monitors send it: decimals with noise, and what MyCirrus works out of them."""
    dice = random.Random(7)
    columns: dict[str, list[Value | None]] = {}
    count = 1440
    noisy = {
        "cpu": (12, 2, 1),
        "mem": (285, 1, 1),
        "cache": (531, 0.4, 1),
        "temp": (36, 1, 1),
        "voltage": (12.4, 0.01, 3),
    }
    for name, (middle, sway, places) in noisy.items():
        columns[name] = [round(dice.gauss(middle, sway), places) for _ in range(count)]
    columns["disk"] = [round(56 + minute / 50, 1) for minute in range(count)]
    radio = {"netRx": (500, 150), "netTx": (120, 40), "ping": (41, 8), "lteRsrp": (-95, 2), "lteRsrq": (-11, 1)}
    radio |= {"lteSinr": (9, 2), "lteSignal": (-67, 2)}
    for name, (middle, sway) in radio.items():
        columns[name] = [float(round(dice.gauss(middle, sway))) for _ in range(count)]
    columns |= {"samplePeriod": [60.0] * count, "mTot": [3793.0] * count, "dTot": [24892.0] * count}
    rows = zip(*(columns[name] for name in ("netRx", "netTx", "mem", "disk")), strict=True)
    nudge = 0.0 if derived else 1e-13
    for received, sent, used, full in rows:
        assert isinstance(received, float) and isinstance(sent, float)  # noqa: PT018
        assert isinstance(used, float) and isinstance(full, float)  # noqa: PT018
        columns.setdefault("network", []).append((received + sent) / 60 + nudge)
        columns.setdefault("memoryPercent", []).append(used / 3793 * 100 + nudge)
        columns.setdefault("diskPercent", []).append(full / 24892 * 100 + nudge)
    return Track([to_micros(START) + minute * MINUTE for minute in range(count)], columns)


@pytest.mark.parametrize(("derived", "bytes_a_value"), [(True, 0.6), (False, 1.5)])
def test_a_day_is_small(derived: bool, bytes_a_value: float) -> None:
    """19 fields a minute: half a byte a value; more than twice that if what is worked out were worked out otherwise."""
    track = stats_day(derived=derived)
    block = pack(track)
    assert len(block) < bytes_a_value * 19 * 1440
    assert unpack(block) == track


def test_what_stays_the_same_costs_nothing() -> None:
    """A day of an unchanged status, asked for at whole minutes."""
    names = ("online", "measuring", "calibrationInProgress", "sicInProgress")
    track = Track([minute * MINUTE for minute in range(1440)], {name: [True] * 1440 for name in names})
    assert len(pack(track)) < 200


@pytest.mark.parametrize("cut", [0, 1, 10, -1, -10])
def test_a_damaged_block_says_so(cut: int) -> None:
    """Cut anywhere, or one byte flipped: a ValueError, never a wrong value."""
    block = pack(Track([1, 5, 6], {"voltage": [12.1, 12.2, 11.9], "status": ["Success", None, "Error"]}))
    flipped = bytearray(block)
    flipped[cut] ^= 0x55
    for damaged in (block[:cut], bytes(flipped)):
        with pytest.raises(ValueError, match=r"^a damaged block of history: "):
            unpack(damaged)


def sample(serial: str, minute: int, source: Source, **values: Value | None) -> Sample:
    """One record."""
    return Sample(instrument=serial, source=source, at=START + timedelta(minutes=minute), values=values)


def test_a_rounds_block_comes_back_by_instrument() -> None:
    """Numbers, words and flags; null and absent are both missing; a field that nobody knows is left out."""
    sic = [
        sample("A", 0, Source.SIC, status="Success", hz500=55.25, khz1=None),
        sample("B", 1, Source.SIC, status=None, hz500=-1e300, strange=1.0),
        sample("A", 2, Source.SIC, status="Error ✗\0"),
    ]
    found = tracks_of([pack_round(Source.SIC, sic)])
    assert found["A"].columns == {
        "hz500": [55.25, None],
        "khz1": [None, None],
        "khz8": [None, None],
        "status": ["Success", "Error ✗\0"],
    }
    assert found["A"].times == [to_micros(START), to_micros(START) + 2 * MINUTE]
    assert found["B"].columns["hz500"] == [-1e300]
    assert found["B"].columns["status"] == [None]
    assert set(tracks_of([pack_round(Source.SIC, sic)], {"B"})) == {"B"}
    status = tracks_of([pack_round(Source.STATUS, [sample("A", 0, Source.STATUS, online=False, measuring=True)])])
    assert status["A"].columns["online"] == [False]


def test_a_damaged_block_of_a_round_costs_itself_only() -> None:
    """The others are read."""
    good = pack_round(Source.CURRENT, [sample("A", 0, Source.CURRENT, voltage=12.0)])
    other = pack_round(Source.CURRENT, [sample("A", 1, Source.CURRENT, voltage=11.0)])
    assert tracks_of([good[:-1], b"", b"\n", b"{}\n", other])["A"].columns["voltage"] == [11.0]
    assert is_whole(good)
    assert not any(map(is_whole, [good[:-1], good[:-8], b"", b"{}\n"]))


def test_a_block_of_another_catalogue_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was written when there were other fields, beside one with today's."""
    from alertd.store import rounds

    with monkeypatch.context() as before:
        before.setitem(rounds._NUMBERS, Source.CURRENT, ("gone", "voltage"))
        old = pack_round(Source.CURRENT, [sample("A", 0, Source.CURRENT, voltage=12.0, gone=1.0)])
    new = pack_round(Source.CURRENT, [sample("A", 1, Source.CURRENT, voltage=11.0, temp=50.0)])
    track = tracks_of([old, new])["A"]
    assert track.columns["voltage"] == [12.0, 11.0]
    assert track.columns["gone"] == [1.0, None]
    assert track.columns["temp"] == [None, 50.0]
    assert math.isclose(len(track.times), 2)

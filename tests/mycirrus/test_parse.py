"""MyCirrus's records → Samples: every documented and undocumented oddity is a row."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model import RANGE_SOURCES, Sample, Source
from alertd.mycirrus.garbage import Garbage
from alertd.mycirrus.parse import Asked, OwnerUnknown, parse_records, read_time, tidy

NOW = datetime(2025, 5, 4, 12, 0, tzinfo=UTC)
DAY_AGO = NOW - timedelta(days=1)
CURRENT = (
    '{"cpu": 12.2, "mem": 8.3, "temp": 51.1, "voltage": 11.5, "disk": 0.2, "network": 3.7, '
    '"simQuota": 0, "simUsage": 0, "uptime": 900}'
)


def parse(
    source: Source, text: str, *asked: str, garbage: Garbage | None = None, since: datetime = DAY_AGO
) -> dict[str, list[Sample]]:
    """What becomes of a JSON array, read as the transport reads it."""
    what = Asked(source=source, at=NOW, since=dict.fromkeys(asked, since), start=since, end=NOW)
    return parse_records(json.loads(text, parse_int=float), what, garbage or Garbage())


def only(source: Source, record: str, **garbage: Garbage) -> Sample | None:
    """The sample of one record of one instrument, if it became one."""
    found = parse(source, f"[{record}]", "QT1", **garbage).get("QT1", [None])
    assert len(found) == 1
    return found[0]


def test_the_vendors_example_of_current() -> None:
    """The documented example is read field by field, measured when it was asked for; a quota of 0 is 0."""
    sample = only(Source.CURRENT, CURRENT)
    assert sample is not None
    assert sample.at == NOW
    assert sample.values == {
        "cpu": 12.2,
        "mem": 8.3,
        "temp": 51.1,
        "voltage": 11.5,
        "disk": 0.2,
        "network": 3.7,
        "simQuota": 0,
        "simUsage": 0,
        "uptime": 900,
    }


@pytest.mark.parametrize(
    ("source", "record", "at", "values"),
    [
        (
            Source.SIC,
            (
                '{"time": "2025-05-04T11:00:00.2074974Z", "instrument": "QT1", "status": "Error", "_500Hz": 55.3829,'
                ' "_8KHz": 35.7019, "_1KHz": 48.5379}'
            ),
            datetime(2025, 5, 4, 11, 0, 0, 207497, tzinfo=UTC),
            {"status": "Error", "hz500": 55.3829, "khz8": 35.7019, "khz1": 48.5379},
        ),
        (
            Source.SIC,
            '{"time": "2025-05-04T11:00:00Z", "status": "InProgress", "_500Hz": null}',
            datetime(2025, 5, 4, 11, tzinfo=UTC),
            {"status": "InProgress", "hz500": None},
        ),
        (
            Source.CALIBRATIONS,
            '{"Time": "2025-05-04T11:00:00Z", "Status": "Success", "Instrument": "QT1", "Level": 93.7, "Offset": 0.12}',
            datetime(2025, 5, 4, 11, tzinfo=UTC),
            {"status": "Success", "level": 93.7, "offset": 0.12},
        ),
        (
            Source.EVENTS,
            (
                '{"type": "Connection", "start": "2025-05-04T11:33:09.51Z", "end": "2025-05-04T11:34:21.524Z",'
                ' "info": "Ethernet"}'
            ),
            datetime(2025, 5, 4, 11, 33, 9, 510000, tzinfo=UTC),
            {"type": "Connection", "info": "Ethernet", "duration": 72.014},
        ),
        (
            Source.EVENTS,
            '{"type": "Connection", "start": "2025-05-04T11:33:09Z", "end": null}',
            datetime(2025, 5, 4, 11, 33, 9, tzinfo=UTC),
            {"type": "Connection", "duration": None},
        ),
        (
            Source.CALIBRATION_LOG,
            '{"time": "2025-05-04T11:18:42.814Z", "user": "Site", "message": "Installed\\u0000 \\ud800and working"}',
            datetime(2025, 5, 4, 11, 18, 42, 814000, tzinfo=UTC),
            {"user": "Site", "message": "Installed ?and working"},
        ),
        (
            Source.STATS,
            '{"time": "2025-05-04T11:01:00Z", "samplePeriod": 60, "lteRsrp": null, "ping": 0, "diskPercent": 0.2}',
            datetime(2025, 5, 4, 11, 1, tzinfo=UTC),
            {"samplePeriod": 60, "lteRsrp": None, "ping": 0, "diskPercent": 0.2},
        ),
        (
            Source.STATUS,
            '{"online": true, "measuring": null, "lastSic": {"status": "Error"}, "sicInProgress": false}',
            NOW,
            {"online": True, "measuring": None, "sicInProgress": False},
        ),
    ],
)
def test_each_source(source: Source, record: str, at: datetime, values: dict[str, object]) -> None:
    """Each source's records are read in the documented form and in the example's, whatever the case of their keys."""
    sample = only(source, record)
    assert sample is not None
    assert (sample.at, sample.values) == (at, values)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("12.3", 12.3),
        ("12", 12.0),
        ("-0.0", 0.0),
        ("null", None),
        ("NaN", None),
        ("Infinity", None),
        ("-Infinity", None),
        ("1e999", None),
        ("1" * 5000, None),  # a whole number too long for Python to read
        ('"12,3"', None),
        ('"12.3"', None),
        ("true", None),
        ("[12.3]", None),
        ('{"value": 12.3}', None),
        ('""', None),
    ],
)
def test_one_bad_value_costs_itself_alone(value: str, read: float | None) -> None:
    """What is no finite number is None; its neighbours are read, and it is counted unless it is an honest null."""
    garbage = Garbage()
    sample = only(Source.CURRENT, f'{{"voltage": {value}, "temp": 51.1}}', garbage=garbage)
    assert sample is not None
    assert sample.values == {"voltage": read, "temp": 51.1}
    noted = read is None and value != "null"
    assert dict(garbage.counts) == ({(Source.CURRENT, "a voltage that is no number"): 1} if noted else {})


@pytest.mark.parametrize(
    ("field", "value"), [("status", "5"), ("status", "true"), ("status", "null"), ("status", '["Success"]')]
)
def test_text_is_text(field: str, value: str) -> None:
    """A status that is no text is unknown, not a failure and not a pass."""
    sample = only(Source.SIC, f'{{"time": "2025-05-04T11:00:00Z", "{field}": {value}}}')
    assert sample is not None
    assert sample.values == {field: None}


@pytest.mark.parametrize("value", ["1", '"true"', "null", "[]"])
def test_yes_is_not_one(value: str) -> None:
    """A flag that is neither true nor false is unknown."""
    sample = only(Source.STATUS, f'{{"online": {value}}}')
    assert sample is not None
    assert sample.values == {"online": None}


@pytest.mark.parametrize(
    ("key", "serial", "owner"),
    [
        ("instrument", '"QT1"', "QT1"),
        ("serialNumber", '"QT1"', "QT1"),
        ("SerialNumber", '"QT1"', "QT1"),
        ("INSTRUMENT", '"QT1"', "QT1"),
        ("serial", '"QT1"', "QT1"),
        ("Instrument", '"QT2"', "QT2"),
        ("instrument", '"QT9"', None),  # nobody asked for that one
        ("instrument", "9", None),
        ("instrument", "[]", None),
        ("instrument", '{"serial": "QT1"}', None),
    ],
)
def test_whose_record_it_is(key: str, serial: str, owner: str | None) -> None:
    """A record belongs to the serial it names; one that names a stranger or nonsense is dropped, never credited."""
    for asked in [("QT1", "QT2", "QT3"), (owner or "QT1",)]:
        found = parse(Source.CURRENT, f'[{{"{key}": {serial}, "voltage": 12}}]', *asked)
        assert list(found) == ([owner] if owner else [])


@pytest.mark.parametrize("start", ["", '"instrument": null, ', '"instrument": "", '])
def test_a_record_without_a_serial(start: str) -> None:
    """It is the only one's that was asked for; among several nobody's, and the whole answer says so."""
    text = f'[{{{start}"voltage": 12}}]'
    assert list(parse(Source.CURRENT, text, "QT1")) == ["QT1"]
    with pytest.raises(OwnerUnknown):
        parse(Source.CURRENT, text, "QT1", "QT2")


def test_one_record_without_a_serial_spoils_a_batch() -> None:
    """Also where the others name theirs."""
    with pytest.raises(OwnerUnknown):
        parse(Source.CURRENT, '[{"instrument": "QT1", "voltage": 12}, {"voltage": 12}]', "QT1", "QT2")


def test_garbage_is_nobodys_and_spoils_nothing() -> None:
    """Records that are no records cost themselves alone, and say nothing of whether records carry serials."""
    garbage = Garbage()
    text = (
        '[null, 7, "x", [], {}, {"time": "2025-05-04T11:00:00Z", "instrument": "QT1", "voltage": 12},'
        ' {"time": "yesterday"}, {"time": 5, "instrument": 9}]'
    )
    found = parse(Source.STATS, text, "QT1", "QT2", garbage=garbage)
    assert [sample.values for sample in found["QT1"]] == [{"voltage": 12}]
    assert list(found) == ["QT1"]
    assert sum(garbage.counts.values()) == 7


@pytest.mark.parametrize(
    ("time", "kept"),
    [
        ("2025-05-03T12:00:00Z", True),
        ("2025-05-03T11:59:10Z", True),
        ("2025-05-03T11:58:00Z", False),  # before what was asked for
        ("2025-05-04T12:00:50Z", True),
        ("2025-05-04T12:06:00Z", False),  # in the future
        ("2023-06-15T23:01:00Z", False),  # the documentation's mock answers with this whatever is asked for
        ("yesterday", False),
        ("20250504", False),
        ("2025-05-04", False),
        ("", False),
        ("2025-05-04T24:00:00Z", False),
        ("9999-12-31T23:59:59-23:00", False),
    ],
)
def test_times_outside_the_range_are_dropped(time: str, kept: bool) -> None:
    """A record that was not asked for is none, with a minute's tolerance."""
    found = parse(Source.STATS, f'[{{"time": "{time}", "voltage": 12}}]', "QT1")
    assert bool(found) == kept


def test_what_another_instrument_of_the_batch_was_asked_for() -> None:
    """In a batch each instrument is read from its own start; older records of it are no news, and no garbage."""
    garbage = Garbage()
    since = {"QT1": DAY_AGO, "QT2": NOW - timedelta(hours=1)}
    asked = Asked(source=Source.STATS, at=NOW, since=since, start=DAY_AGO, end=NOW)
    rows: list[object] = [
        {"instrument": serial, "time": "2025-05-04T03:00:00Z", "voltage": 12.0} for serial in ("QT1", "QT2")
    ]
    assert list(parse_records(rows, asked, garbage)) == ["QT1"]
    assert not garbage.counts


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-05-04T09:42:00Z", datetime(2025, 5, 4, 9, 42, tzinfo=UTC)),
        ("2025-05-04T09:42:00.51Z", datetime(2025, 5, 4, 9, 42, 0, 510000, tzinfo=UTC)),
        ("2025-05-04T09:42:00.814Z", datetime(2025, 5, 4, 9, 42, 0, 814000, tzinfo=UTC)),
        ("2025-05-04T09:42:00.2074974Z", datetime(2025, 5, 4, 9, 42, 0, 207497, tzinfo=UTC)),
        ("2025-05-04t09:42:00z", datetime(2025, 5, 4, 9, 42, tzinfo=UTC)),
        ("2025-05-04T09:42:00", datetime(2025, 5, 4, 9, 42, tzinfo=UTC)),
        ("2025-05-04T11:42:00+02:00", datetime(2025, 5, 4, 9, 42, tzinfo=UTC)),
        ("0001-01-01T00:00:00+02:00", None),
        (None, None),
        (5.0, None),
    ],
)
def test_times(text: object, at: datetime | None) -> None:
    """ISO 8601 with 0, 2, 3 or 7 fractional digits, in UTC unless it says otherwise."""
    read = read_time(text)
    assert read == at
    assert read is None or read.tzinfo is UTC


def test_order_and_duplicates() -> None:
    """Records come out in order of time and once each; two that differ at the same time are both kept."""

    def sample(minute: int, volts: float) -> Sample:
        return Sample(
            instrument="QT1", source=Source.STATS, at=NOW + timedelta(minutes=minute), values={"voltage": volts}
        )

    mixed = [sample(2, 12.0), sample(1, 11.0), sample(2, 12.5), sample(1, 11.0), sample(2, 12.0)]
    assert tidy(mixed) == (sample(1, 11.0), sample(2, 12.0), sample(2, 12.5))


def test_keys_in_endless_variety_cost_no_memory() -> None:
    """A peer that makes up new keys for each record is read all the same."""
    rows = [{"voltage": 12.0, f"x{number}": 1.0} for number in range(2000)]
    assert len(parse(Source.CURRENT, json.dumps(rows), "QT1")["QT1"]) == 2000


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["QT1", "2025-05-04T11:00:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["instrument", "Time", "start", "end", "voltage", "status", "online", "serialNumber"])


@given(source=st.sampled_from(Source), rows=st.lists(JSON | st.dictionaries(KEYS, JSON, max_size=5), max_size=5))
def test_never_raises_on_garbage(source: Source, rows: list[object]) -> None:
    """Whatever JSON holds, each sample is the asked instrument's and holds numbers, text, flags or None."""
    asked = Asked(source=source, at=NOW, since={"QT1": DAY_AGO}, start=DAY_AGO, end=NOW)
    for sample in parse_records(rows, asked, Garbage()).get("QT1", []):
        assert source in RANGE_SOURCES or sample.at == NOW
        assert all(value is None or isinstance(value, (float, str, bool)) for value in sample.values.values())

"""What the store knows of the instruments, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from alertd.model import Instrument, Sample, Source
from alertd.store.store import Store
from tests.store.making import NOW, minutes, record, sample


def fleet(serials: str) -> list[Instrument]:
    return [Instrument(serial=serial) for serial in serials.split()]


def test_an_instrument_comes_back_as_the_api_described_it(store: Store) -> None:
    """Everything but labels, which are the config's."""
    described = Instrument(
        serial="QT1",
        name="Zürich \N{SNOWMAN}",
        model="CR:900",
        type="Noise",
        subscription="Active",
        features=("a", "b"),
        labels={"site": "x"},
    )
    store.record_fleet([described], NOW)
    (found,) = store.instruments()
    assert found == Instrument(
        serial="QT1",
        name="Zürich \N{SNOWMAN}",
        model="CR:900",
        type="Noise",
        subscription="Active",
        features=("a", "b"),
    )


def test_a_new_description_replaces_the_old(store: Store) -> None:
    """A renamed instrument, a lapsed subscription."""
    store.record_fleet([Instrument(serial="QT1", name="old", subscription="Active")], NOW)
    store.record_fleet([Instrument(serial="QT1", name="new", subscription=None)], NOW)
    assert store.instruments() == [Instrument(serial="QT1", name="new", subscription=None)]


@pytest.mark.parametrize(
    ("listings", "gone", "left"),
    [
        (["A B", "A", "A"], [], "A B"),
        (["A B", "A", "A", "A"], ["B"], "A"),
        (["A B", "A", "A", "A B", "A", "A"], [], "A B"),
        (["A B", "A", "", "", "", "A"], [], "A B"),
        (["A B", "A", "A", "A", "A"], ["B"], "A"),
        (["A B", "A", "A", "A", "A B"], ["B"], "A B"),
        (["A B", "A", "A", "A", "A B", "A", "A"], ["B"], "A B"),
        (["A B C", "A", "A", "A"], ["B", "C"], "A"),
    ],
    ids=["two misses", "three misses", "seen again", "empty says nothing", "once", "back", "counts anew", "two"],
)
def test_three_good_listings_without_it_remove_an_instrument(
    store: Store, listings: list[str], gone: list[str], left: str
) -> None:
    """One short answer ends nothing, and a removed one is back when it is seen again."""
    removed = [serial for listing in listings for serial in store.record_fleet(fleet(listing), NOW)]
    assert removed == gone
    assert [each.serial for each in store.instruments()] == left.split()


def test_a_name_that_a_database_refuses_costs_only_its_odd_letters(store: Store) -> None:
    """NUL (PostgreSQL) and lone surrogates (both) become the replacement character, also in values."""
    store.record_fleet([Instrument(serial="Q\0T", name="a\ud800b")], NOW)
    assert store.instruments() == [Instrument(serial="Q\ufffdT", name="a\ufffdb")]
    assert store.record_fleet([Instrument(serial="Q\0T", name="a\ud800b")], NOW) == []
    record(store, samples=[sample("Q\0T", note="x\0\ud800")])
    assert store.newest() == [sample("Q\ufffdT", note="x\0\ud800")]


def test_the_newest_record_of_each_source_is_kept(store: Store) -> None:
    """Of several in one round, and over rounds; an older one never replaces a newer."""
    record(store, samples=[sample("A", minutes(1), cpu=1.0), sample("A", minutes(3), cpu=3.0), sample("A", cpu=0.0)])
    record(store, samples=[sample("A", minutes(2), cpu=2.0), sample("A", NOW, Source.STATUS, online=True)])
    record(store, samples=[sample("B", minutes(2), cpu=None)])
    assert sorted(store.newest(), key=lambda each: (each.source, each.instrument)) == [
        sample("A", minutes(3), cpu=3.0),
        sample("B", minutes(2), cpu=None),
        sample("A", NOW, Source.STATUS, online=True),
    ]


def test_a_record_of_the_same_time_is_corrected(store: Store) -> None:
    """What was sent again counts."""
    record(store, samples=[sample("A", cpu=1.0)])
    record(store, samples=[sample("A", cpu=2.0)])
    assert store.newest() == [sample("A", cpu=2.0)]


def test_values_keep_their_types(store: Store) -> None:
    """A number, a whole one, a word, a yes/no and a missing value stay what they are."""
    values = {"number": 11.21, "whole": 500, "word": "Success", "flag": True, "missing": None, "tiny": 5e-324}
    record(store, samples=[sample("A", **values)])
    (found,) = store.newest()
    assert found.values == values
    assert [type(value) for value in found.values.values()] == [type(value) for value in values.values()]


def test_cursors_are_kept_by_source(store: Store) -> None:
    """Each source has its own; the last one written counts."""
    record(store, cursors={(Source.STATS, "A"): NOW, (Source.SIC, "A"): minutes(1), (Source.STATS, "B"): NOW})
    record(store, cursors={(Source.STATS, "A"): minutes(2)})
    assert store.cursors(Source.STATS) == {"A": minutes(2), "B": NOW}
    assert store.cursors(Source.SIC) == {"A": minutes(1)}
    assert store.cursors(Source.EVENTS) == {}


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 10, 25, 1, 30, 0, 1, tzinfo=timezone(timedelta(hours=2))),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_times_are_exact_to_the_microsecond(store: Store, at: datetime) -> None:
    """In any offset, before 1970 and to the end of the calendar; they come back in UTC."""
    record(store, samples=[Sample(instrument="A", source=Source.SIC, at=at, values={})])
    (found,) = store.newest()
    assert found.at == at
    assert found.at.tzinfo is UTC


def test_thousands_of_records_go_in_at_once(store: Store) -> None:
    """No database's limit on parameters is in the way."""
    many = [sample(f"QT{number:05}", cpu=float(number)) for number in range(3000)]
    record(store, samples=many, cursors={(Source.CURRENT, each.instrument): NOW for each in many})
    record(store, samples=many)
    assert sorted(store.newest(), key=lambda each: each.instrument) == many
    assert len(store.cursors(Source.CURRENT)) == 3000

"""An ordinary round, and what was read out of turn while it went on: the later answer stands."""

from datetime import UTC, datetime, timedelta

import pytest

from alertd.daemon.book import Book
from alertd.daemon.rounds import Round, RoundReport
from alertd.model import Sample, Source
from alertd.mycirrus.answer import Answer

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("serial", "asked_at", "is_news"),
    [
        ("QT1", NOW - SECOND, False),  # asked before the hint's answer
        ("QT1", NOW, True),
        ("QT1", NOW + SECOND, True),
        ("QT2", NOW - SECOND, True),  # nobody hinted at this one
    ],
)
def test_what_was_overtaken_is_no_news(serial: str, asked_at: datetime, is_news: bool) -> None:
    """An answer that waited to be judged while a later one came must not bring the older state back."""
    going = Round(Source.STATUS, RoundReport(source="status"), {}, began=0.0)
    going.overtaken["QT1"] = NOW
    assert going.is_news(Answer(instrument=serial, asked_at=asked_at)) is is_news


@pytest.mark.parametrize(
    ("source", "asked_at", "is_news"),
    [(Source.STATUS, NOW - SECOND, False), (Source.STATUS, NOW + SECOND, True), (Source.SIC, NOW - SECOND, True)],
)
def test_a_slow_hint_does_not_bring_an_older_state_back(source: Source, asked_at: datetime, is_news: bool) -> None:
    """Records have times of their own; a state has the one at which it was asked for."""
    known = Sample(instrument="QT1", source=source, at=NOW, values={})
    book = Book({source: timedelta(minutes=1)}, [known])
    assert book.is_news(source, "QT1", asked_at) is is_news

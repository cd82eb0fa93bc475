"""What was read of MyCirrus's past: kept, found again, and asked for again where it may have grown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alertd.model import Sample, Source
from alertd.store.columns import to_micros
from alertd.store.past_cache import PastCache, Span

T = datetime(2026, 3, 1, tzinfo=UTC)
H = timedelta(hours=1)


def hours(text: str) -> list[Span]:
    """`0-3 5-6`: spans in hours after T."""
    return [(T + int(a) * H, T + int(b) * H) for a, b in (word.split("-") for word in text.split())]


@pytest.mark.parametrize(
    ("read", "read_at", "now", "wanted", "missing"),
    [
        ("", 100, 100, "0-10", "0-10"),
        ("0-10", 100, 200, "0-10", ""),
        ("0-10", 100, 200, "2-5", ""),
        ("2-5", 100, 200, "0-10", "0-2 5-10"),
        ("0-3 3-7", 100, 200, "0-10", "7-10"),
        ("0-3 5-7", 100, 200, "1-10", "3-5 7-10"),
        ("0-48", 48, 48, "0-48", ""),  # read just now: nothing new for an hour
        ("0-48", 48, 50, "0-48", "24-48"),  # a monitor may upload a day later
        ("0-48", 48, 50, "0-50", "24-50"),
    ],
)
def test_missing(  # noqa: PLR0917 - a column of the table each
    read: str, read_at: int, now: int, wanted: str, missing: str, tmp_path: Path
):
    """Only what is not held, or may have grown since, is asked for."""
    cache = PastCache(tmp_path)
    for span in hours(read):
        cache.add("QT1", Source.STATS, span, T + read_at * H, [])
    (span,) = hours(wanted)
    assert cache.missing("QT1", Source.STATS, span, T + now * H) == hours(missing)
    assert cache.missing("QT2", Source.STATS, span, T + now * H) == [span]


def sample(hour: float, volts: float) -> Sample:
    return Sample(instrument="QT1", source=Source.STATS, at=T + hour * H, values={"voltage": volts, "cpu": None})


def test_tracks(tmp_path: Path):
    """Spans that overlap are one track; of a record that was read twice the later reading counts."""
    cache = PastCache(tmp_path)
    cache.add("QT1", Source.STATS, (T, T + 2 * H), T + 9 * H, [sample(2, 12.0), sample(1, 11.0)])
    cache.add("QT1", Source.STATS, (T + 2 * H, T + 4 * H), T + 10 * H, [sample(2, 12.5), sample(3, 13.0)])
    track = cache.track("QT1", Source.STATS, ["voltage"], (T, T + 3 * H))
    assert track.times == [to_micros(T + hour * H) for hour in (1, 2, 3)]
    assert track.columns == {"voltage": [11.0, 12.5, 13.0]}
    assert cache.track("QT1", Source.SIC, ["status"], (T, T + H)).times == []


def test_what_was_read_again_is_not_kept_twice(tmp_path: Path):
    """A wider reading takes the place of a narrower one; a serial cannot lead out of the folder."""
    cache = PastCache(tmp_path)
    cache.add("../QT1", Source.SIC, (T, T + H), T + 50 * H, [])
    cache.add("../QT1", Source.SIC, (T, T + 2 * H), T + 51 * H, [])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert files[0].parent.parent == tmp_path / "sic"


def test_a_damaged_file_is_as_none(tmp_path: Path):
    """Whatever lies in the folder."""
    cache = PastCache(tmp_path)
    cache.add("QT1", Source.STATS, (T, T + 2 * H), T + 90 * H, [sample(1, 11.0)])
    for path in tmp_path.rglob("*.past"):
        path.write_bytes(b"no block")
    (tmp_path / "stats" / "QT1" / "notes.past").write_text("")
    assert cache.track("QT1", Source.STATS, ["voltage"], (T, T + 2 * H)).times == []

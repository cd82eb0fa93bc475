"""What was read of MyCirrus's past, kept in files so that nobody asks twice. No secret is in it.

One folder for each source and instrument; in it a file for each span that was read, named by the span and by when it
was read (microseconds since 1970), empty where there was nothing. A file is written beside and then renamed.
"""

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from alertd.model import Sample, Source
from alertd.store import packing
from alertd.store.columns import from_micros, to_micros
from alertd.store.tracks import Column, Track, merge

LATE_UPLOADS = timedelta(hours=24)
"""A monitor may upload what it recorded within a day: what was read sooner than that after it is read again…"""
FRESH = timedelta(hours=1)
"""… unless it was read just now."""

_SUFFIX = ".past"

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, order=True)
class _Segment:
    """One file."""

    read_at: int
    start: int
    end: int
    path: Path

    def holds_until(self, now: int) -> int:
        """Up to when nothing more can come."""
        if now - self.read_at < _micros(FRESH):
            return self.end
        return min(self.end, self.read_at - _micros(LATE_UPLOADS))


class PastCache:
    """The files below one folder. Several processes may read and add at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def missing(self, serial: str, source: Source, span: Span, now: datetime) -> list[Span]:
        """What of a span has to be asked for, in order."""
        start, end = to_micros(span[0]), to_micros(span[1])
        found: list[tuple[int, int]] = []
        at = start
        held = sorted((each.start, each.holds_until(to_micros(now))) for each in self._segments(serial, source))
        for first, last in held:
            if first > at:
                found.append((at, min(first, end)))
            at = max(at, last)
            if at >= end:
                break
        if at < end:
            found.append((at, end))
        return [(from_micros(a), from_micros(b)) for a, b in found if a < b]

    def add(self, serial: str, source: Source, span: Span, read_at: datetime, samples: Sequence[Sample]) -> None:
        """Keep what was read of a span.

        Raises:
            OSError: the folder cannot be written to.
        """
        self.add_track(serial, source, span, read_at, _track(samples))

    def add_track(self, serial: str, source: Source, span: Span, read_at: datetime, track: Track) -> None:
        """The same as columns."""
        folder = self._folder(serial, source)
        folder.mkdir(parents=True, exist_ok=True)
        start, end, at = to_micros(span[0]), to_micros(span[1]), to_micros(read_at)
        path = folder / f"{start}-{end}-{at}{_SUFFIX}"
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(packing.pack(track) if track.times else b"")
        beside.replace(path)
        for old in self._segments(serial, source):
            if old.read_at < at and start <= old.start and old.end <= end:
                with contextlib.suppress(OSError):
                    old.path.unlink()

    def track(self, serial: str, source: Source, fields: Collection[str], span: Span) -> Track:
        """These fields of what is kept of a span; of a record that was read twice, the later reading."""
        start, end = to_micros(span[0]), to_micros(span[1])
        parts = []
        for segment in sorted(self._segments(serial, source)):
            if segment.start <= end and segment.end >= start:
                with contextlib.suppress(OSError, ValueError):
                    block = segment.path.read_bytes()
                    parts += [packing.unpack(block, fields)] if block else []
        return merge(parts).between(start, end + 1)

    def _folder(self, serial: str, source: Source) -> Path:
        return self.folder / source.value / quote(serial, safe="")

    def _segments(self, serial: str, source: Source) -> Iterator[_Segment]:
        """Those that can be read; a damaged one is as none."""
        try:
            names = [path.name for path in self._folder(serial, source).iterdir()]
        except OSError:
            return
        for name in names:
            words = name.removesuffix(_SUFFIX).split("-")
            if name.endswith(_SUFFIX) and len(words) == 3 and all(word.isdigit() for word in words):
                start, end, read_at = map(int, words)
                yield _Segment(read_at, start, end, self._folder(serial, source) / name)


def _track(samples: Sequence[Sample]) -> Track:
    ordered = list({to_micros(sample.at): sample for sample in sorted(samples, key=lambda each: each.at)}.items())
    names = dict.fromkeys(name for _, sample in ordered for name in sample.values)
    columns: dict[str, Column] = {name: [sample.values.get(name) for _, sample in ordered] for name in names}
    return Track([at for at, _ in ordered], columns)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)

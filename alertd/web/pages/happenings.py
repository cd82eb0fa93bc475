"""What happened at a monitor: site notes and network events, numbered so that charts can point at them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.chart.chart import Note
from alertd.model import Source
from alertd.store.store import Store

MOST = 40
"""Of the newest; more would be a wall of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One note or event."""

    sign: str
    at: datetime
    kind: str
    text: str
    by: str = ""
    lasted: timedelta | None = None

    @property
    def note(self) -> Note:
        """Its mark in a chart."""
        return Note(at=self.at, sign=self.sign)


def happenings(store: Store, serial: str, start: datetime, end: datetime) -> tuple[list[Happening], int]:
    """The newest of that time, oldest first, and how many there were."""
    found = [*_notes(store, serial, start, end), *_events(store, serial, start, end)]
    found.sort(key=lambda each: each[0])
    shown = found[-MOST:]
    return [
        Happening(sign=str(number), at=at, kind=kind, text=text, by=by, lasted=lasted)
        for number, (at, kind, text, by, lasted) in enumerate(shown, 1)
    ], len(found)


_Found = tuple[datetime, str, str, str, timedelta | None]


def _notes(store: Store, serial: str, start: datetime, end: datetime) -> list[_Found]:
    history = store.history_many(serial, Source.CALIBRATION_LOG, ["user", "message"], start, end)
    by = dict(history["user"])
    return [(at, "note", str(text), str(by.get(at, "")), None) for at, text in history["message"]]


def _events(store: Store, serial: str, start: datetime, end: datetime) -> list[_Found]:
    history = store.history_many(serial, Source.EVENTS, ["type", "info", "duration"], start, end)
    details, lasted = dict(history["info"]), dict(history["duration"])
    return [(at, str(kind), str(details.get(at, "")), "", _span(lasted.get(at))) for at, kind in history["type"]]


def _span(seconds: object) -> timedelta | None:
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) and 0 <= seconds < 1e9 else None

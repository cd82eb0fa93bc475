"""Stand-ins for the two things outside: MyCirrus and the channels. Everything between them is real."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertd.errors import ApiError, NotAllowed, Unreachable
from alertd.model import Instrument, Message, Sample, Source, Value
from alertd.mycirrus.answer import Answer
from alertd.notify.outcome import Delivered, Failed, Outcome

HEALTHY: dict[str, Value] = {
    "cpu": 12.2,
    "mem": 8.3,
    "temp": 51.1,
    "voltage": 12.6,
    "disk": 0.2,
    "network": 3.7,
    "simQuota": 0.0,
    "simUsage": 0.0,
    "uptime": 90000.0,
}


@dataclass
class FakeClient:
    """A MyCirrus whose instruments a test sets; it answers as `Client` does, without a socket."""

    fleet: dict[str, Instrument] = field(default_factory=dict)
    current: dict[str, dict[str, Value | None]] = field(default_factory=dict)
    online: dict[str, bool] = field(default_factory=dict)
    records: dict[tuple[Source, str], list[Sample]] = field(default_factory=dict)
    failing: dict[str, ApiError] = field(default_factory=dict)
    """By source's name, by serial, or `*` for everything."""

    def add(self, *serials: str) -> None:
        for serial in serials:
            self.fleet[serial] = Instrument(
                serial=serial, name=f"Monitor {serial}", model="CR:900", subscription="Active"
            )
            self.current[serial] = dict(HEALTHY)
            self.online[serial] = True

    def record(self, source: Source, serial: str, at: datetime, values: Mapping[str, Value]) -> None:
        sample = Sample(instrument=serial, source=source, at=at, values=dict(values))
        self.records.setdefault((source, serial), []).append(sample)

    def instruments(self) -> list[Instrument]:
        error = self.failing.get("*") or self.failing.get("instruments")
        if error:
            raise error
        return list(self.fleet.values())

    def fetch(
        self, source: Source, serials: Sequence[str], cursors: Mapping[str, datetime], now: datetime
    ) -> Iterator[Answer]:
        for serial in serials:
            yield self._answer(source, serial, cursors.get(serial), now)

    def _answer(self, source: Source, serial: str, cursor: datetime | None, now: datetime) -> Answer:
        error = self.failing.get("*") or self.failing.get(source.value) or self.failing.get(serial)
        if error is None and serial not in self.fleet:
            error = NotAllowed(f"404: no instrument {serial}", 404)
        if error is not None:
            return Answer(instrument=serial, error=error, asked_at=now)
        if source is Source.STATUS:
            return self._one(source, serial, {"online": self.online[serial], "measuring": True}, now)
        if source is Source.CURRENT:
            return self._one(source, serial, self.current[serial], now)
        found = [
            sample
            for sample in self.records.get((source, serial), [])
            if sample.at <= now and (cursor is None or sample.at >= cursor - timedelta(minutes=10))
        ]
        found.sort(key=lambda sample: sample.at)
        newest = found[-1].at if found else now - timedelta(hours=24)
        return Answer(
            instrument=serial, samples=tuple(found), cursor=max(cursor or newest, newest), error=None, asked_at=now
        )

    def _one(self, source: Source, serial: str, values: Mapping[str, Value | None], now: datetime) -> Answer:
        sample = Sample(instrument=serial, source=source, at=now, values=dict(values))
        return Answer(instrument=serial, samples=(sample,), asked_at=now)

    def learnt(self) -> dict[str, object]:
        return {}

    def restore(self, learnt: Mapping[str, object]) -> None:
        pass

    def abort(self) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass
class FakeChannels:
    """Channels that take every message, or fail as a test asks; of kind `text` where `kinds` says no other."""

    kinds: dict[str, str] = field(default_factory=dict)
    down: dict[str, Failed] = field(default_factory=dict)
    taken: list[tuple[str, Message, bool]] = field(default_factory=list)
    """(target, message, possible repeat) of each that arrived."""

    def kind(self, target: str) -> str:
        return self.kinds.get(target, "text")

    def timeout(self, target: str) -> timedelta:
        return timedelta(seconds=30)

    def limit(self, target: str) -> int | None:
        return None

    def send(self, target: str, message: Message, *, possible_repeat: bool, thread_id: str | None) -> Outcome:
        outcome = self.down.get(target)
        if outcome is not None:
            if outcome.maybe:
                self.taken.append((target, message, possible_repeat))
            return outcome
        self.taken.append((target, message, possible_repeat))
        return Delivered()


UNREACHABLE = Unreachable("time-out after 10 s")

"""A MyCirrus that says what a rule test has written down, each thing at its time."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from alertd.errors import ApiError, Unreachable
from alertd.model import RANGE_SOURCES, Instrument, Sample, Source, Value
from alertd.mycirrus.answer import Answer
from alertd.rules.testing.case import Case, Record, Series

WELL: Mapping[str, Value] = {
    "online": True,
    "measuring": True,
    "calibrationInProgress": False,
    "sicInProgress": False,
}
"""The status of an instrument of which the test says nothing."""

NO_ANSWER = Unreachable("no answer: a missing value in the test")

_NOTHING: tuple[Sample, ...] = ()


class ScriptedCloud:
    """Answers as mycirrus.client.Client does, without asking anybody.

    - A record of `current` and of `stats` has every field of its series as it stands: series may have other distances.
    - Where every series of `current` misses its value, and once they are over, there is no answer; of `stats` there is
      no record then.
    - SIC, calibrations, events and notes are what rows say, and a record each time a series of theirs has a value.
    - An instrument is online and measures, unless a row or a series says otherwise.
    """

    def __init__(self, case: Case) -> None:
        self._start = case.start
        self._fleet = list(case.instruments)
        self._series: dict[tuple[Source, str], list[Series]] = {}
        for each in case.series:
            self._series.setdefault((each.source, each.instrument), []).append(each)
        self._status = _by_instrument(case.records)
        self._records = {
            (source, instrument.serial): self._listed(source, instrument.serial, case.records)
            for source in RANGE_SOURCES
            for instrument in self._fleet
        }
        self._times = {key: [record.at for record in records] for key, records in self._records.items()}
        self._told: dict[tuple[Source, str], int] = {}

    def instruments(self) -> list[Instrument]:
        """All of the test's."""
        return self._fleet

    def fetch(
        self, source: Source, serials: Sequence[str], _cursors: Mapping[str, datetime], now: datetime
    ) -> Iterator[Answer]:
        """What is so at `now`; of records those that were not told before."""
        for serial in serials:
            if source in RANGE_SOURCES:
                yield Answer(instrument=serial, samples=self._fresh(source, serial, now), cursor=now, asked_at=now)
            else:
                values = self._now(source, serial, now - self._start)
                sample = Sample(instrument=serial, source=source, at=now, values=values)
                error: ApiError | None = None if values else NO_ANSWER
                yield Answer(instrument=serial, samples=(sample,) if values else (), error=error, asked_at=now)

    def learnt(self) -> dict[str, object]:
        """Nothing."""
        return {}

    def restore(self, learnt: object) -> None:
        """Nothing."""

    def abort(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is open."""

    # -- inside ------------------------------------------------------------------------------------------------------

    def _now(self, source: Source, serial: str, at: timedelta) -> Mapping[str, Value | None]:
        """The fields as they stand; empty where there is no answer."""
        values = {each.field: each.standing(at) for each in self._series.get((source, serial), ())}
        if source is Source.STATUS:
            said = [record.values for record in self._status.get(serial, ()) if record.at <= at]
            return {**WELL, **values, **{name: value for each in said for name, value in each.items()}}
        return values if any(value is not None for value in values.values()) else {}

    def _fresh(self, source: Source, serial: str, now: datetime) -> tuple[Sample, ...]:
        key = (source, serial)
        records = self._records.get(key)
        if not records:
            return _NOTHING
        begin, end = self._told.get(key, 0), bisect_right(self._times[key], now)
        self._told[key] = end
        return tuple(records[begin:end])

    def _listed(self, source: Source, serial: str, rows: Sequence[Record]) -> list[Sample]:
        """Every record of a source with times of its own, by these; a row's own before a series' of the same time."""
        found: dict[timedelta, Mapping[str, Value | None]] = {}
        series = self._series.get((source, serial), ())
        for at in {each.at + each.every * place for each in series for place in range(len(each.values))}:
            values = {each.field: each.standing(at) for each in series}
            if any(value is not None for value in values.values()):
                found[at] = values
        found.update((row.at, row.values) for row in rows if (row.source, row.instrument) == (source, serial))
        return [
            Sample(instrument=serial, source=source, at=self._start + at, values=values)
            for at, values in sorted(found.items(), key=lambda each: each[0])
        ]


def _by_instrument(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The rows of `status`, by their times."""
    found: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda each: each.at):
        if record.source is Source.STATUS:
            found.setdefault(record.instrument, []).append(record)
    return found

"""One round of one source: batches, refused ones taken apart, ranges in slices. Exactly one Answer an instrument."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.errors import ApiError, KeyRefused, NotAllowed, Unreachable
from alertd.model import RANGE_SOURCES, Sample, Source
from alertd.mycirrus.answer import Answer
from alertd.mycirrus.breaker import NotTried
from alertd.mycirrus.fleet import records_of
from alertd.mycirrus.garbage import Garbage
from alertd.mycirrus.habits import Habits
from alertd.mycirrus.parse import Asked, OwnerUnknown, parse_records, tidy
from alertd.mycirrus.plan import (
    ENDPOINTS,
    RECORDS_AT_ONCE,
    Batch,
    batches,
    cursor_after,
    first_slice,
    query,
    status_path,
)
from alertd.mycirrus.transport import TooLarge

SHORTEST_SLICE = timedelta(hours=1)

Ask = Callable[[str, str, str, Callable[[object], list[object]]], tuple[list[object], datetime]]
"""(endpoint, path, query, how to get at the records) → the records and when they were asked for; raises ApiError."""


@dataclass(slots=True)
class _Gathered:
    """What the slices of one batch have brought so far."""

    samples: dict[str, list[Sample]]
    reached: datetime | None = None
    asked_at: datetime | None = None
    error: ApiError | None = None

    def add(self, found: Mapping[str, list[Sample]]) -> None:
        for serial, samples in found.items():
            if serial in self.samples:
                self.samples[serial] += samples
            else:
                self.samples[serial] = samples


class Fetch:
    """Reads one source of some instruments once."""

    def __init__(
        self,
        source: Source,
        cursors: Mapping[str, datetime],
        now: datetime,
        *,
        ask: Ask,
        habits: Habits,
        garbage: Garbage,
        array_style: str,
    ) -> None:
        self._source = source
        self._cursors = cursors
        self._now = now
        self._ask = ask
        self._habits = habits
        self._garbage = garbage
        self._array_style = array_style
        self._refused: KeyRefused | None = None
        self._went_well = False
        self._taking_apart = False
        self._failed: list[tuple[str, ...]] = []

    def run(self, serials: Sequence[str], size: int) -> Iterator[Answer]:
        """The answers, as they come."""
        most = 1 if self._source is Source.STATUS else self._habits.limit(self._source, self._now) or size
        for together, group in self._habits.arrange(self._source, serials, min(size, most)):
            for batch in batches(self._source, group, self._cursors, self._now, together):
                yield from self._read(batch)
        if self._went_well:
            for failed in self._failed:
                self._habits.doubt(self._source, failed)

    def _read(self, batch: Batch) -> Iterator[Answer]:
        """The answers of a batch, taken apart where it has to be."""
        limit = self._habits.limit(self._source, self._now)
        if limit is not None and len(batch.since) > limit:
            for part in batch.parts(limit):
                yield from self._read(part)
            return
        if self._refused is not None:
            yield from self._failures(batch, self._refused)
            return
        try:
            gathered = self._gather(batch)
        except OwnerUnknown:
            self._habits.limit_to(self._source, 1, self._now)
            yield from self._read(batch)
        except NotAllowed as error:
            yield from self._take_apart(batch, error)
        else:
            self._learn(batch, gathered.error)
            yield from self._answers(batch, gathered)

    def _learn(self, batch: Batch, error: ApiError | None) -> None:
        if isinstance(error, KeyRefused):
            self._refused = error
        elif error is None:
            self._went_well = True
            self._habits.trust(self._source, batch.since)
            if len(batch.since) == 1:
                self._habits.refused_alone(self._source, batch.serials[0], refused=False)
            else:
                self._habits.works(self._source, len(batch.since))
        elif isinstance(error, Unreachable) and not isinstance(error, NotTried):
            self._failed.append(batch.serials)

    def _take_apart(self, batch: Batch, error: NotAllowed) -> Iterator[Answer]:
        """A batch was refused: find out for whom, and go on with the others."""
        if len(batch.since) == 1:
            self._habits.refused_alone(self._source, batch.serials[0], refused=True)
            yield from self._failures(batch, error)
            return
        if self._habits.barred(self._source):
            yield from self._sound_out(batch, error)
            return
        outermost = not self._taking_apart
        self._taking_apart = True
        errors: list[ApiError | None] = []
        for half in batch.halves():
            for answer in self._read(half):
                errors.append(answer.error)
                yield answer
        if all(one is None for one in errors):
            self._habits.limit_to(self._source, (len(batch.since) + 1) // 2, self._now)
        if outermost:
            self._taking_apart = False
            # Some refused neighbours are no reason to give up on a source that answers for others.
            if not self._went_well and len(errors) > 2 and all(isinstance(one, NotAllowed) for one in errors):
                self._habits.bar(self._source, batch.since)

    def _sound_out(self, batch: Batch, error: NotAllowed) -> Iterator[Answer]:
        """Nobody was allowed so far: ask for one of the batch, each time another, before asking for each."""
        scout = self._habits.scout(self._source, batch.serials)
        rest = batch.of(serial for serial in batch.since if serial != scout)
        for answer in self._read(batch.of([scout])):
            yield answer
            allowed = not isinstance(answer.error, NotAllowed)
        if not allowed:
            self._habits.refused_alone(self._source, scout, refused=False)  # back into the batches with it
            yield from self._failures(rest, error)
            return
        self._habits.works(self._source, 1)
        yield from self._read(rest)

    def _gather(self, batch: Batch) -> _Gathered:
        """All records of a batch, slice by slice; an error in a later slice keeps what came before.

        Raises:
            NotAllowed: the batch was refused.
            OwnerUnknown: its records do not say whose they are.
        """
        gathered = _Gathered({})
        step = first_slice(self._source)
        start = batch.start
        while start < batch.end or gathered.asked_at is None:
            end = min(start + step, batch.end)
            try:
                gathered.add(self._slice(batch, start, end, gathered))
            except TooLarge as error:
                if self._source not in RANGE_SOURCES or step <= SHORTEST_SLICE:
                    gathered.error = error
                    break
                step = min(step, end - start) / 2
                continue
            except NotAllowed:
                raise
            except ApiError as error:
                gathered.error = error
                break
            start = gathered.reached = end
            if self._source not in RANGE_SOURCES or sum(map(len, gathered.samples.values())) > RECORDS_AT_ONCE:
                break
        return gathered

    def _slice(self, batch: Batch, start: datetime, end: datetime, gathered: _Gathered) -> dict[str, list[Sample]]:
        source = self._source
        if source is Source.STATUS:
            rows, gathered.asked_at = self._ask(source.value, status_path(batch.serials[0]), "", _object)
        else:
            dated = (start, end) if source in RANGE_SOURCES else None
            text = query(batch.serials, self._array_style, dated)
            path = ENDPOINTS[source].path
            rows, gathered.asked_at = self._ask(source.value, path, text, lambda value: records_of(value, path))
        asked = Asked(source=source, at=gathered.asked_at, since=batch.since, start=start, end=end)
        return parse_records(_let_go(rows), asked, self._garbage)

    def _answers(self, batch: Batch, gathered: _Gathered) -> Iterator[Answer]:
        asked_at = gathered.asked_at or self._now
        dated = self._source in RANGE_SOURCES
        for serial in batch.since:
            samples, cursor = tidy(gathered.samples.get(serial, [])), None
            if dated and gathered.reached is not None:
                newest = samples[-1].at if samples else None
                cursor = cursor_after(self._cursors.get(serial), newest, gathered.reached, self._now)
            yield Answer(
                instrument=serial,
                asked_at=asked_at,
                samples=samples if dated else samples[-1:],
                cursor=cursor,
                reached=gathered.reached if dated else None,
                error=gathered.error,
            )

    def _failures(self, batch: Batch, error: ApiError) -> Iterator[Answer]:
        for serial in batch.since:
            yield Answer(instrument=serial, asked_at=self._now, error=error)


def _let_go(rows: list[object]) -> Iterator[object]:
    """Each row, kept no longer than it is looked at: an answer's rows and its samples are never all there at once."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _object(value: object) -> list[object]:
    """The one record of /status."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise Unreachable("status: the answer is no record")
    return [value]

"""Reading what MyCirrus has of the past: whole ranges of a source, slice by slice, within the client's limits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.errors import ApiError, KeyRefused, NotAllowed, TooManyRequests
from alertd.model import Sample, Source
from alertd.mycirrus.answer import Answer
from alertd.mycirrus.breaker import LONGEST_ASKED_WAIT
from alertd.mycirrus.client import Client
from alertd.mycirrus.plan import ENDPOINTS, first_slice

TRIES = 3
"""How often a slice is asked for before its source counts as failed."""
FIRST_WAIT = timedelta(seconds=2)

Span = tuple[datetime, datetime]
Wait = Callable[[float], object]
"""Waits so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one instrument's source holds of one span."""

    source: Source
    serial: str
    start: datetime
    end: datetime
    samples: Sequence[Sample]
    asked_at: datetime


def slices(source: Source, wanted: Mapping[str, Sequence[Span]]) -> dict[Span, list[str]]:
    """The spans to ask for, none longer than one request may be, with the instruments whose they are."""
    longest = first_slice(source)
    found: dict[Span, list[str]] = {}
    for serial, spans in wanted.items():
        for start, end in spans:
            at = start
            while at < end:
                found.setdefault((at, min(at + longest, end)), []).append(serial)
                at += longest
    return dict(sorted(found.items()))


def read_past(
    client: Client,
    source: Source,
    wanted: Mapping[Span, Sequence[str]],
    take: Callable[[Piece], None],
    wait: Wait,
) -> dict[str, str]:
    """Read these slices and hand over what is in them as it comes; returns for whom MyCirrus would not answer, and why.

    A slice that fails is asked for again, after the wait that MyCirrus asks for, five minutes at most.

    Raises:
        ApiError: the source failed; what came before was handed over.
    """
    refused: dict[str, str] = {}
    for (start, end), serials in wanted.items():
        left = dict.fromkeys((serial for serial in serials if serial not in refused), start)
        tries = 0
        while left:
            failure: ApiError | None = None
            for answer in _asked(client, source, left, end):
                if isinstance(answer.error, NotAllowed):
                    refused[answer.instrument] = str(answer.error)
                    del left[answer.instrument]
                    continue
                failure = answer.error or failure
                _hand_over(source, answer, left, end, take)
            if failure is None:
                tries = 0
                continue
            tries += 1
            if tries >= TRIES or isinstance(failure, KeyRefused):
                raise failure
            wait(_pause(failure, tries).total_seconds())
    return refused


def _asked(client: Client, source: Source, left: Mapping[str, datetime], end: datetime) -> Iterator[Answer]:
    """One request for each instrument's rest of a slice, or for several's."""
    overlap = ENDPOINTS[source].overlap
    cursors = {serial: start + overlap for serial, start in left.items()}
    return iter(list(client.fetch(source, list(left), cursors, end)))


def _hand_over(
    source: Source, answer: Answer, left: dict[str, datetime], end: datetime, take: Callable[[Piece], None]
) -> None:
    """Hand over what was read of an instrument, and note what is left of it."""
    start, reached = left[answer.instrument], answer.reached
    if reached is None or reached <= start:
        if answer.error is None:  # nothing to be had: so it was read
            del left[answer.instrument]
        return
    take(
        Piece(
            source=source,
            serial=answer.instrument,
            start=start,
            end=reached,
            samples=[sample for sample in answer.samples if start <= sample.at <= reached],
            asked_at=answer.asked_at,
        )
    )
    if reached >= end:
        del left[answer.instrument]
    else:
        left[answer.instrument] = reached


def _pause(failure: ApiError, tries: int) -> timedelta:
    asked = failure.wait if isinstance(failure, TooManyRequests) else None
    return min(asked or FIRST_WAIT * 2 ** (tries - 1), LONGEST_ASKED_WAIT)

"""Reliving many instruments, in two processes where that is worth their start. What crosses over is plain values."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from alertd.daemon.replay.course import Course, Micros, derive
from alertd.daemon.replay.engine import relive
from alertd.daemon.replay.lives import Life, Terms
from alertd.fields import FIELDS
from alertd.model import Instrument, Source
from alertd.rules.load import load_rules
from alertd.rules.pasts import TWINS, needs_of, spans_of
from alertd.rules.rule import BoundRule, Rule, bind
from alertd.store.columns import to_micros
from alertd.store.past_cache import PastCache
from alertd.store.store import Store
from alertd.store.tracks import Track

AT_ONCE = 5
"""Instruments in one piece of work: some hundred megabytes for a month of minutes."""

PROCESSES = 2
WORTH_PROCESSES = timedelta(days=60)
"""Instrument-time that takes longer than a process takes to start."""

FIRST_LOOK: Mapping[Source, timedelta] = {
    Source.STATS: timedelta(hours=1),
    Source.EVENTS: timedelta(days=1),
    Source.SIC: timedelta(days=31),
    Source.CALIBRATIONS: timedelta(days=365),
    Source.CALIBRATION_LOG: timedelta(days=31),
}
"""How far before its beginning a replay looks for what is so at its beginning, as a first start of alertd does."""

ALWAYS: Mapping[Source, tuple[str, ...]] = {Source.STATUS: ("online",), Source.STATS: ("samplePeriod",)}
"""Fields that matter whatever the rules read."""

Reaches = Mapping[Source, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class FromStore:
    """The past is in a store."""

    url: str
    base: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FromApi:
    """The past was read from MyCirrus into files."""

    cache: Path


Place = FromStore | FromApi


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The rules of some files, with what a replay needs to know of them beside."""

    files: tuple[Path, ...]
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is asked of each instrument."""

    place: Place
    sets: tuple[RuleSet, ...]
    every: Mapping[Source, timedelta]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Relived:
    """What came of some instruments."""

    lives: tuple[tuple[Life, ...], ...]
    """For each rule set."""
    turns: Mapping[str, Sequence[tuple[Micros, bool]]]
    records: int
    """How many records there were."""
    seen: frozenset[tuple[Source, str]]
    """Fields that had a value at least once."""


def relive_all(job: Job, fleet: Sequence[Instrument], done: Callable[[int], None]) -> list[Relived]:
    """Every instrument's lives; `done` is told how many instruments are through, each time some are."""
    parts = [fleet[index : index + AT_ONCE] for index in range(0, len(fleet), AT_ONCE)]
    if len(fleet) * (job.end - job.start) < WORTH_PROCESSES:
        return [_counted(_relive_some(job, part), len(part), done) for part in parts]
    found: dict[int, Relived] = {}
    with _processes() as pool:
        futures = {pool.submit(_relive_some, job, part): number for number, part in enumerate(parts)}
        for future in as_completed(futures):
            number = futures[future]
            found[number] = _counted(future.result(), len(parts[number]), done)
    return [found[number] for number in sorted(found)]


@contextmanager
def _processes() -> Iterator[ProcessPoolExecutor]:
    """Fresh processes: a fork would share this one's connections. What has not begun is given up on an error."""
    pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _counted(relived: Relived, count: int, done: Callable[[int], None]) -> Relived:
    done(count)
    return relived


def _relive_some(job: Job, instruments: Sequence[Instrument]) -> Relived:
    """One piece of work, wherever it is done."""
    sets = [(_rules(each.files), each.terms) for each in job.sets]
    every_rule = [rule for rules, _ in sets for rule in rules]
    lives: list[list[Life]] = [[] for _ in sets]
    turns: dict[str, Sequence[tuple[Micros, bool]]] = {}
    seen: set[tuple[Source, str]] = set()
    records = 0
    for instrument, tracks in _tracks(job, instruments, wanted_fields(every_rule), reaches(every_rule)):
        course = course_of(job, instrument.serial, tracks)
        for its, (rules, terms) in zip(lives, sets, strict=True):
            its.extend(relive(course, instrument, rules, terms))
        turns[instrument.serial] = course.turns(to_micros(job.start), to_micros(job.end))
        records += sum(len(track.times) for track in tracks.values())
        seen.update(_seen(course.tracks))
    return Relived(lives=tuple(map(tuple, lives)), turns=turns, records=records, seen=frozenset(seen))


def course_of(job: Job, serial: str, tracks: Mapping[Source, Track]) -> Course:
    """An instrument's records as the rules see them."""
    every = job.every
    if isinstance(job.place, FromApi):
        tracks, every = derive(tracks, every, job.start, job.end)
    return Course(serial=serial, tracks=tracks, every=every, until=to_micros(job.end))


def _tracks(
    job: Job, instruments: Sequence[Instrument], fields: Mapping[Source, Sequence[str]], back: Reaches
) -> Iterator[tuple[Instrument, dict[Source, Track]]]:
    serials = [each.serial for each in instruments]
    found = read_tracks(job.place, serials, fields, (job.start, job.end), back)
    for instrument in instruments:
        yield instrument, found.pop(instrument.serial, {})


def read_tracks(
    place: Place,
    serials: Sequence[str],
    fields: Mapping[Source, Sequence[str]],
    span: tuple[datetime, datetime],
    back: Reaches,
) -> dict[str, dict[Source, Track]]:
    """These fields of a span, and so far back before it, by serial."""
    start, end = span
    found: dict[str, dict[Source, Track]] = {serial: {} for serial in serials}
    if isinstance(place, FromApi):
        cache = PastCache(place.cache)
        for source, names in fields.items():
            for serial in serials:
                track = cache.track(serial, source, names, (start - back.get(source, timedelta(0)), end))
                if track.times:
                    found[serial][source] = track
        return found
    with Store.open(place.url, base=place.base, work=False) as store:
        for source, names in fields.items():
            tracks = store.tracks(serials, source, names, start - back.get(source, timedelta(0)), end)
            for serial, track in tracks.items():
                found[serial][source] = track
    return found


@lru_cache(maxsize=4)
def _rules(files: tuple[Path, ...]) -> list[Rule]:
    """A process reads its rules once. They were good a moment ago."""
    return load_rules(files)


def wanted_fields(rules: Iterable[Rule]) -> dict[Source, list[str]]:
    """What has to be read for these rules."""
    found: dict[Source, dict[str, None]] = {source: dict.fromkeys(names) for source, names in ALWAYS.items()}
    for rule in rules:
        for source in rule.sources:
            found.setdefault(source, {})
        for expression in rule.expressions:
            for source, name in expression.fields:
                found.setdefault(source, {})[name] = None
    for name in list(found.get(Source.CURRENT, ())):
        if name in TWINS:
            found[Source.STATS][TWINS[name]] = None
    return {source: list(names) for source, names in found.items()}


def reaches(rules: Iterable[Rule]) -> dict[Source, timedelta]:
    """How far before its beginning a replay of these rules has to read each source."""
    found = dict(FIRST_LOOK)
    needs = needs_of(ask for rule in rules for bound in _every_bound(rule) for ask in bound.windows)
    for source in needs:
        longest = timedelta(seconds=max(spans_of(needs, source).values()))
        found[source] = max(found.get(source, timedelta(0)), longest)
    found[Source.STATS] = max(found[Source.STATS], found.get(Source.CURRENT, timedelta(0)))
    return found


def _every_bound(rule: Rule) -> Iterator[BoundRule]:
    """The rule with its own params, and with those of each override."""
    yield bind(rule, {})
    for override in rule.overrides:
        yield bind(replace(rule, params={**rule.params, **override.params}, overrides=()), {})


def _seen(tracks: Mapping[Source, Track]) -> Iterator[tuple[Source, str]]:
    for source, track in tracks.items():
        for name, column in track.columns.items():
            if name in FIELDS[source] and column.count(None) < len(column):
                yield source, name

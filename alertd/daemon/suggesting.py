"""What `alertd suggest` finds: for each rule with a limit, what would fit each instrument, from the store's history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.alerts.counting import Firing, firings
from alertd.alerts.life import LevelTerms, Subject
from alertd.daemon.watch import gap_of
from alertd.model import Instrument, Sample, Source, Value
from alertd.rules.evaluate import moment
from alertd.rules.freshness import Horizon
from alertd.rules.pasts import Pasts, needs_of
from alertd.rules.proposals import Limit, Proposal, bind_proposed, limits_of, measure, propose
from alertd.rules.rule import BoundRule, Rule, bind, labels_of
from alertd.rules.view import View, describe
from alertd.store.store import Store

MINUTE = timedelta(minutes=1)
_TRUSTED_BY = {Source.STATUS: "online", Source.STATS: "samplePeriod"}
"""What tells whether `current` is a measurement; see rules.freshness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What fits one instrument under one rule."""

    rule: Rule
    instrument: Instrument
    proposal: Proposal | None
    why_not: str
    """Where there is no proposal."""
    present: tuple[Firing, ...] = ()
    """How the rule as it is would have fired in that time."""
    proposed: tuple[Firing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Where the history is, and which part of it counts."""

    store: Store
    every: Mapping[Source, timedelta]
    start: datetime
    end: datetime


def suggestions(
    store: Store,
    rules: Sequence[Rule],
    fleet: Sequence[Instrument],
    *,
    every: Mapping[Source, timedelta],
    start: datetime,
    end: datetime,
) -> Iterator[Suggestion]:
    """One for each instrument of each rule that compares a hovering number with a limit.

    Raises:
        StoreError: the store cannot be read.
    """
    told = _Told(store=store, every=every, start=start, end=end)
    for rule in rules:
        for instrument in fleet:
            labels = labels_of(instrument)
            if rule.matches(labels):
                limits = limits_of(rule, rule.params_for(labels))
                if limits:
                    yield _suggest(told, rule, instrument, limits)


def _suggest(told: _Told, rule: Rule, instrument: Instrument, limits: Sequence[Limit]) -> Suggestion:
    source, name = limits[0].source, limits[0].field
    serial = instrument.serial
    points = told.store.history(serial, source, name, told.start, told.end)
    measured = measure(points, low=limits[0].low)
    if isinstance(measured, str):
        return Suggestion(rule=rule, instrument=instrument, proposal=None, why_not=measured)
    proposal = propose(limits, points, measured)
    samples = _samples(told, rule, serial)
    present = bind(rule, labels_of(instrument))
    proposed = bind_proposed(rule, present.params, proposal)
    seen = list(_views(told, present, instrument, samples))
    # Only where a param is a window's duration is there another past to look at.
    seen_then = seen if not present.windows else _views(told, proposed, instrument, samples)
    return Suggestion(
        rule=rule,
        instrument=instrument,
        proposal=proposal,
        why_not="",
        present=_fired(told, present, instrument, seen, None),
        proposed=_fired(told, proposed, instrument, seen_then, proposal.for_),
    )


def _samples(told: _Told, rule: Rule, serial: str) -> list[Sample]:
    """Every record of what the rule reads, and of what tells whether that can be trusted, in the order of time."""
    wanted: dict[Source, set[str]] = {}
    for source, name in (each for expression in rule.expressions for each in expression.fields):
        wanted.setdefault(source, set()).add(name)
    if Source.CURRENT in wanted:
        for source, name in _TRUSTED_BY.items():
            wanted.setdefault(source, set()).add(name)
    found = []
    for source, names in wanted.items():
        if source in told.every:
            records: dict[datetime, dict[str, Value | None]] = {}
            columns = told.store.history_many(serial, source, sorted(names), told.start, told.end)
            for name, points in columns.items():
                for at, value in points:
                    records.setdefault(at, {})[name] = value
            found += [Sample(instrument=serial, source=source, at=at, values=values) for at, values in records.items()]
    return sorted(found, key=lambda sample: sample.at)


def _fired(
    told: _Told,
    bound: BoundRule,
    instrument: Instrument,
    views: Iterable[tuple[View, datetime]],
    for_: timedelta | None,
) -> tuple[Firing, ...]:
    """How the rule would have fired, seeing this; `for_` in place of the mildest level's."""
    gap = gap_of(bound.rule, told.every, MINUTE)
    terms = {
        level.severity: LevelTerms(for_=level.for_, keep_firing_for=level.keep_firing_for)
        for level in bound.rule.levels
    }
    if for_ is not None:
        mildest = min(terms)
        terms[mildest] = replace(terms[mildest], for_=for_)
    about = Subject(
        rule=bound.rule.name,
        subject=instrument.serial,
        name=instrument.name,
        model=instrument.model,
        labels=instrument.labels,
        params=bound.params,
        terms=terms,
        gap=gap,
    )
    return tuple(firings(bound, about, views))


def _views(
    told: _Told, bound: BoundRule, instrument: Instrument, samples: Sequence[Sample]
) -> Iterator[tuple[View, datetime]]:
    """The instrument as the rule saw it at each record that it reads."""
    facts = describe(instrument)
    every = {source: told.every[source] for source in {sample.source for sample in samples}}
    pasts = Pasts(needs_of(bound.windows), every)
    newest: dict[Source, Sample] = {}
    for sample in samples:
        newest[sample.source] = sample
        pasts.add((sample,))
        if sample.source in bound.rule.sources:
            seen = Horizon(sample.at, every)
            view = seen.see(facts, newest, {}, bound.rule.sources, pasts.of(instrument.serial))
            yield view, moment(bound.rule, view)

"""What is judged when: each instrument with the rules bound to it, by the source whose round calls for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alertd.alerts.life import LevelTerms, Subject
from alertd.daemon.fleet import asked_of
from alertd.model import Instrument, Source
from alertd.rules.functions import Answer
from alertd.rules.pasts import Needs, needs_of
from alertd.rules.rule import BoundRule, Rule, bind, labels_of
from alertd.rules.view import describe
from alertd.rules.windows import Ask

GAP_POLLS = 3
"""A gap longer than so many polls pauses the timers."""

Bound = tuple[BoundRule, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """Bound rules that are judged together, on one view."""

    rules: Bound
    whens: tuple[Answer, ...]
    """The bare conditions of all of them: see rules.evaluate.quiet."""
    sources: tuple[Source, ...]
    """What they read."""


Panels = Mapping[Source, Panel]


@dataclass(frozen=True, slots=True)
class Watch:
    """One instrument and its rules."""

    instrument: Instrument
    facts: Mapping[str, str]
    reading: Panels
    """Rules that read a source: judged at each of its records."""
    called_by: Panels
    """Rules to judge once at the end of a source's round."""


class Watchlist:
    """The fleet under its rules; built anew when either changes."""

    def __init__(self, instruments: Iterable[Instrument], rules: Sequence[Rule]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self._shared: dict[tuple[int, ...], tuple[Panels, Panels]] = {}
        self._bound: dict[int, BoundRule] = {}
        self._needs: dict[int, Needs] = {}
        self.watches = {instrument.serial: self._watch(instrument, rules) for instrument in instruments}
        called = {rule.name: callers(rule) for rule in rules}
        self._called_by = {
            source: frozenset(name for name in self.rules if source in called[name]) for source in Source
        }
        self._asked = {
            source: asked_of(source, (watch.instrument for watch in self.watches.values())) for source in Source
        }

    @property
    def windows(self) -> Iterator[Ask]:
        """What the rules, with the params they have for this fleet, ask of the past."""
        return (ask for bound in self._bound.values() for ask in bound.windows)

    def needs_of(self, serial: str) -> Needs:
        """What the rules of one instrument ask of its past; instruments with the same rules share it."""
        panels = self.watches[serial].reading
        found = self._needs.get(id(panels))
        if found is None:
            bound = {id(each): each for panel in panels.values() for each in panel.rules}
            found = self._needs[id(panels)] = needs_of(ask for each in bound.values() for ask in each.windows)
        return found

    def serials(self, source: Source) -> list[str]:
        """Whom to ask in a source's round."""
        return self._asked[source]

    def rules_called_by(self, source: Source) -> frozenset[str]:
        """The names of the rules that are judged in a source's round."""
        return self._called_by[source]

    def _watch(self, instrument: Instrument, rules: Sequence[Rule]) -> Watch:
        labels = labels_of(instrument)
        bound = tuple(bind(rule, labels) for rule in rules if rule.matches(labels))
        reading, called_by = self._by_source(bound)
        return Watch(instrument, describe(instrument), reading, called_by)

    def _by_source(self, bound: Bound) -> tuple[Panels, Panels]:
        """Instruments with the same bound rules share the same tables: thousands are alike."""
        key = tuple(map(id, bound))
        if key not in self._shared:
            self._bound.update((id(each), each) for each in bound)
            reading = {source: _panel(b for b in bound if source in b.rule.sources) for source in Source}
            called_by = {source: _panel(b for b in bound if source in callers(b.rule)) for source in Source}
            self._shared[key] = reading, called_by
        return self._shared[key]


def _panel(bound: Iterable[BoundRule]) -> Panel:
    rules = tuple(bound)
    read = frozenset[Source]().union(*(each.rule.sources for each in rules))
    return Panel(
        rules=rules,
        whens=tuple(when for each in rules for when in each.whens),
        sources=tuple(source for source in Source if source in read),
    )


def callers(rule: Rule) -> frozenset[Source]:
    """Whose rounds a rule is judged in. Whether `current` counts depends on status and stats, so theirs call too.

    A rule that reads nothing but what the instrument is, or the clock, is judged in each.
    """
    if not rule.sources:
        return frozenset(Source)
    if Source.CURRENT in rule.sources:
        return rule.sources | {Source.STATUS, Source.STATS}
    return rule.sources


def subject(instrument: Instrument, bound: BoundRule, gap: timedelta) -> Subject:
    """What the life of this rule's alert on this instrument needs to know."""
    rule = bound.rule
    return Subject(
        rule=rule.name,
        subject=instrument.serial,
        name=instrument.name,
        model=instrument.model,
        labels={**instrument.labels, **rule.labels},
        params=bound.params,
        terms={
            level.severity: LevelTerms(for_=level.for_, keep_firing_for=level.keep_firing_for) for level in rule.levels
        },
        gap=gap,
        shadow=rule.shadow,
    )


def gap_of(rule: Rule, every: Mapping[Source, timedelta], sample_period: timedelta) -> timedelta:
    """The longest span between two verdicts that counts as observed: three polls of the rule's quickest source.

    A rule over stats alone is judged at the records' own times, so three of their periods count as well.
    """
    asked = rule.sources or every.keys()
    polls = GAP_POLLS * min((every[source] for source in asked if source in every), default=timedelta(0))
    return max(polls, GAP_POLLS * sample_period) if Source.STATS in rule.sources else polls

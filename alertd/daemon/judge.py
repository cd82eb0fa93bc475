"""From the answers of one round to what became of every alert. No I/O, no clock: the poller records the result."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertd.alerts.flapping import Episode
from alertd.alerts.life import Step, advance, verdict_of
from alertd.daemon.book import Book
from alertd.daemon.flaps import Flaps
from alertd.daemon.watch import Panel, Watch, Watchlist, gap_of, subject
from alertd.model import RANGE_SOURCES, Alert, Sample, Source, State, Transition, Verdict
from alertd.mycirrus.answer import Answer
from alertd.rules.evaluate import Evaluation, evaluate, overall, unknowns
from alertd.rules.freshness import Horizon
from alertd.rules.pasts import Pasts
from alertd.rules.rule import BoundRule
from alertd.rules.view import View

PRESENT_STATE = frozenset({Source.SIC, Source.CALIBRATIONS})
"""Sources whose newest record on a first start is the present state, however old."""

ActiveAlerts = dict[tuple[str, str], Alert]
"""Pending and firing alerts by (rule, subject)."""


def of_monitors(active: Iterable[Alert]) -> ActiveAlerts:
    """Those that are not alertd's own."""
    return {(alert.rule, alert.subject): alert for alert in active if not alert.own}


@dataclass(slots=True)
class Judged:
    """What one round changed."""

    samples: list[Sample] = field(default_factory=list)
    """The newest of each instrument and source."""
    history: list[Sample] = field(default_factory=list)
    """Every record that was not there before, late ones too."""
    cursors: dict[tuple[Source, str], datetime] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    raised: dict[tuple[str, str], str] = field(default_factory=dict)
    """By (rule, serial): what a rule raised there."""

    episodes: dict[str, Episode] = field(default_factory=dict)
    """Flapping that began, went on or ended."""

    def add(self, step: Step) -> None:
        """Take in what became of one alert."""
        if step.alert is not None:
            self.alerts[step.alert.id] = step.alert
            self.transitions.extend(step.transitions)


class Judge:
    """Judges answers against the book, the rules and the alerts that are active."""

    def __init__(  # noqa: PLR0917 - the poller makes one each time
        self,
        watchlist: Watchlist,
        book: Book,
        pasts: Pasts,
        cursors: Container[str],
        active: ActiveAlerts,
        flaps: Flaps,
    ) -> None:
        self._watchlist = watchlist
        self._book = book
        self._pasts = pasts
        self._cursors = cursors
        """Serials that the source was read of before: nothing that comes now is from before the first start."""
        self._active = active
        self._flaps = flaps
        self._alerting = {serial for _, serial in active} | {episode.subject for episode in flaps.flapping}
        """Who has an alert or flaps; nearly nobody, so nearly everybody is done with one look at all conditions."""
        self._breached = self._unknown = self._clear = 0
        self.judged = Judged()

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many verdicts of rules on instruments there were of each kind; a rule that raised gave none."""
        return {"breached": self._breached, "unknown": self._unknown, "clear": self._clear}

    def hear(self, source: Source, answers: Iterable[Answer], now: datetime) -> None:
        """Take in one batch of answers, records in their order, then judge each instrument as it stands now."""
        horizon = Horizon(now, self._book.every)
        for answer in answers:
            watch = self._watchlist.watches.get(answer.instrument)
            if watch is not None:
                self._hear_one(source, answer, watch, horizon)

    def _hear_one(self, source: Source, answer: Answer, watch: Watch, horizon: Horizon) -> None:
        now = horizon.now
        if answer.samples:
            self._take(source, answer, watch, horizon)
        if answer.cursor is not None:
            self.judged.cursors[source, answer.instrument] = answer.cursor
        self._book.note_answer(answer.instrument, source, "" if answer.error is None else str(answer.error))
        panel = watch.called_by[source]
        if panel.rules:
            view = self._view(panel, watch, horizon, self._book.failed(answer.instrument))
            self._judge_panel(panel, watch, view, None, now)

    def _take(self, source: Source, answer: Answer, watch: Watch, horizon: Horizon) -> None:
        newest = self._book.newest(answer.instrument)
        if source is Source.CURRENT and horizon.is_offline(newest):
            return  # or, as soon as it is online again, an old value would pass for what it measures now
        if source not in RANGE_SOURCES:
            newest[source] = answer.samples[-1]
            self.judged.samples.append(answer.samples[-1])
            if source is not Source.CURRENT or horizon.trusts_current(newest):
                self.judged.history.append(answer.samples[-1])
                self._pasts.add(answer.samples[-1:])
            return
        self._pasts.add(answer.samples)
        self.judged.history += self._book.unseen(source, answer.instrument, answer.samples)
        known = newest.get(source)
        fresh = [sample for sample in answer.samples if known is None or sample.at > known.at]
        if known is None and answer.instrument not in self._cursors:
            fresh = [_first(fresh[-1])]
        panel = watch.reading[source]
        for sample in fresh:
            newest[source] = sample
            if panel.rules:
                failed = self._book.failed(answer.instrument)
                failed = {other: why for other, why in failed.items() if other is not source}
                view = self._view(panel, watch, Horizon(sample.at, self._book.every), failed)
                self._judge_panel(panel, watch, view, sample.at, horizon.now)
        if fresh:
            self.judged.samples.append(fresh[-1])

    def _view(self, panel: Panel, watch: Watch, horizon: Horizon, failed: Mapping[Source, str]) -> View:
        serial = watch.instrument.serial
        return horizon.see(watch.facts, self._book.newest(serial), failed, panel.sources, self._pasts.of(serial))

    def _judge_panel(self, panel: Panel, watch: Watch, view: View, at: datetime | None, now: datetime) -> None:
        """Judge rules on one view, at a record's time or, without one, at the end of a round."""
        if watch.instrument.serial not in self._alerting and self._all_quiet(panel, view):
            return
        for each in panel.rules:
            self._judge(each, watch, view, at or _round_time(each, view), now)

    def _all_quiet(self, panel: Panel, view: View) -> bool:
        """Whether no rule of the panel has anything to say; where one raises, judging each finds out which."""
        try:
            unknown = unknowns(panel, view)
        except Exception:  # noqa: BLE001
            return False
        if unknown is None:
            return False
        self._clear += len(panel.rules)
        if unknown:
            among = frozenset(unknown)
            count = sum(not among.isdisjoint(each.whens) for each in panel.rules)
            self._unknown += count
            self._clear -= count
        return True

    def _is_quiet(self, bound: BoundRule, view: View) -> bool:
        """The same for one rule."""
        unknown = unknowns(bound, view)
        if unknown is None:
            return False
        if unknown:
            self._unknown += 1
        else:
            self._clear += 1
        return True

    def _count(self, seen: Evaluation) -> None:
        verdict = overall(seen)
        if verdict is Verdict.BREACHED:
            self._breached += 1
        elif verdict is Verdict.UNKNOWN:
            self._unknown += 1
        else:
            self._clear += 1

    def _judge(self, bound: BoundRule, watch: Watch, view: View, at: datetime, now: datetime) -> None:
        key = (bound.rule.name, watch.instrument.serial)
        alert = self._active.get(key)
        try:
            if alert is None and self._flaps.episode(key) is None and self._is_quiet(bound, view):
                return
            seen = evaluate(bound, view, at)
        except Exception as error:  # noqa: BLE001 - one broken rule must not stop the others; it is told as RuleBroken
            self.judged.raised[key] = f"{type(error).__name__}: {error}"
            return
        self._count(seen)
        gap = gap_of(bound.rule, self._book.every, _sample_period(self._book.newest(watch.instrument.serial)))
        step = advance(alert, seen, subject(watch.instrument, bound, gap), now)
        self.judged.add(step)
        known = verdict_of(step.alert, seen) is not Verdict.UNKNOWN
        episode = self._flaps.take(key, step, at, gap, known=known)
        if episode is not None:
            self.judged.episodes[episode.id] = episode
        if step.alert is None or step.alert.state is State.RESOLVED:
            self._active.pop(key, None)
        else:
            self._active[key] = step.alert
            self._alerting.add(watch.instrument.serial)


def _first(sample: Sample) -> Sample:
    """The first record ever seen: the present state for SIC, calibrations and stats; a past event is nobody's alert."""
    if sample.source in PRESENT_STATE or sample.source is Source.STATS:
        return sample
    return Sample(instrument=sample.instrument, source=sample.source, at=sample.at, values={})


def _round_time(bound: BoundRule, view: View) -> datetime:
    """Which time a verdict at the end of a round belongs to: stats count by their records, all else as seen now."""
    if bound.rule.uses_clock or bound.rule.sources != {Source.STATS}:
        return view.now
    return view.times.get("stats", view.now)


def _sample_period(newest: dict[Source, Sample]) -> timedelta:
    stats = newest.get(Source.STATS)
    seconds = stats.values.get("samplePeriod") if stats else None
    return timedelta(seconds=seconds) if isinstance(seconds, (int, float)) else timedelta(0)

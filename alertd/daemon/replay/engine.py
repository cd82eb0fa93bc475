"""The lives of one instrument's alerts, relived over its records in the records' own time. Pure.

The verdicts, the timers and the flapping are those of the daemon: the same functions, asked at each record's time and
at each poll between them. What makes a month quick is what is left out: where a stretch of time cannot breach a rule
(rules.bounds) and no alert lives, none of its records is looked at; while an alert fires and goes on as it was, it is
judged without being told.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.alerts.life import Subject, advance, observed_between, verdict_of
from alertd.daemon.flaps import Flaps
from alertd.daemon.replay.course import STEADY, Course, Micros, as_first
from alertd.daemon.replay.events import ALL, HOLD, NO_RECORD, events
from alertd.daemon.replay.extent import Ranges
from alertd.daemon.replay.lives import Change, Life, Terms
from alertd.daemon.replay.pasts import held_by, past_of
from alertd.daemon.replay.steady import (
    cannot_change,
    extrapolates,
    gone_on,
    is_steady,
    is_whole,
    pends_for,
    says_the_same,
)
from alertd.daemon.watch import callers, gap_of, subject
from alertd.model import (
    RANGE_SOURCES,
    Alert,
    Instrument,
    Sample,
    Source,
    State,
    Verdict,
)
from alertd.rules.bounds import may_hold
from alertd.rules.evaluate import Evaluation, LevelVerdict, evaluate, quiet
from alertd.rules.freshness import Horizon
from alertd.rules.pasts import needs_of
from alertd.rules.rule import BoundRule, Rule, bind, labels_of
from alertd.rules.view import Past, View, describe
from alertd.store.columns import from_micros, to_micros

DAY = 86_400_000_000
HALVES = 12
"""A day is halved so often at most before its records are looked at one by one: 21 seconds."""
CLOSE_LOOK = 900_000_000
"""Stretches up to that long are looked at record by record."""
SHORTEST_LOOK = 180_000_000
LIVING_LOOK = 7_200_000_000
"""The same while an alert lives: most of what comes is looked at anyway."""
RETOLD_AT_LEAST = 2_700_000_000
"""A firing alert that cannot end is looked at so often: a reminder's value is no older."""
RETOLD_EVERY = 900_000_000
"""How often what an alert says of itself is taken down anew while nothing about it changes."""
NOT_ANSWERED = "no answer on record"


def relive(course: Course, instrument: Instrument, rules: Sequence[Rule], terms: Terms) -> list[Life]:
    """The lives of all alerts of one instrument; a rule that had nothing to say is left out."""
    labels = labels_of(instrument)
    facts = describe(instrument)
    bound = [bind(rule, labels) for rule in rules if rule.matches(labels) and callers(rule) & course.every.keys()]
    past = past_of(course, needs_of(ask for each in bound for ask in each.windows))
    seen = _Seen(course, instrument, Ranges(course, facts, past), past)
    lives = [_Run(seen, each, terms).live() for each in bound]
    return [life for life in lives if life.changes or life.raised]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One instrument with all that was recorded of it."""

    course: Course
    instrument: Instrument
    ranges: Ranges
    past: Past


class _Run:
    """One rule on one instrument, from the beginning to the end."""

    def __init__(self, seen: _Seen, bound: BoundRule, terms: Terms) -> None:
        self._course = course = seen.course
        self._instrument = instrument = seen.instrument
        self._ranges = seen.ranges
        self._past = seen.past
        self._bound = bound
        self._rule = bound.rule
        self._start, self._end = to_micros(terms.start), to_micros(terms.end)
        self._key = (bound.rule.name, instrument.serial)
        self._callers = [source for source in Source if source in callers(bound.rule) and source in course.every]
        self._read = [source for source in Source if source in bound.rule.sources and source in course.every]
        self._every = {source: course.every[source] for source in self._callers}
        self._patience = min(level.for_ for level in self._rule.levels) // timedelta(microseconds=1)
        """How long it has to be breached before anybody hears of it."""
        self._by_clock = bound.rule.uses_clock or any(map(extrapolates, bound.levels))
        self._most = ALL if self._by_clock else HOLD
        self._windows_held: list[tuple[int, int]] = []
        self._close = min(self._patience - 1, LIVING_LOOK) if self._patience > SHORTEST_LOOK else CLOSE_LOOK
        """A stretch that long is looked at record by record, or passed over by a look at its two ends."""
        self._clear: dict[Micros, bool] = {}
        self._flaps = Flaps(terms.flapping.get, (), ())
        self._alert: Alert | None = None
        self._newest: dict[Source, Sample] = {}
        self._missed: dict[Source, str] = {}
        self._subjects: dict[timedelta, Subject] = {}
        self._steady: tuple[LevelVerdict, ...] | None = None
        """The verdicts with which the living alert goes on as it is; None where each one has to be told."""
        self._known = False
        self._pends_for = timedelta.max
        """How long it may go on so, as of its last step, until a pending level fires."""
        self._spans = timedelta(0)
        """What counted of that since."""
        self._observed: datetime | None = None
        """When it was judged so last."""
        self._retold_at = 0
        self._life = Life(*self._key)

    def live(self) -> Life:
        """From what was known at the beginning to the end."""
        self._begin()
        day = self._start
        while day <= self._end and not self._life.raised:
            self._through(day, min(day + DAY, self._end + 1), HALVES)
            day += DAY
        self._settle()
        return self._life

    # -- which records are looked at ---------------------------------------------------------------------------------

    def _through(self, start: Micros, end: Micros, halves: int) -> None:
        """Live through [start, end)."""
        lives = self._lives
        if not lives and not self._may_breach(start, end):
            return
        if self._steady is not None and end - start <= RETOLD_AT_LEAST and self._stands(start, end):
            self._look_at_last(start, end)
            return
        close = LIVING_LOOK if lives and self._steady is None else RETOLD_AT_LEAST if lives else self._close
        if halves and end - start > close:
            middle = (start + end) // 2
            self._through(start, middle, halves - 1)
            self._through(middle, end, halves - 1)
        elif lives or end - start >= self._patience or not (self._is_clear(start) and self._is_clear(end)):
            self._look(start, end)

    @property
    def _lives(self) -> bool:
        """Whether something goes on: an alert, or flapping."""
        return self._alert is not None or bool(self._flaps.flapping)

    def _may_breach(self, start: Micros, end: Micros) -> bool:
        extent = self._ranges.within(start, end)
        return any(may_hold(level.when.root, extent) for level in self._bound.levels)

    def _stands(self, start: Micros, end: Micros) -> bool:
        """Whether the firing alert certainly goes on as it is over a stretch in which all records are there."""
        if not self._known or self._missed or self._alert is None:
            return False
        whole = all(is_whole(self._course, source, start, end) for source in self._callers)
        return whole and cannot_change(self._alert, self._bound, self._ranges.within(start, end))

    def _look_at_last(self, start: Micros, end: Micros) -> None:
        """Judge the last record of a stretch, for all of them."""
        last = max((times[row] for times, row in self._rows_before(end)), default=start - 1)
        if last < start:
            last = end - 1  # no record came, but polls did
        self._catch_up(last + 1)
        most = max((self._course.times(source) for source in self._callers), key=len)
        self._life.breached.extend(most[bisect_left(most, start) : bisect_left(most, last)])
        now = from_micros(last)
        self._judge(now, None, now)

    def _is_clear(self, before: Micros) -> bool:
        """Whether the rule was clear at the last record before that time.

        What is clear at both ends of a stretch that is shorter than `for` cannot have fired within it: nobody hears of
        it, so nobody need look. Functions over long windows are most of what a replay reckons.
        """
        if before not in self._clear:
            self._clear = {before: self._judged_clear(before)}
        return self._clear[before]

    def _judged_clear(self, before: Micros) -> bool:
        at = [times[row] for times, row in self._rows_before(before)]
        if not at or max(at) < self._start:
            return False
        self._catch_up(before)
        try:
            view = self._view(from_micros(max(at)))
            return all(when(view) is False for when in self._bound.whens)
        except Exception:  # noqa: BLE001 - judging it record by record finds out on which
            return False

    def _rows_before(self, at: Micros) -> Iterator[tuple[Sequence[Micros], int]]:
        for source in self._callers:
            times = self._course.times(source)
            row = bisect_left(times, at) - 1
            if row >= 0:
                yield times, row

    def _look(self, start: Micros, end: Micros) -> None:
        """At each record and each poll of a stretch."""
        self._catch_up(start)
        for at, _, source, row in events(self._course, self._callers, (start, end), self._start, self._most):
            if row == NO_RECORD:
                if source in STEADY:
                    self._missed[source] = NOT_ANSWERED
                elif not self._lives and not self._changes_with_time(at):
                    continue
            else:
                self._newest[source] = self._course.sample(source, row)
                self._missed.pop(source, None)
            now = from_micros(at)
            self._judge(now, now if row != NO_RECORD and source in RANGE_SOURCES else None, now)
            if self._life.raised:
                return

    def _changes_with_time(self, at: Micros) -> bool:
        """Whether a poll that brought nothing may still begin an alert: by the clock, or by what left a window."""
        if self._by_clock:
            return True
        held = [held_by(ask, self._past, at / 1e6) for ask in self._bound.windows]
        changed, self._windows_held = held != self._windows_held, held
        return changed

    def _catch_up(self, at: Micros) -> None:
        """Know what was known just before that time."""
        for source in self._callers:
            row = bisect_left(self._course.times(source), at) - 1
            if row < 0 or (source in STEADY and self._course.times(source)[row] < self._start):
                continue
            self._newest[source] = as_first(self._course.sample(source, row), at=self._start)
            if source in STEADY:
                self._missed.pop(source, None)
                if self._course.is_missing(source, row, at):
                    self._missed[source] = NOT_ANSWERED

    def _begin(self) -> None:
        """What the newest records from before the beginning say, as on a first start of alertd."""
        now = from_micros(self._start)
        for source in self._callers:
            row = bisect_left(self._course.times(source), self._start) - 1
            if source in RANGE_SOURCES and row >= 0:
                self._newest[source] = as_first(self._course.sample(source, row), at=self._start)
                if source in self._read:
                    at = self._newest[source].at
                    self._judge(at, at, now)

    # -- what they say -----------------------------------------------------------------------------------------------

    def _judge(self, seen_at: datetime, at: datetime | None, now: datetime) -> None:
        """Judge the rule on the view of `seen_at`; `at` is the sample time of the verdict where it is a record's."""
        try:
            view = self._view(seen_at)
            if not self._lives:
                if not quiet(self._bound, view):
                    self._tell(evaluate(self._bound, view, at or self._round_time(view)), now)
                return
            moment = at or self._round_time(view)
            if self._steady is not None and self._goes_on(view) and self._still_pends(moment):
                if self._known:
                    self._observed = moment
                    self._life.breached.append(to_micros(now))
                return
            self._tell(evaluate(self._bound, view, moment), now)
        except Exception as error:  # noqa: BLE001 - one broken rule must not stop the others
            self._life.raised = f"{type(error).__name__}: {error}"

    def _view(self, now: datetime) -> View:
        horizon = Horizon(now, self._every)
        return horizon.see(self._ranges.facts, self._newest, self._missed, self._read, self._past)

    def _goes_on(self, view: View) -> bool:
        """Whether every level says what it said, so that nothing about the alert changes but its age."""
        if to_micros(view.now) - self._retold_at >= RETOLD_EVERY:
            return False
        states = {} if self._alert is None else self._alert.levels
        return all(
            says_the_same(level, states.get(level.severity), before, view)
            for level, before in zip(self._bound.levels, self._steady or (), strict=True)
        )

    def _still_pends(self, moment: datetime) -> bool:
        """Whether none of its levels has been pending for its time by then; counts the time up to then."""
        if self._alert is None or self._pends_for == timedelta.max:
            return True
        last = self._observed or max(each.observed_at for each in self._alert.levels.values() if each.observed_at)
        spans = self._spans + observed_between(last, moment, self._gap())
        if spans >= self._pends_for:
            return False
        self._spans = spans
        return True

    def _tell(self, seen: Evaluation, now: datetime) -> None:
        """One step of the alert's life."""
        self._settle()
        gap = self._gap()
        step = advance(self._alert, seen, self._subject(gap), now)
        known, at = verdict_of(step.alert, seen) is not Verdict.UNKNOWN, to_micros(now)
        episode = self._flaps.take(self._key, step, seen.at, gap, known=known)
        if step.transitions or episode is not None:
            self._life.changes.append(Change(at, step.alert, step.transitions, episode))
        elif step.alert is not None and at - self._retold_at >= RETOLD_EVERY:
            self._life.retold.append((at, step.alert.values, step.alert.explanation))
        if step.transitions or at - self._retold_at >= RETOLD_EVERY:
            self._retold_at = at
        if (alert := step.alert) is not None and alert.breached_at == now:
            self._life.breached.append(at)
        self._alert = None if alert is None or alert.state is State.RESOLVED else alert
        self._steady = None
        if self._alert is not None and self._flaps.episode(self._key) is None and is_steady(self._alert, seen):
            self._steady = tuple(seen.levels.values())
            self._known = self._alert.stale_since is None
            self._pends_for, self._spans = pends_for(self._alert, self._subject(gap)), timedelta(0)

    def _settle(self) -> None:
        """Put the time that the alert went on into its timers."""
        alert, observed = self._alert, self._observed
        self._observed = None
        if alert is None or observed is None:
            return
        breached_at = from_micros(self._life.breached[-1]) if self._life.breached else None
        self._alert = gone_on(alert, observed, breached_at, self._spans)

    def _round_time(self, view: View) -> datetime:
        """As the daemon's: stats count by their records, all else as seen now."""
        if self._rule.uses_clock or self._rule.sources != {Source.STATS}:
            return view.now
        return view.times.get("stats", view.now)

    def _gap(self) -> timedelta:
        """The longest span between two verdicts that counts as observed."""
        stats = self._newest.get(Source.STATS)
        seconds = stats.values.get("samplePeriod") if stats else None
        period = timedelta(seconds=seconds) if isinstance(seconds, (int, float)) else timedelta(0)
        return gap_of(self._rule, self._course.every, period)

    def _subject(self, gap: timedelta) -> Subject:
        found = self._subjects.get(gap)
        if found is None:  # a rule in shadow is replayed to see what it would have told
            found = replace(subject(self._instrument, self._bound, gap), shadow=False)
            self._subjects[gap] = found
        return found

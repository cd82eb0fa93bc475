"""Who would have been told what: the real decisions, words and bookkeeping over relived alerts, on a clock of its own.

It works on a store in a folder that is gone afterwards, and its channels take down what they are given.
"""

import tempfile
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import itemgetter
from pathlib import Path

from alertd.alerts.flapping import Episode
from alertd.alerts.life import Step
from alertd.alerts.own import advance_own
from alertd.alerts.sites import SITE_DOWN
from alertd.daemon.breakage import Breakage
from alertd.daemon.compose import letters_of
from alertd.daemon.deliverer import Attempt, Deliverer
from alertd.daemon.digest_times import DigestTimes
from alertd.daemon.dispatcher import LOOK_AT_LEAST_EVERY, Dispatcher, next_minute
from alertd.daemon.own_alerts import OwnAlerts
from alertd.daemon.rehearsal import MEMORY, NotingChannels
from alertd.daemon.replay.course import Micros
from alertd.daemon.replay.lives import Change, Life
from alertd.daemon.routing import site_terms
from alertd.daemon.scheduler import next_cron_time
from alertd.daemon.setup import Setup
from alertd.daemon.sites import Sites
from alertd.model import Alert, Delivery, Instrument, Sample, Source, State, Transition, TransitionKind
from alertd.mycirrus.answer import Answer
from alertd.notify.rate import Pace
from alertd.notify.render import Renderer
from alertd.notify.silences import Silence
from alertd.store.columns import from_micros, to_micros
from alertd.store.patient import PatientStore
from alertd.store.store import Store

TOGETHER = timedelta(seconds=2)
"""What happens within so long is recorded before anything is decided of it: as a round of the poller is."""

FAR = timedelta(days=1)
"""When to look again where nothing is due and no time of day matters."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

AFTERWARDS = timedelta(minutes=2)
"""How long after a cause's end it is looked each minute: its symptoms are told once a poll judges them anew."""

UNHEARD = frozenset({TransitionKind.PENDING, TransitionKind.CANCELLED, TransitionKind.STALE})
"""Steps that nobody is told of."""

Turns = Mapping[str, Sequence[tuple[Micros, bool]]]
"""Serial → when it went offline (False) and came back."""


@dataclass(slots=True)
class _Living:
    """An alert that goes on, and what it said of itself since."""

    alert: Alert
    life: Life
    since: Micros
    """When its last step was."""

    def as_of(self, at: Micros) -> Alert:
        """With the values and the verdict that it had then."""
        alert = self.alert
        values, explanation, breached_at = alert.values, alert.explanation, alert.breached_at
        row = bisect_right(self.life.retold, at, key=itemgetter(0)) - 1
        if row >= 0 and self.life.retold[row][0] > self.since:
            _, values, explanation = self.life.retold[row]
        row = bisect_right(self.life.breached, at) - 1
        if row >= 0:
            breached_at = max(breached_at or _LONG_AGO, from_micros(self.life.breached[row]))
        if values is alert.values and breached_at == alert.breached_at:
            return alert
        return replace(alert, values=values, explanation=explanation, breached_at=breached_at)


@dataclass(slots=True)
class _Moment:
    """What happened within one round."""

    at: Micros
    changes: list[tuple[Life, Change]] = field(default_factory=list)
    turns: list[tuple[str, bool]] = field(default_factory=list)


class Telling:
    """One telling of one set of lives."""

    def __init__(
        self, setup: Setup, store: Store, fleet: Sequence[Instrument], silences: Sequence[Silence], start: datetime
    ) -> None:
        self.store = store
        self.messages: list[Delivery] = []
        """In the order in which they were decided."""
        self._now = start
        self._setup = setup
        settings = setup.settings
        targets = tuple(target.name for receiver in settings.receivers for target in receiver.targets)
        self._targets = tuple(sorted(targets))
        channels = NotingChannels(setup.addresses.values())
        own = OwnAlerts(store, lambda: self._now, lambda: None)
        self._timed = _minds_the_hour(setup, silences)
        self._dispatcher = Dispatcher(
            store=store,
            routing=setup.routing,
            renderer=Renderer(setup.templates),
            channels=channels,  # type: ignore[arg-type]  # all of it that a dispatcher asks
            letters=letters_of(setup, store),
            breakage=Breakage(own, store, setup.rules, setup.templates),
            digests=DigestTimes(store, settings.receivers).due,
            look_every=LOOK_AT_LEAST_EVERY if self._timed else FAR,
        )
        self._deliverer = Deliverer(
            store=store,
            channels=channels,  # type: ignore[arg-type]
            targets=self._targets,
            own=own,
            clock=lambda: self._now,
            pace=Pace({}, lambda: 0.0),
            noise=lambda: 0.5,
        )
        self._sites = Sites(site_terms(settings), settings.causes.site_label, None)
        self._sites.watch({each.serial: each.labels for each in fleet})
        self._living: dict[tuple[str, str], _Living] = {}
        self._busy_until = start
        self._flapped = False
        """Whether flapping began, went on or ended with the last moment."""
        self._ended: list[Alert] = []
        """Those that ended with the last moment."""
        self._inhibits = bool(settings.inhibit_rules)
        self._explains = {rule.name for rule in setup.rules if rule.explains_instrument}
        self._digests = [
            (receiver.digest.cron, receiver.digest.location or "UTC")
            for receiver in settings.receivers
            if receiver.digest is not None
        ]

    def tell(self, lives: Iterable[Life], turns: Turns, end: datetime) -> None:
        """Live through all of it, up to and including `end`."""
        moments = iter(_moments(lives, turns))
        moment = next(moments, None)
        wake = self._look()
        while True:
            at = None if moment is None else from_micros(moment.at)
            due = min((each for each in (at, wake) if each is not None), default=None)
            if due is None or due > end:
                self._now = end
                self._retell()
                return
            self._now = due
            if moment is not None and at == due:
                transitions = self._record(moment)
                moment = next(moments, None)
                if self._frees_others(transitions):
                    self._busy_until = due + AFTERWARDS
                if wake != due and not self._is_heard(transitions):
                    continue
            wake = self._look()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _record(self, moment: _Moment) -> list[Transition]:
        """What became of the alerts, as a round of the poller writes it."""
        alerts: dict[str, Alert] = {}
        transitions: list[Transition] = []
        for life, change in moment.changes:
            transitions += change.transitions
            if change.alert is not None:
                alerts[change.alert.id] = change.alert
                self._keep(life, change.alert, change.at)
        for step in self._site_steps(moment.turns) if moment.turns else ():
            if step.alert is not None:
                alerts[step.alert.id] = step.alert
                transitions += step.transitions
        episodes = {each.episode.id: each.episode for _, each in moment.changes if each.episode is not None}
        self._write(alerts.values(), transitions, episodes.values())
        self._flapped = bool(episodes)
        self._ended = [alert for alert in alerts.values() if alert.state is State.RESOLVED]
        return transitions

    def _is_heard(self, transitions: Sequence[Transition]) -> bool:
        """Whether anybody may have to be told of the last moment."""
        return self._flapped or not all(each.kind in UNHEARD for each in transitions)

    def _frees_others(self, transitions: Sequence[Transition]) -> bool:
        """Whether something ended that may have held others back, and there are such."""
        if not any(each.kind is TransitionKind.RESOLVED for each in transitions) or not self._living:
            return False
        serials = {living.alert.subject for living in self._living.values()}
        return self._inhibits or any(
            alert.own or (alert.rule in self._explains and alert.subject in serials) for alert in self._ended
        )

    def _keep(self, life: Life, alert: Alert, at: Micros) -> None:
        if alert.state is State.RESOLVED:
            self._living.pop((life.rule, life.serial), None)
        else:
            self._living[life.rule, life.serial] = _Living(alert, life, at)

    def _site_steps(self, turns: Sequence[tuple[str, bool]]) -> list[Step]:
        """Which sites went down or came back with it."""
        self._sites.hear(_answer(serial, self._now, online=online) for serial, online in turns)
        active = [alert for alert in self.store.active_alerts() if alert.own and alert.rule == SITE_DOWN]
        conditions = self._sites.down(active)
        return advance_own(active, conditions, {(alert.rule, alert.subject) for alert in active}, self._now)

    def _write(
        self, alerts: Collection[Alert], transitions: Sequence[Transition] = (), episodes: Collection[Episode] = ()
    ) -> None:
        if alerts or transitions or episodes:
            self.store.record_round(
                samples=[],
                cursors={},
                alerts=list(alerts),
                transitions=transitions,
                episodes=list(episodes),
                now=self._now,
            )

    def _retell(self) -> None:
        """Let every living alert say what it says by now, and when it was judged last."""
        at = to_micros(self._now)
        changed = []
        for living in self._living.values():
            alert = living.as_of(at)
            if alert is not living.alert:
                living.alert = alert
                changed.append(alert)
        self._write(changed)

    def _look(self) -> datetime | None:
        """Decide and deliver all that is due; when to look again, None where nothing will be due of itself."""
        self._retell()
        while True:
            _, wake = self._dispatcher.dispatch(self._now)
            delivered = [attempt for target in self._targets for attempt in self._delivered(target)]
            if not delivered:
                break
            self.messages += [attempt.delivery for attempt in delivered]
        return self._next_look(wake)

    def _delivered(self, target: str) -> Iterator[Attempt]:
        while (attempt := self._deliverer.deliver_next(target)) is not None:
            yield attempt

    def _next_look(self, wake: datetime) -> datetime | None:
        soonest = self._now + timedelta(seconds=1)
        looks = [next_cron_time(cron, zone, self._now) for cron, zone in self._digests]
        if self._now < self._busy_until:
            looks.append(next_minute(self._now))
        if not self._timed or self.store.open_alerts():
            looks.append(wake)
        return max(soonest, min((each for each in looks if each is not None), default=soonest + FAR))


def _answer(serial: str, at: datetime, *, online: bool) -> Answer:
    sample = Sample(instrument=serial, source=Source.STATUS, at=at, values={"online": online})
    return Answer(instrument=serial, samples=(sample,), asked_at=at)


def _moments(lives: Iterable[Life], turns: Turns) -> Iterator[_Moment]:
    """All that happens, in order; what happens close together is one moment, at the last one's time."""
    happened: list[tuple[Micros, int, object]] = []
    numbers = count()
    for life in lives:
        happened += [(change.at, next(numbers), (life, change)) for change in life.changes]
    for serial, its in turns.items():
        happened += [(at, next(numbers), (serial, online)) for at, online in its]
    happened.sort(key=itemgetter(0, 1))
    moment: _Moment | None = None
    first = 0
    for at, _, what in happened:
        if moment is None or at - first > TOGETHER // timedelta(microseconds=1):
            if moment is not None:
                yield moment
            moment, first = _Moment(at), at
        moment.at = at
        match what:
            case (Life() as life, Change() as change):
                moment.changes.append((life, change))
            case (str() as serial, bool() as online):
                moment.turns.append((serial, online))
    if moment is not None:
        yield moment


def _minds_the_hour(setup: Setup, silences: Iterable[Silence]) -> bool:
    """Whether times of day hold messages back, so that each minute may change something."""
    holds = setup.routing.holds
    return bool(holds.intervals or holds.quiet_hours or any(silence.rrule for silence in silences))


@contextmanager
def telling(
    setup: Setup, fleet: Sequence[Instrument], silences: Sequence[Silence], start: datetime
) -> Iterator[Telling]:
    """Someone who tells, from `start` on, under these silences; what was told can be read until the block ends."""
    with (
        tempfile.TemporaryDirectory(prefix="alertd-", dir=MEMORY if MEMORY.is_dir() else None) as folder,
        PatientStore.open("sqlite:///replay.db", base=Path(folder), work=True) as store,
    ):
        store.record_fleet(fleet, start)
        for silence in silences:
            store.standing.add_silence(silence)
        yield Telling(setup, store, fleet, silences, start)

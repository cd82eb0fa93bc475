"""`alertd run`: the parts at work, until told to stop or to reload."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from alertd.clock import Clock, Monotonic, since_boot
from alertd.daemon.clockwatch import ClockWatch
from alertd.daemon.compose import Parts, compose
from alertd.daemon.deliverer import Lane
from alertd.daemon.dispatch_loop import TICK, DispatchLoop
from alertd.daemon.heartbeat import is_well
from alertd.daemon.registrations import Registrations
from alertd.daemon.round_log import RoundLog
from alertd.daemon.rounds import RoundReport
from alertd.daemon.scheduler import Scheduler, phase
from alertd.daemon.setup import Setup
from alertd.daemon.tally import Tally
from alertd.daemon.upkeep import EVERY, keep_house
from alertd.errors import StoreError
from alertd.logs import logger
from alertd.model import Source
from alertd.notify.backoff import is_failing
from alertd.store.store import Store

log = logger(__name__)

STOP_WITHIN = 3.0
"""Seconds that a stop waits for messages in flight; what is not answered by then goes again, marked."""
RELOAD_WITHIN = 1.0
"""The same for a reload, which leaves a message in flight to its lane: its outcome counts whenever it comes."""
LISTING = "instruments"
WEBHOOKS = "webhooks"
WEBHOOKS_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class _Running:
    """What one set-up has running; a reload replaces the whole."""

    parts: Parts
    scheduler: Scheduler
    dispatch: DispatchLoop
    lanes: list[Lane]
    good_at: dict[str, datetime]
    """When the last good round of each source ended."""
    store_failed: set[str]
    """Sources whose last round could not be written."""


class Service:
    """Starts, reloads and stops the parts. Its methods are called from one thread."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        monotonic: Monotonic,
        boottime: Monotonic = since_boot,
        *,
        tally: Tally | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._tally = tally or Tally()
        self._running: _Running | None = None
        self.rounds = RoundLog()
        self._setup: Setup | None = None
        self._clock_watch = ClockWatch(clock, boottime)
        self._registrations = Registrations()
        self.alive_at = monotonic()
        """When the scheduler last showed that it works, on the monotonic clock; the watchdog is fed from this."""

    def start(self, setup: Setup) -> None:
        """Bring the parts of a set-up to work."""
        self._setup = setup
        running = self._build(setup)
        self._running = running
        self._clock_watch.take_over(running.parts.own)
        running.dispatch.start()
        for lane in running.lanes:
            lane.start()
        if running.parts.webhooks is not None:
            running.parts.webhooks.start()
        running.scheduler.start()
        log.info("service.started", targets=len(running.lanes), rules=len(setup.rules))

    @property
    def setup(self) -> Setup:
        """The set-up that was started last."""
        if self._setup is None:
            raise RuntimeError("nothing was started yet")
        return self._setup

    @property
    def parts(self) -> Parts | None:
        """What is at work; None while it stops or changes over."""
        running = self._running
        return None if running is None else running.parts

    def good_at(self) -> dict[str, datetime]:
        """When the last good round of each source ended."""
        running = self._running
        return {} if running is None else dict(running.good_at)

    def wake(self) -> None:
        """Let the dispatcher look at once, and the lanes after it."""
        running = self._running
        if running is not None:
            running.dispatch.wake()
            _wake(running.lanes)

    def reload(self, setup: Setup) -> None:
        """Change over to another, already checked set-up. State is in the store, so nothing is lost or told again.

        Raises:
            StoreError: the store failed; nothing runs now, and this may be called again.
        """
        if self._running is not None:
            _warn_of_restart(self._running.parts.setup, setup)
        self.stop(RELOAD_WITHIN)
        self.start(setup)

    def refuse_reload(self, why: Mapping[str, str]) -> None:
        """Say through the targets that a reload was refused; `why` is the first mistake of each file."""
        if self._running is not None:
            self._running.parts.breakage.refused(why)

    def stop(self, within: float = STOP_WITHIN) -> None:
        """End every job and lane within seconds; a message still in flight goes again, marked, after the next start."""
        running, self._running = self._running, None
        if running is None:
            return
        running.scheduler.stop()
        webhooks = running.parts.webhooks
        if webhooks is not None:
            webhooks.stop()  # before the poller, or what that gives up would count as read
        running.parts.poller.stop()
        running.parts.client.abort()
        if running.parts.heartbeat is not None:
            running.parts.heartbeat.close()
        running.dispatch.stop()
        for lane in running.lanes:
            lane.stop()
        give_up_at = self._monotonic() + within
        joins: list[Callable[[float], object]] = [running.scheduler.join, running.dispatch.join]
        joins += webhooks.joins if webhooks is not None else []
        for join in joins + [lane.join for lane in running.lanes]:
            join(max(0.05, give_up_at - self._monotonic()))
        running.parts.client.close()
        log.info("service.stopped")

    def tick(self) -> None:
        """Once a second: notice steps of the wall clock."""
        step = self._clock_watch.look()
        running = self._running
        if running is None:
            return
        if step:
            self._go_on_after(step, running)
        self._clock_watch.tell(running.parts.own)

    @staticmethod
    def _go_on_after(step: timedelta, running: _Running) -> None:
        """The wall clock was set: whatever waits for a time of day waits no more, and no timer counts the step."""
        running.scheduler.rearm()
        for lane in running.lanes:
            lane.hasten()
        running.dispatch.wake()
        try:
            running.parts.poller.clock_stepped(step)
        except StoreError as error:
            log.error("store.failed", during="a step of the clock", error=str(error))

    def _build(self, setup: Setup) -> _Running:
        scheduler = Scheduler(self._clock)
        loops: list[DispatchLoop] = []
        parts = compose(
            setup,
            self._store,
            clock=self._clock,
            monotonic=self._monotonic,
            recorded=lambda: _wake(loops),
            tally=self._tally,
            registrations=self._registrations,
        )
        lanes = [Lane(parts.deliverer, target, after=lambda: _wake(loops)) for target in parts.targets]
        dispatch = DispatchLoop(parts, enqueued=lambda: _wake(lanes))
        loops.append(dispatch)
        running = _Running(parts, scheduler, dispatch, lanes, {}, set())
        self._schedule(running)
        return running

    def _schedule(self, running: _Running) -> None:
        every = running.parts.setup.settings.poll.every
        running.scheduler.every(LISTING, _quickest(every), lambda: self._list(running), first_after=timedelta(0))
        sources = [source for source in Source if source in every]
        for index, source in enumerate(sources):
            running.scheduler.every(
                source.value,
                every[source],
                partial(self._poll, running, source),
                first_after=phase(every[source], index + 1),
            )
        running.scheduler.every("alive", timedelta(seconds=TICK), self._alive, first_after=timedelta(0))
        running.scheduler.every(
            "housekeeping", EVERY, lambda: self._keep_house(running), first_after=timedelta(minutes=1)
        )
        if running.parts.webhooks is not None:
            running.scheduler.every(WEBHOOKS, WEBHOOKS_EVERY, running.parts.webhooks.keep, first_after=timedelta(0))
        heartbeat = running.parts.setup.settings.heartbeat
        if heartbeat is not None:
            running.scheduler.every(
                "heartbeat", heartbeat.every, lambda: self._beat(running), first_after=heartbeat.every
            )

    def _list(self, running: _Running) -> None:
        before = set(running.parts.poller.watchlist.watches)
        self._note(running, LISTING, running.parts.poller.list_instruments)
        after = set(running.parts.poller.watchlist.watches)
        if after != before:
            running.scheduler.now(WEBHOOKS)
        if after - before:
            for source in running.parts.setup.settings.poll.every:
                running.scheduler.now(source.value)

    def _poll(self, running: _Running, source: Source) -> None:
        self._note(running, source.value, partial(running.parts.poller.poll, source))

    def _note(self, running: _Running, name: str, round_: Callable[[], RoundReport]) -> None:
        """Run one round and note how it went."""
        began = self._monotonic()
        try:
            report = round_()
        except StoreError as error:
            if name not in running.store_failed:
                log.error("store.failed", during=name, error=str(error))
            running.store_failed.add(name)
            self.rounds.note_lost(name, str(error), self._clock())
            self._tally.count("polls", name, "failed")
            return
        if name in running.store_failed:
            log.info("store.recovered", during=name)
        running.store_failed.discard(name)
        self.rounds.note(report, self._clock())
        self._tally.took("poll", name, self._monotonic() - began)
        self._tally.count("polls", name, "failed" if report.failure else "good")
        if not report.failure:
            running.good_at[name] = self._clock()

    def _alive(self) -> None:
        self.alive_at = self._monotonic()

    def _keep_house(self, running: _Running) -> None:
        if self._clock_watch.unsettled:
            return  # a lease that seems over by a clock just set may be under way
        keep_house(self._store, running.parts.setup.settings, self._clock(), lambda: self._running is running)

    def _beat(self, running: _Running) -> None:
        now = self._clock()
        spans = running.parts.setup.settings.poll.every
        every = {LISTING: _quickest(spans), "dispatch": timedelta(minutes=1)}
        every |= {source.value: span for source, span in spans.items()}
        good_at = dict(running.good_at)
        if running.dispatch.good_at is not None:
            good_at["dispatch"] = running.dispatch.good_at
        heartbeat = running.parts.heartbeat
        if heartbeat is not None and is_well(good_at, every, now) and self._reaches_somebody(running, now):
            heartbeat.beat()

    def _reaches_somebody(self, running: _Running, now: datetime) -> bool:
        """Whether some target is not failing, or there is none."""
        try:
            health = self._store.health()
        except StoreError:
            return False
        targets = running.parts.targets
        return not targets or any(name not in health or not is_failing(health[name], now) for name in targets)


def _warn_of_restart(before: Setup, after: Setup) -> None:
    """Say what a reload does not change."""
    if before.settings.storage.url != after.settings.storage.url:
        log.warning("reload.needs_restart", key="storage.url")
    if before.settings.http.listen != after.settings.http.listen:
        log.warning("reload.needs_restart", key="http.listen")


def _quickest(every: Mapping[Source, timedelta]) -> timedelta:
    return min(every.values(), default=timedelta(minutes=1))


def _wake(loops: Iterable[DispatchLoop | Lane]) -> None:
    for loop in loops:
        loop.wake()

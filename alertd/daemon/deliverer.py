"""Sends what the outbox holds, one lane for each target, so that no target waits for another."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.alerts.own import Condition
from alertd.clock import Clock, Monotonic, monotonic
from alertd.daemon.own_alerts import OwnAlerts
from alertd.daemon.tally import Counts, Tally
from alertd.daemon.worker import Worker
from alertd.errors import StoreError
from alertd.logs import logger
from alertd.model import Delivery, DeliveryState, NotifyReason, TargetHealth, Told
from alertd.notify.backoff import Again, Dead, Done, NextStep, health_after, is_failing, next_step
from alertd.notify.channels import Channels
from alertd.notify.hearing import told_after, told_given_up, told_maybe
from alertd.notify.outcome import Delivered
from alertd.notify.rate import Pace
from alertd.store.store import Store

log = logger(__name__)

TARGET_FAILING = "TargetFailing"
TELLS_OF_HOLDS = frozenset({NotifyReason.SILENCE_ENDED, NotifyReason.QUIET_ENDED, NotifyReason.DIGEST})
"""Messages after which a hold whose end they told of is forgotten."""

LOOK_EVERY = 1.0
"""Seconds between looks at the outbox where nothing wakes a lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one attempt."""

    delivery: Delivery
    delivered: bool
    error: str = ""


class Deliverer:
    """Claims, sends and records one message at a time."""

    def __init__(  # noqa: PLR0913 - the composition root names each
        self,
        *,
        store: Store,
        channels: Channels,
        clock: Clock,
        pace: Pace,
        decide_again: Callable[[datetime], object] = lambda _now: None,
        targets: Sequence[str],
        own: OwnAlerts,
        noise: Callable[[], float],
        monotonic: Monotonic = monotonic,
        tally: Counts | None = None,
    ) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._pace = pace
        self._decide_again = decide_again
        self._own = own
        self._noise = noise
        self._monotonic = monotonic
        self._tally = tally or Tally()
        self._health = store.health()
        self._failing = set(own.active(TARGET_FAILING))
        gone = self._failing - set(targets)  # of what is not in the config nobody can say that it works again
        self._failing -= gone
        own.change(over=[(TARGET_FAILING, name) for name in gone])

    def deliver_next(self, target: str, *, hasten: bool = False) -> Attempt | None:
        """Send the target's next due message; None where none is due, or its rate lets none go now.

        What is in the outbox is decided again first: a firing that somebody silenced meanwhile must not go. `hasten`
        ignores a back-off.
        """
        now = self._clock()
        due_at = self._store.next_due(target)
        if due_at is None or (due_at > now and not hasten) or not self._pace.take(target):
            return None
        self._decide_again(now)
        delivery = self._store.claim(target, now, 2 * self._channels.timeout(target), hasten=hasten)
        if delivery is None:
            self._pace.give_back(target)
            return None
        return self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> Attempt:
        began = self._monotonic()
        outcome = self._channels.send(
            delivery.target,
            delivery.message,
            possible_repeat=delivery.maybe_sent,
            thread_id=delivery.thread or None,
        )
        self._tally.took("delivery", delivery.target, self._monotonic() - began)
        now = self._clock()
        health = self._health.get(delivery.target, TargetHealth(target=delivery.target))
        step = next_step(outcome, health.failures + 1, delivery.decided_at, now, self._noise())
        self._record(delivery, step, health_after(health, step, now), now)
        self._tally.count("deliveries", delivery.target, "delivered" if isinstance(outcome, Delivered) else "failed")
        if isinstance(outcome, Delivered):
            return Attempt(delivery=delivery, delivered=True)
        return Attempt(delivery=delivery, delivered=False, error=outcome.reason)

    def _record(self, delivery: Delivery, step: NextStep, health: TargetHealth, now: datetime) -> None:
        told = {
            each.alert_id: each
            for each in self._store.told([says.alert_id for says in delivery.says])
            if each.target == delivery.target
        }
        known: list[Told] = []
        state, error, due_at, maybe = DeliveryState.DELIVERED, "", None, False
        if isinstance(step, Done):
            known = told_after(delivery, told, now)
        else:
            error, maybe = step.reason, step.maybe
            if isinstance(step, Dead):
                state, known = DeliveryState.DEAD, told_given_up(delivery, told, now)
            else:
                state, due_at = DeliveryState.QUEUED, step.due_at
            if maybe:
                marked = {each.alert_id: each for each in known}
                known = list({**marked, **{m.alert_id: m for m in told_maybe(delivery, {**told, **marked})}}.values())
        self._store.record_outcome(
            delivery,
            state=state,
            now=now,
            error=error,
            due_at=due_at,
            maybe_sent=maybe,
            told=known,
            health=health,
            released=_released(delivery, state),
        )
        self._health[delivery.target] = health
        _log_outcome(delivery, step)
        self._judge_target(health, now)

    def _judge_target(self, health: TargetHealth, now: datetime) -> None:
        """Begin or end TargetFailing; only a change is written."""
        target, failing = health.target, is_failing(health, now)
        if failing == (target in self._failing):
            return
        if failing:
            why = f"{health.failures} attempts failed; the last: {health.last_error}"
            self._own.change([Condition(rule=TARGET_FAILING, about=target, explanation=why, labels={"target": target})])
            self._failing.add(target)
        else:
            self._own.change(over=[(TARGET_FAILING, target)])
            self._failing.discard(target)


class Lane(Worker):
    """Delivers to one target for as long as it runs."""

    def __init__(self, deliverer: Deliverer, target: str, after: Callable[[], None]) -> None:
        super().__init__(f"lane-{target}")
        self._deliverer = deliverer
        self._target = target
        self._after = after
        self._hasty = False
        self._store_failed = False

    def hasten(self) -> None:
        """Try what waits at once, a back-off or not: the wall clock was set, and no wait means anything."""
        self._hasty = True
        self._wake.set()

    def run(self) -> None:
        """The lane's loop."""
        while not self._stopping.is_set():
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()
            while self._deliver() and not self._stopping.is_set():
                self._after()

    def _deliver(self) -> bool:
        """Whether there was something to send."""
        try:
            attempt = self._deliverer.deliver_next(self._target, hasten=self._hasty)
        except StoreError as error:
            if not self._store_failed:
                log.error("store.failed", during="delivery", target=self._target, error=str(error))
            self._store_failed = True
            return False
        except Exception:
            log.exception("lane.failed", target=self._target)
            return False
        self._store_failed = False
        self._hasty = self._hasty and attempt is not None and attempt.delivered
        return attempt is not None


def drain(deliverer: Deliverer, targets: Iterable[str], *, hasten: bool) -> list[Attempt]:
    """Send everything that is due, every target in a thread of its own, and wait for the end of it."""
    attempts: list[Attempt] = []
    errors: list[StoreError] = []

    def empty(target: str) -> None:
        try:
            while (attempt := deliverer.deliver_next(target, hasten=hasten)) is not None:
                attempts.append(attempt)
                if not attempt.delivered:
                    return
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=empty, args=(target,), daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return attempts


def _released(delivery: Delivery, state: DeliveryState) -> list[tuple[str, str]]:
    """The holds whose end is told of, or never will be."""
    if delivery.reason not in TELLS_OF_HOLDS or state is DeliveryState.QUEUED:
        return []
    return [(says.alert_id, delivery.target) for says in delivery.says]


def _log_outcome(delivery: Delivery, step: NextStep) -> None:
    facts = {"target": delivery.target, "reason": delivery.reason.value, "title": delivery.message.title}
    if isinstance(step, Done):
        log.info("message.delivered", **facts)
    elif isinstance(step, Again):
        log.warning("message.failed", error=step.reason, again_at=step.due_at.isoformat(), **facts)
    else:
        log.error("message.dead", error=step.reason, **facts)

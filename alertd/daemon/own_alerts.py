"""Keeps alertd's alerts about itself, whoever finds out what they are about: a lane, the dispatcher, a reload."""

import threading
from collections.abc import Callable, Collection, Sequence

from alertd.alerts.own import Condition, Identity, advance_own
from alertd.clock import Clock
from alertd.logs import logger
from alertd.model import Alert, Transition
from alertd.store.store import Store

log = logger(__name__)


class OwnAlerts:
    """Begins and ends them, each change in a transaction of its own. Safe to use from several threads."""

    def __init__(self, store: Store, clock: Clock, recorded: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._recorded = recorded
        self._lock = threading.Lock()

    def active(self, rule: str) -> frozenset[str]:
        """What the firing ones of this name are about."""
        return frozenset(alert.subject for alert in self._store.active_alerts() if alert.own and alert.rule == rule)

    def change(self, begin: Sequence[Condition] = (), over: Collection[Identity] = ()) -> None:
        """Begin what stands now, unless it fires already, and end what is over."""
        with self._lock:
            now = self._clock()
            steps = advance_own(self._store.active_alerts(), begin, over, now)
            if not steps:
                return
            alerts = [step.alert for step in steps if step.alert is not None]
            transitions = [transition for step in steps for transition in step.transitions]
            self._store.record_round(samples=(), cursors={}, alerts=alerts, transitions=transitions, now=now)
        log_transitions({alert.id: alert for alert in alerts}, transitions)
        if transitions:
            self._recorded()


def log_transitions(alerts: dict[str, Alert], transitions: Sequence[Transition]) -> None:
    """One line for each step in an alert's life; `alerts` by id."""
    for transition in transitions:
        alert = alerts[transition.alert_id]
        event = f"alert.{transition.kind.value}"
        log.info(
            event,
            rule=alert.rule,
            instrument=alert.subject,
            severity=transition.severity.word,
            reason=transition.reason,
            explanation=transition.explanation,
        )

"""The running daemon, as its web pages and interfaces see it: see alertd/web/house.py."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alertd.chart.chart import Chart
from alertd.clock import Clock, Monotonic
from alertd.config.secrets import Secret
from alertd.config.settings import Settings
from alertd.daemon.desk import Desk
from alertd.daemon.drills import Drills
from alertd.daemon.fleet import fleet_of
from alertd.daemon.muting import Muting
from alertd.daemon.polling import Polling
from alertd.daemon.rulebook import Rulebook
from alertd.daemon.service import LISTING, Service
from alertd.daemon.setup import Setup, secret_of
from alertd.daemon.sights import chart_for, limits_of
from alertd.daemon.stated import in_each_zone, stated
from alertd.daemon.tally import Tally
from alertd.daemon.ways import routed
from alertd.daemon.webhooks import WebhookDesk
from alertd.errors import StoreError
from alertd.model import Alert, Instrument, Source
from alertd.notify.silences import Silence
from alertd.present import Json, alert_json, told_by_alert
from alertd.present_why import effective_json, rule_place
from alertd.rules.rule import Rule
from alertd.store.store import Store
from alertd.web.house import Check, Requests, RoutedAlert, RuleLimit, StatedSilence

ALIVE_WITHIN = 30.0
"""Seconds since the scheduler's last sign of life after which it counts as stuck."""
POLLS_MISSED = 3
"""Rounds of a source that may fail before it counts as not read."""
WAITS_AT_MOST = timedelta(minutes=15)
"""How long a message may wait in the outbox before something is wrong with it."""


class House(Desk):
    """Answers for one service over its reloads."""

    def __init__(self, service: Service, store: Store, tally: Tally, clock: Clock, monotonic: Monotonic) -> None:
        self._service = service
        self._tally = tally
        self._clock = clock
        self._monotonic = monotonic
        self.store = store
        self.rulebook = Rulebook(self, clock)
        self.drills = Drills(self, clock)
        self.polling = Polling(service)

    @property
    def setup(self) -> Setup:
        """Everything a person wrote, as of the last good load."""
        return self._service.setup

    @property
    def settings(self) -> Settings:
        """See the protocol."""
        return self._service.setup.settings

    @property
    def rules(self) -> Sequence[Rule]:
        """See the protocol."""
        return self._service.setup.rules

    @property
    def counted(self) -> Tally:
        """See the protocol."""
        return self._tally

    def secret(self, secret: Secret) -> str:
        """See the protocol."""
        return secret_of(self._service.setup.config, secret, os.environ)

    @property
    def webhooks(self) -> WebhookDesk | None:
        """See the protocol."""
        parts = self._service.parts
        return None if parts is None else parts.webhooks

    def now(self) -> datetime:
        """See the protocol."""
        return self._clock()

    def polled_at(self) -> Mapping[str, datetime]:
        """See the protocol."""
        return self._service.good_at()

    def failing(self) -> Mapping[str, str]:
        """See the protocol."""
        parts = self._service.parts
        return {} if parts is None else parts.poller.failing

    def watched(self) -> int | None:
        """See the protocol."""
        parts = self._service.parts
        return None if parts is None else len(parts.poller.watchlist.watches)

    def requests(self) -> Requests | None:
        """See the protocol."""
        parts = self._service.parts
        if parts is None:
            return None
        return Requests(self.settings.mycirrus.max_requests_per_minute, parts.client.requests_free())

    def alerts_json(self, alerts: Iterable[Alert]) -> list[Json]:
        """See the protocol."""
        alerts = list(alerts)
        muting = Muting.look(self.store, self.settings, self.rules, self.now())
        by_alert = told_by_alert(self.store.told([alert.id for alert in alerts]))
        return [alert_json(alert, by_alert.get(alert.id, ()), muting.stand(alert)) for alert in alerts]

    def chart(self, alert: Alert) -> Chart | None:
        """See the protocol."""
        rule = next((each for each in self.rules if each.name == alert.rule), None)
        return chart_for(alert, rule, self.store, self.now())

    def limits(self, instrument: Instrument) -> list[RuleLimit]:
        """See the protocol."""
        return list(limits_of(self.rules, instrument))

    def rules_on(self, instrument: Instrument) -> list[Json]:
        """See the protocol."""
        return [effective_json(rule, instrument, self._service.setup.config) for rule in self.rules]

    def rule_place(self, rule: Rule) -> str:
        """See the protocol."""
        return rule_place(rule, self._service.setup.config)

    def acted(self) -> None:
        """See the protocol."""
        self._service.wake()

    def routed_alerts(self) -> list[RoutedAlert]:
        """See the protocol."""
        return routed(self.store, self.settings, self.rules, self.now())

    def stated(self, silences: Iterable[Silence]) -> list[StatedSilence]:
        """See the protocol."""
        silences = list(silences)
        asks_fleet = any(map(in_each_zone, silences))
        fleet = fleet_of(self.store.instruments(), self.settings.instruments) if asks_fleet else []
        return stated(silences, fleet, self.rules, self.now())

    def checks(self) -> Sequence[Check]:
        """See the protocol."""
        return [self._store_check(), self._scheduler_check(), self._poll_check(), self._outbox_check()]

    # -- inside ------------------------------------------------------------------------------------------------------

    def _store_check(self) -> Check:
        try:
            self.store.cursors(Source.STATS)
        except StoreError as error:
            return Check("store", is_good=False, says=str(error))
        return Check("store", is_good=True, says="answers")

    def _scheduler_check(self) -> Check:
        age = self._monotonic() - self._service.alive_at
        return Check("scheduler", age < ALIVE_WITHIN, f"last sign of life {age:.0f} s ago")

    def _poll_check(self) -> Check:
        now, good_at = self._clock(), self._service.good_at()
        every: dict[str, timedelta] = {source.value: span for source, span in self.settings.poll.every.items()}
        every[LISTING] = min(every.values(), default=timedelta(minutes=1))
        for name, span in every.items():
            at = good_at.get(name)
            if at is None:
                return Check("poll", is_good=False, says=f"{name}: no good poll yet")
            if now - at > POLLS_MISSED * span + timedelta(minutes=1):
                return Check("poll", is_good=False, says=f"{name}: last good poll {at.isoformat()}")
        return Check("poll", is_good=True, says="every source was read in time")

    def _outbox_check(self) -> Check:
        try:
            waiting = [each.decided_at for each in self.store.pending_deliveries()]
        except StoreError as error:
            return Check("outbox", is_good=False, says=str(error))
        if not waiting:
            return Check("outbox", is_good=True, says="empty")
        age = self._clock() - min(waiting)
        says = f"{len(waiting)} waiting, the oldest for {age.total_seconds():.0f} s"
        return Check("outbox", age < WAITS_AT_MOST, says)

"""Asks MyCirrus, judges what it says and records the result: the first half of the way of the data."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.alerts.life import end
from alertd.alerts.own import advance_own
from alertd.alerts.sites import SITE_DOWN
from alertd.clock import Clock, Monotonic
from alertd.config.settings import Settings
from alertd.daemon.api_health import JUDGED, LISTING, ApiHealth, Heard, heard
from alertd.daemon.book import Book
from alertd.daemon.breakage import Breakage
from alertd.daemon.flaps import Flaps
from alertd.daemon.fleet import fleet_of
from alertd.daemon.judge import Judge, Judged, of_monitors
from alertd.daemon.own_alerts import log_transitions
from alertd.daemon.remembrance import Remembrance
from alertd.daemon.rounds import Round, RoundReport
from alertd.daemon.routing import flap_terms, site_terms
from alertd.daemon.sites import Sites
from alertd.daemon.tally import Counts, Tally
from alertd.daemon.watch import Watchlist
from alertd.errors import ApiError, NotAllowed
from alertd.logs import logger
from alertd.model import RANGE_SOURCES, Alert, EndReason, Instrument, Source, Transition
from alertd.mycirrus.answer import Answer
from alertd.mycirrus.client import Client
from alertd.rules.rule import Rule, labels_of
from alertd.store.knowing import OFFLINE_SINCE
from alertd.store.store import Store

log = logger(__name__)

RECORD_EVERY = 2.0
"""Seconds: a round that takes longer is recorded in pieces, so that a slow fleet's alerts do not wait for its end."""
RECORDS_HELD = 4_000
"""Records that wait for being judged, some 5 MB; a first round of stats brings sixty for each instrument."""
LEARNT = "mycirrus.learnt"
API_FAILING_SINCE = "mycirrus.failing_since"


class Poller:
    """One round of one source at a time; sources may be asked at once, judging takes turns."""

    def __init__(  # noqa: PLR0913 - the composition root names each
        self,
        *,
        client: Client,
        store: Store,
        settings: Settings,
        rules: Sequence[Rule],
        clock: Clock,
        monotonic: Monotonic,
        breakage: Breakage,
        recorded: Callable[[], None] = lambda: None,
        tally: Counts | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._settings = settings
        self._rules = rules
        self._clock = clock
        self._monotonic = monotonic
        self._breakage = breakage
        self._recorded = recorded
        self._tally = tally or Tally()
        self._lock = threading.RLock()
        self._stopped = False
        self._unwritten = False
        """Whether the book has taken in what the store could not."""
        self._under_way: dict[Source, Round] = {}
        """Each source's ordinary round."""
        self._failing: dict[str, str] = {}
        self._known: list[Instrument] | None = None
        """The fleet that is watched, before the config chose from it."""
        every = settings.poll.every
        self._rename_rules()
        self._book = Book(every, store.newest())
        active = store.active_alerts()
        since = store.recall(API_FAILING_SINCE)
        self._api = ApiHealth(
            settings.unreachable_after,
            every,
            active,
            datetime.fromisoformat(since) if isinstance(since, str) else None,
        )
        self._api_was_failing = self._api.failing_since is not None
        self._sites = Sites(site_terms(settings), settings.causes.site_label, store.recall(OFFLINE_SINCE))
        terms = flap_terms(settings, rules)
        longest = max((each.within for each in terms.values()), default=timedelta(0))
        changes = store.standing.changes_since(clock() - longest) if terms else []
        self._flaps = Flaps(terms.get, changes, store.standing.episodes())
        learnt = store.recall(LEARNT)
        if isinstance(learnt, dict):
            client.restore(learnt)
        self._remembrance = Remembrance(store, every, clock)
        self._watch()

    @property
    def watchlist(self) -> Watchlist:
        """The fleet under its rules, as of now."""
        return self._watchlist

    @property
    def failing(self) -> Mapping[str, str]:
        """Why the last round of each source failed; the empty text where it did not."""
        return dict(self._failing)

    def list_instruments(self) -> RoundReport:
        """Read the fleet, end the alerts of what is gone, and watch what is there."""
        report, now = RoundReport(source=LISTING, asked=1), self._clock()
        if not self._settings.instruments.discover:
            return report
        failure: ApiError | None = None
        try:
            seen = self._client.instruments()
        except ApiError as error:
            failure, seen = error, []
        if self._stopped:
            return report
        with self._lock:
            judged = Judged()
            if seen:
                self._store.record_fleet(seen, now)
                self._watch()
            report.answered = len(seen)
            report.failure = str(failure) if failure else ""
            round_heard = Heard(endpoint=LISTING, answered=len(seen), failure=failure)
            self._record(judged, round_heard, self._store.active_alerts(), now)
        self._note_failure(report.source, report.failure)
        return report

    def poll(self, source: Source) -> RoundReport:
        """One round of one source over every instrument that has it."""
        serials = self._watchlist.serials(source)
        if source is Source.STATUS:
            serials = sorted(serials, key=self._sites.site_of)  # so that a site is heard of in one go
        report = RoundReport(source=source.value, asked=len(serials))
        if not serials:
            return report
        now = self._clock()
        going, since = self._begin(source, report, serials, now)
        self._under_way[source] = going
        outcomes: list[ApiError | None] = []
        batch: list[Answer] = []
        held, record_at = 0, going.began + RECORD_EVERY
        for answer in self._client.fetch(source, serials, since, now):
            full = held >= RECORDS_HELD or self._monotonic() >= record_at
            if full and not self._stopped and self._may_cut(source, batch, answer):
                self._judge(going, batch)
                batch, held, record_at = [], 0, self._monotonic() + RECORD_EVERY
            batch.append(answer)
            held += len(answer.samples)
            outcomes.append(answer.error)
            if isinstance(answer.error, NotAllowed):
                report.contained.append((answer.instrument, str(answer.error)))
        if self._stopped:
            return report
        self._judge(going, batch, heard(source, outcomes))
        self._remembrance.was_read(source, complete=all(one is None for one in outcomes))
        self._report(report, source, outcomes)
        return report

    def reread(self, source: Source, serials: Collection[str]) -> dict[str, ApiError | None]:
        """Read one source of these instruments now, outside its turn; how each was answered, None for well.

        Whoever is not watched, or a source that is not polled, is left out.
        """
        asked = [serial for serial in self._watchlist.serials(source) if serial in serials]
        if not asked or source not in self._settings.poll.every:
            return {}
        now = self._clock()
        going, since = self._begin(source, RoundReport(source=source.value, asked=len(asked)), asked, now)
        answers = list(self._client.fetch(source, asked, since, now))
        with self._lock:
            if self._stopped:
                return {}
            self._judge(going, [each for each in answers if self._book.is_news(source, each.instrument, each.asked_at)])
            ordinary = self._under_way.get(source, going)
            ordinary.overtaken.update({each.instrument: each.asked_at for each in answers if each.error is None})
        return {answer.instrument: answer.error for answer in answers}

    def stop(self) -> None:
        """Record nothing more of the rounds under way: what the client gives up on a stop says nothing of MyCirrus."""
        self._stopped = True

    def clock_stepped(self, step: timedelta) -> None:
        """The wall clock was set: no timer counts the step, in whatever direction."""
        with self._lock:
            self._api.clock_stepped(step)
            judged = Judged()
            for alert in of_monitors(self._store.active_alerts()).values():
                levels = {severity: replace(level, observed_at=None) for severity, level in alert.levels.items()}
                judged.alerts[alert.id] = replace(alert, levels=levels)
            judged.episodes = {episode.id: episode for episode in self._flaps.pause()}
            self._write(judged, self._clock())
            self._store.standing.shift_clocks(step)

    def end_what_is_gone(self) -> list[Transition]:
        """End the alerts whose rule, instrument or match is no more: on start, after a reload, after each listing.

        Flapping of a rule in shadow ends as well: of it nobody hears that it flaps.
        """
        with self._lock:
            judged = Judged()
            now = self._clock()
            for alert in self._store.active_alerts():
                reason = None if alert.own else self._gone(alert.rule, alert.subject)
                if reason is not None:
                    judged.add(end(alert, reason, now))
            for episode in self._flaps.flapping:
                if self._gone(episode.rule, episode.subject) is not None or self._watchlist.rules[episode.rule].shadow:
                    judged.episodes[episode.id] = self._flaps.end(episode, now)
            self._write(judged, now)
            return judged.transitions

    # -- inside ----------------------------------------------------------------------------------------------------

    def _begin(
        self, source: Source, report: RoundReport, serials: Sequence[str], now: datetime
    ) -> tuple[Round, Mapping[str, datetime]]:
        """A round, and since when to read each instrument."""
        cursors = self._store.cursors(source) if source in RANGE_SOURCES else {}
        since = self._remembrance.read_from(source, serials, cursors, now)
        return Round(source, report, cursors, began=self._monotonic()), since

    def _judge(self, going: Round, batch: Sequence[Answer], whole: Heard | None = None) -> None:
        """Take in what came since the last time; `whole` sums up the round where it is over."""
        source = going.source
        with self._lock:
            now = self._clock()
            self._book.round_lasts(source, timedelta(seconds=self._monotonic() - going.began), over=whole is not None)
            if self._unwritten:
                self._book.restore(self._store.newest())
                self._unwritten = False
            active = self._store.active_alerts()  # once, of maybe thousands; nobody else changes those used here
            judge = Judge(
                self._watchlist, self._book, self._remembrance.pasts, going.cursors, of_monitors(active), self._flaps
            )
            batch = [answer for answer in batch if going.is_news(answer)]
            judge.hear(source, batch, now)
            if source is Source.STATUS:
                self._judge_sites(batch, judge.judged, active, now)
            if whole is not None:
                self._record(judge.judged, whole, active, now)
            else:
                self._write(judge.judged, now)
        self._tally.add("evaluations", judge.verdicts)
        going.report.transitions.extend(judge.judged.transitions)
        serials = {answer.instrument for answer in batch}
        self._breakage.judged(serials, self._watchlist.rules_called_by(source), judge.judged.raised)

    def _may_cut(self, source: Source, batch: Sequence[Answer], next_one: Answer) -> bool:
        """Whether a round may be recorded up to here: not within a site, for it may be the site that is down."""
        if source is not Source.STATUS or not batch:
            return bool(batch)
        return self._sites.site_of(batch[-1].instrument) != self._sites.site_of(next_one.instrument)

    def _judge_sites(self, batch: Sequence[Answer], judged: Judged, active: Sequence[Alert], now: datetime) -> None:
        """In one transaction with the monitors' own alerts: ten lost at one site are one message."""
        self._sites.hear(batch)
        down = [alert for alert in active if alert.own and alert.rule == SITE_DOWN]
        conditions = self._sites.down(down)
        for step in advance_own(down, conditions, {(alert.rule, alert.subject) for alert in down}, now):
            judged.add(step)

    def _record(self, judged: Judged, round_heard: Heard, active: Sequence[Alert], now: datetime) -> None:
        """Add what the round says of the API itself, then write."""
        conditions = self._api.hear(round_heard, now)
        of_api = [alert for alert in active if alert.own and alert.rule in JUDGED]
        for step in advance_own(of_api, conditions, {(alert.rule, alert.subject) for alert in of_api}, now):
            judged.add(step)
        self._write(judged, now)
        self._remember()

    def _write(self, judged: Judged, now: datetime) -> None:
        offline = self._sites.to_remember()
        memory = {} if offline is None else {OFFLINE_SINCE: offline}
        if not (judged.samples or judged.history or judged.cursors or judged.alerts or judged.episodes or memory):
            return
        self._unwritten = True
        self._store.record_round(
            samples=judged.samples,
            history=judged.history,
            cursors=judged.cursors,
            alerts=list(judged.alerts.values()),
            transitions=judged.transitions,
            episodes=list(judged.episodes.values()),
            memory=memory,
            now=now,
        )
        self._unwritten = False
        log_transitions(judged.alerts, judged.transitions)
        if judged.transitions or judged.episodes:
            self._recorded()

    def _remember(self) -> None:
        """Keep over restarts what a new process would have to find out again."""
        learnt = self._client.learnt()
        if learnt != self._store.recall(LEARNT):
            self._store.remember(LEARNT, learnt)
        failing = self._api.failing_since
        if failing is not None or self._api_was_failing:
            self._store.remember(API_FAILING_SINCE, failing.isoformat() if failing else None)
            self._api_was_failing = failing is not None

    def _watch(self) -> None:
        """Watch what is on record by now; most listings bring nothing new."""
        known = self._store.instruments()
        if known == self._known:
            return
        fleet = fleet_of(known, self._settings.instruments)
        self._watchlist = Watchlist(fleet, self._rules)
        self._remembrance.watch(self._watchlist)
        self._sites.watch({each.serial: each.labels for each in fleet})
        self.end_what_is_gone()
        self._known = known

    def _gone(self, name: str, serial: str) -> EndReason | None:
        rule = self._watchlist.rules.get(name)
        watch = self._watchlist.watches.get(serial)
        if rule is None:
            return EndReason.RULE_REMOVED
        if watch is None:
            return EndReason.INSTRUMENT_REMOVED
        return None if rule.matches(labels_of(watch.instrument)) else EndReason.RULE_NO_LONGER_MATCHES

    def _rename_rules(self) -> None:
        for rule in self._rules:
            for old in rule.was:
                self._store.rename_rule(old, rule.name)

    def _report(self, report: RoundReport, source: Source, outcomes: Sequence[ApiError | None]) -> None:
        round_heard = heard(source, outcomes)
        report.answered = round_heard.answered
        refused = round_heard.refused
        report.failure = str(refused or round_heard.failure or "")
        self._note_failure(report.source, report.failure)

    def _note_failure(self, source: str, failure: str) -> None:
        """Log the edge, not the level."""
        before = self._failing.get(source, "")
        if failure and not before:
            log.warning("source.failed", source=source, error=failure)
        elif before and not failure:
            log.info("source.recovered", source=source)
        self._failing[source] = failure

"""Finds out why a rule says what it says of a monitor, now or at an earlier time, and who heard of it.

It judges anew from what is stored, as the daemon did, and looks at the alert's own record for all that a verdict alone
does not say: timers, holds, messages. Nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.alerts.life import INACTIVE, verdict_of
from alertd.config.load import Config
from alertd.daemon.asked import named_monitor, named_rule, own_ask, refuse_subject
from alertd.daemon.asof import alert_then, known_then, records_then
from alertd.daemon.fleet import fleet_of
from alertd.daemon.muting import Muting, Stand
from alertd.daemon.pathfinder import look_down
from alertd.daemon.reasons import Reasons, Seen, Telling, Timer, Ways
from alertd.daemon.remembrance import Remembrance
from alertd.daemon.routing import routing_of
from alertd.daemon.supposed import completed, labels_if, supposed
from alertd.daemon.watch import Watchlist
from alertd.fields import PREFIX_OF
from alertd.model import OWN_RULES, Alert, Delivery, DeliveryState, Instrument, Sample, Severity, Source, State, Verdict
from alertd.notify.groups import led_to
from alertd.notify.known import Known
from alertd.rules.effective import given_params, missed
from alertd.rules.evaluate import Evaluation, evaluate, measured, moment
from alertd.rules.expression import Expression, walk
from alertd.rules.freshness import Horizon
from alertd.rules.parts import take_apart
from alertd.rules.rule import BoundRule, Rule, bind, labels_of
from alertd.rules.tree import Call
from alertd.rules.view import NO_PAST, NOT_POLLED, Past, View, describe
from alertd.store.store import Store

NOTHING_YET = "nothing on record yet"
NOTHING_THEN = "nothing on record of that time"
_NOT_GIVEN = "not given"


def why(
    config: Config, store: Store | None, rules: Sequence[Rule], asked: tuple[str, str], *, now: datetime, at: datetime
) -> Reasons:
    """What there is to say of `asked` (a serial or what an own alert is about, and the name of a rule) at a time.

    `store` is None before there is one.

    Raises:
        UsageError: there is no such monitor, rule or subject.
    """
    subject, name = asked
    moment_ = _Moment(config, store, rules, now, at)
    if name in OWN_RULES:
        return moment_.own(name, subject)
    rule = named_rule(name, rules)
    known = store.instruments() if store is not None else []
    instrument = named_monitor(subject, known, config.settings.instruments)
    return moment_.rule(rule, instrument)


@dataclass(frozen=True, slots=True)
class _Record:
    """The newest alert of a rule and subject, and what was said of it."""

    alert: Alert | None = None
    """As it stood then."""
    messages: tuple[Delivery, ...] = ()


class _Moment:
    """One time that is looked at; a class because each step needs the store and the set-up."""

    def __init__(self, config: Config, store: Store | None, rules: Sequence[Rule], now: datetime, at: datetime) -> None:
        self._settings = config.settings
        self._store = store
        self._rules = rules
        self._routing = routing_of(config.settings, rules)
        self._at = at
        self._past = at < now

    @property
    def _nothing(self) -> str:
        return NOTHING_THEN if self._past else NOTHING_YET

    # -- a rule on a monitor -----------------------------------------------------------------------------------------

    def rule(self, rule: Rule, instrument: Instrument) -> Reasons:
        """Of a rule of a file."""
        labels = labels_of(instrument)
        not_watched = missed(rule, labels)
        newest = self._newest(instrument.serial)
        view = self._view(instrument, newest, rule)
        bound = bind(rule, labels)
        record = self._record(rule.name, instrument.serial, [level.severity for level in rule.levels])
        verdict, explanation = self._verdict(bound, view, record.alert, newest)
        if not_watched:
            verdict, explanation = Verdict.UNKNOWN, f"{rule.name} does not watch {instrument.serial}: {not_watched}"
        alert = record.alert or supposed(labels_if(rule, instrument), self._at)
        offline = [instrument.serial] if view.values.get("status", {}).get("online") is False else []
        return self._with_record(
            Reasons(
                name=rule.name,
                subject=instrument.serial,
                instrument=instrument,
                rule=rule,
                at=self._at,
                past=self._past,
                not_watched=not_watched,
                verdict=verdict,
                explanation=explanation,
                levels=() if not_watched else take_apart(bound, view),
                values=_values(bound, view, newest),
                timers=_timers(rule, record.alert),
                params=given_params(rule, labels),
                ways=self._ways(alert),
                notes=tuple(self._notes(rule, newest, verdict, record.alert)),
            ),
            record,
            self._stand(alert, record.alert, offline),
        )

    def _newest(self, serial: str) -> Mapping[Source, Sample]:
        if self._store is None:
            return {}
        if self._past:
            every, retention = self._settings.poll.every, self._settings.storage.retention
            return records_then(self._store, serial, every, retention, self._at)
        return {sample.source: sample for sample in self._store.newest_of(serial)}

    def _view(self, instrument: Instrument, newest: Mapping[Source, Sample], rule: Rule) -> View:
        horizon = Horizon(self._at, self._settings.poll.every)
        return horizon.see(describe(instrument), newest, self._failed(), past=self._past_of(instrument, rule))

    def _past_of(self, instrument: Instrument, rule: Rule) -> Past:
        """What the rule's windows look back at, as the daemon recalls it on a start."""
        if self._store is None:
            return NO_PAST
        remembrance = Remembrance(self._store, self._settings.poll.every, lambda: self._at)
        remembrance.watch(Watchlist([instrument], [rule]))
        return remembrance.pasts.of(instrument.serial)

    def _failed(self) -> dict[Source, str]:
        """Sources that gave no answer, as far as alertd's own alerts of that time say so."""
        failed: dict[Source, str] = {}
        for alert in self._store.firing_at(self._at) if self._store is not None else ():
            if alert.own and alert.rule in ("ApiUnreachable", "ApiKeyRefused"):
                endpoint = alert.labels.get("endpoint", "")
                failed |= {source: alert.explanation for source in Source if endpoint in ("", source.value)}
        return failed

    def _verdict(
        self, bound: BoundRule, view: View, alert: Alert | None, newest: Mapping[Source, Sample]
    ) -> tuple[Verdict, str]:
        try:
            seen = evaluate(bound, view, moment(bound.rule, view))
        except Exception as error:  # noqa: BLE001 - a rule that raises is what is asked about
            return Verdict.UNKNOWN, f"it could not be judged: {type(error).__name__}: {error}"
        living = alert if alert is not None and alert.state is not State.RESOLVED else None
        verdict = verdict_of(living, seen)
        if verdict is Verdict.UNKNOWN and not newest:
            return verdict, self._nothing
        return verdict, seen.explanation + _not_yet(bound, view, living, seen)

    def _notes(
        self, rule: Rule, newest: Mapping[Source, Sample], verdict: Verdict, alert: Alert | None
    ) -> Iterable[str]:
        if rule.shadow:
            yield "the rule is in shadow: it is judged and recorded, and nobody is told that it fires"
        if not newest:
            yield self._nothing
        if self._past and alert is not None and alert.state is not State.RESOLVED:
            yield "timers of an earlier time are reckoned from the alert's steps on record"
        living = alert is not None and alert.state is not State.RESOLVED
        if living and alert is not None and alert.stale_since is not None and verdict is not Verdict.UNKNOWN:
            yield "when alertd last looked it could not tell: the last poll had no answer that counts"

    # -- an own alert ------------------------------------------------------------------------------------------------

    def own(self, name: str, subject: str) -> Reasons:
        """Of an alert of alertd about itself."""
        fleet = fleet_of(self._store.instruments() if self._store else [], self._settings.instruments)
        ask = own_ask(name, self._settings, self._rules, fleet)
        record = self._record(name, subject, [OWN_RULES[name]])
        if record.alert is None and subject not in ask.subjects:
            raise refuse_subject(name, subject, ask)
        fires = record.alert is not None and record.alert.state is State.FIRING
        asks = f"fires when {ask.fires_when}"
        if record.alert is not None and fires:
            verdict, explanation = Verdict.BREACHED, record.alert.explanation
        elif self._store is None or not self._store.newest():
            verdict, explanation = Verdict.UNKNOWN, f"{self._nothing}; it {asks}"
        else:
            verdict, explanation = Verdict.CLEAR, f"it {asks}, and that is not so"
        alert = record.alert or replace(supposed(completed({"alertname": name}, {}, {}), self._at), subject=subject)
        return self._with_record(
            Reasons(
                name=name,
                subject=subject,
                instrument=None,
                rule=None,
                at=self._at,
                past=self._past,
                asks=asks,
                verdict=verdict,
                explanation=explanation,
                ways=self._ways(alert),
            ),
            record,
            self._stand(alert, record.alert, ()),
        )

    # -- what is on record -------------------------------------------------------------------------------------------

    def _record(self, name: str, subject: str, severities: Sequence[Severity]) -> _Record:
        if self._store is None:
            return _Record()
        begun = [alert for alert in self._store.alerts_of(name, subject) if alert.active_at <= self._at]
        if not begun:
            return _Record()
        newest = begun[0]
        spoken_of = {newest.id, *self._episodes(newest)}
        messages = tuple(each for each in self._store.messages_about(spoken_of) if each.decided_at <= self._at)
        if self._past:
            steps = self._store.transitions(newest.id)
            newest = alert_then(newest, steps, severities, self._at)
        return _Record(newest, messages)

    def _episodes(self, alert: Alert) -> Iterable[str]:
        """The times of flapping that the alert was part of: their messages stand for its own."""
        assert self._store is not None  # noqa: S101 - for the type checker: an alert came from there
        until = alert.resolved_at or self._at
        for episode in self._store.standing.episodes_of(alert.rule, alert.subject):
            if episode.began_at <= until and (episode.ended_at is None or episode.ended_at >= alert.active_at):
                yield episode.id

    def _with_record(self, reasons: Reasons, record: _Record, stand: Stand) -> Reasons:
        told: dict[str, tuple[Telling, ...]] = {}
        for each in record.messages:
            if each.delivered_at is not None and each.delivered_at <= self._at:
                telling = Telling(at=each.delivered_at, reason=each.reason, title=each.message.title)
                told[each.target] = (*told.get(each.target, ()), telling)
        untold = tuple(each for each in record.messages if not self._past and each.state is not DeliveryState.DELIVERED)
        return replace(reasons, alert=record.alert, told=told, untold=untold, stand=stand)

    def _stand(self, alert: Alert, real: Alert | None, offline: Iterable[str]) -> Stand:
        """What holds it; of what does not fire what would hold it back if it did now."""
        muting = self._muting(real, offline)
        if real is None:
            return Stand(muted_by=muting.muted_by(muting.as_it_is(alert)), shadow=muting.in_shadow(alert))
        return muting.stand(real)

    def _muting(self, real: Alert | None, offline: Iterable[str]) -> Muting:
        if self._store is None:
            return Muting(Known(alerts=()), self._routing, self._at)
        if not self._past:
            return Muting.look(self._store, self._settings, self._rules, self._at)
        known = known_then(self._store, self._at, offline=offline, beside=real)
        return Muting(known, self._routing, self._at)

    def _ways(self, alert: Alert) -> Ways:
        return Ways(
            looks=tuple(look_down(self._routing.root, alert.labels)),
            targets=tuple(target for target, _ in led_to(alert, self._routing)),
        )


def _not_yet(bound: BoundRule, view: View, alert: Alert | None, seen: Evaluation) -> str:
    """Where `when` no longer holds and the alert goes on for `until`: what it waits for."""
    for level in bound.levels:
        verdict = seen.levels[level.severity]
        fires = alert is not None and alert.levels.get(level.severity, INACTIVE).phase is State.FIRING
        if (
            fires
            and level.until is not None
            and verdict.when is Verdict.CLEAR
            and verdict.until is not Verdict.BREACHED
        ):
            return f"; it ends only where {level.until.text}, and {level.until.explain(view)}"
    return ""


def _values(bound: BoundRule, view: View, newest: Mapping[Source, Sample]) -> dict[str, Seen]:
    """What the conditions read, `until` too, in order of appearance."""
    found: dict[str, Seen] = {}
    for expression in bound.rule.expressions:
        for source, name in expression.fields:
            found.setdefault(f"{PREFIX_OF[source]}.{name}", _seen(view, source, name, newest.get(source)))
        for source in _ages(expression):
            found.setdefault(f"age({PREFIX_OF[source]})", _age(view, source))
    return found


def _seen(view: View, source: Source, name: str, record: Sample | None) -> Seen:
    prefix = PREFIX_OF[source]
    value = measured(view, source, name)
    at = None if record is None else record.at
    age = None if at is None else max(timedelta(0), view.now - at)
    if value is not None:
        return Seen(value=value, measured_at=at, age=age)
    why_not = view.why.get(prefix, _NOT_GIVEN if prefix in view.values else NOT_POLLED)
    return Seen(
        value=None,
        measured_at=at,
        age=age,
        last=None if record is None else record.values.get(name),
        why=why_not,
    )


def _age(view: View, source: Source) -> Seen:
    prefix = PREFIX_OF[source]
    at = view.times.get(prefix)
    if at is None:
        return Seen(value=None, why=view.why.get(prefix, NOT_POLLED))
    age = max(timedelta(0), view.now - at)
    return Seen(value=age.total_seconds(), measured_at=at, age=age)


def _ages(expression: Expression) -> Iterable[Source]:
    calls = (node for node in walk(expression.root) if isinstance(node, Call) and node.function.name == "age")
    return (source for call in calls for source in call.sources)


def _timers(rule: Rule, alert: Alert | None) -> dict[Severity, Timer]:
    levels = alert.levels if alert is not None and alert.state is not State.RESOLVED else {}
    found = {}
    for level in rule.levels:
        state = levels.get(level.severity, INACTIVE)
        found[level.severity] = Timer(
            state=state.phase,
            active_at=state.active_at,
            for_=level.for_,
            breached_for=state.breached_for,
            keep_firing_for=level.keep_firing_for,
            clear_for=state.clear_for,
            observed_at=state.observed_at,
        )
    return found

"""A drill: one attempt to each target with a message that says so, past everything that would hold a real one back.

It makes no alert, writes nothing, and counts for no target's health.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alertd.clock import monotonic, wall
from alertd.daemon.compose import client_of
from alertd.daemon.fleet import asked_of
from alertd.daemon.muting import Muting
from alertd.daemon.setup import Setup
from alertd.daemon.supposed import completed, instruments_by_serial, supposed
from alertd.errors import ApiError, RenderError, UsageError
from alertd.fields import PREFIX_OF
from alertd.model import OWN_RULES, Alert, Instrument, NotifyReason, Sample, Source
from alertd.mycirrus.client import Client
from alertd.notify.channels import Channels
from alertd.notify.groups import Routing, led_to
from alertd.notify.known import Known
from alertd.notify.letter import Letter, Rendered
from alertd.notify.outcome import Delivered
from alertd.notify.render import Renderer
from alertd.notify.routes import Route
from alertd.rules.evaluate import evaluate
from alertd.rules.rule import Rule, bind, labels_of
from alertd.rules.view import View, describe
from alertd.store.store import Store

NO_VALUE = "no value yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be tried; what is empty limits nothing."""

    rule: str = ""
    instrument: str = ""
    receiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One target, and how a message of the drill comes there."""

    target: str
    receiver: str
    route: Route | None = None
    """None where it is told because it was named, not routed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one target."""

    target: str
    receiver: str
    muted_by: tuple[str, ...]
    """What would have held a real message back."""
    delivered: bool
    error: str = ""
    failures: tuple[RenderError, ...] = ()
    """Templates and rules' texts that failed; the shipped ones stood in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What came of a drill."""

    tried: tuple[Tried, ...]
    warnings: tuple[str, ...]
    """What it does not prove."""


def drill(setup: Setup, store: Store | None, wish: Wish, now: datetime) -> Drill:
    """Try each target that the wish names, all at once.

    Raises:
        UsageError: it names a rule, a monitor or a receiver that there is not.
    """
    _check_names(setup, wish)
    client = client_of(setup, wall, monotonic)
    stage = _Stage(setup, store, client, now)
    try:
        alert = stage.alert(wish)
    finally:
        client.close()
    muting = Muting(Known(alerts=()) if store is None else store.known(now), setup.routing, now)
    tried = _Sender(setup, alert, muting, now).try_all(list(_ways(setup.routing, wish, alert)))
    return Drill(tried=tuple(tried), warnings=tuple(stage.warnings))


def _check_names(setup: Setup, wish: Wish) -> None:
    if wish.receiver and wish.receiver not in setup.routing.receivers:
        raise UsageError(f"there is no receiver {wish.receiver}: there are {', '.join(setup.routing.receivers)}")
    if wish.rule and wish.rule not in {*OWN_RULES, *(rule.name for rule in setup.rules)}:
        raise UsageError(f"there is no rule {wish.rule}: alertd rules lists them")


def _ways(routing: Routing, wish: Wish, alert: Alert | None) -> Iterator[Way]:
    """A receiver's targets where one is named, else where the rule's labels lead, else every target."""
    receiver_of = routing.receiver_of
    routes = dict(led_to(alert, routing)) if alert is not None else {}
    if wish.receiver:
        targets: Iterable[str] = routing.receivers[wish.receiver]
    else:
        targets = routes if wish.rule else receiver_of
    for target in targets:
        yield Way(target=target, receiver=receiver_of[target], route=routes.get(target))


# ── what the message is about ────────────────────────────────────────────────────────────────────────────────────────


class _Stage:
    """Finds what a drill shows: a monitor, a rule that watches it, its newest values.

    MyCirrus is asked for what is not stored.
    """

    def __init__(self, setup: Setup, store: Store | None, client: Client, now: datetime) -> None:
        self._setup = setup
        self._store = store
        self._client = client
        self._now = now
        self.warnings: list[str] = []

    def alert(self, wish: Wish) -> Alert | None:
        """An alert of the rule on the monitor; None where neither is named."""
        if wish.rule in OWN_RULES:
            return self._supposed(completed({"alertname": wish.rule}, {}, {}))
        if not wish.rule and not wish.instrument:
            return None
        fleet = self._fleet(wish.instrument)
        rules = [rule for rule in self._setup.rules if not wish.rule or rule.name == wish.rule]
        instrument = fleet.get(wish.instrument) if wish.instrument else _first_watched(rules, fleet.values())
        rule = _first_watching(rules, instrument)
        self._note(rule, instrument)
        given = {"alertname": rule.name if rule else "", "instrument": instrument.serial if instrument else ""}
        labels = completed({name: text for name, text in given.items() if text}, {r.name: r for r in rules}, fleet)
        alert = self._supposed(labels)
        return alert if rule is None else self._measured(alert, rule, instrument)

    def _note(self, rule: Rule | None, instrument: Instrument | None) -> None:
        if rule is not None and instrument is None:
            self.warnings.append(f"no monitor that {rule.name} watches is known: it goes by the rule's own labels")
        elif rule is not None and instrument is not None and not rule.matches(labels_of(instrument)):
            self.warnings.append(f"{rule.name} does not watch {instrument.serial}: only a drill comes from there")

    def _supposed(self, labels: Mapping[str, str]) -> Alert:
        return replace(supposed(labels, self._now), id="drill", explanation="this is a drill")

    def _fleet(self, serial: str) -> dict[str, Instrument]:
        """The monitors by serial, asked for where the one that is wanted, or any at all, is not known."""
        settings = self._setup.settings.instruments
        stored = self._store.instruments() if self._store is not None else []
        fleet = instruments_by_serial(stored, settings)
        if stored and (not serial or serial in fleet):
            return fleet
        why = ""
        try:
            fleet = instruments_by_serial(self._client.instruments(), settings) if settings.discover else fleet
        except ApiError as error:
            why = f" ({error})"
        if serial and serial not in fleet:
            raise UsageError(f"there is no monitor {serial}: alertd instruments lists them{why}")
        return fleet

    def _measured(self, alert: Alert, rule: Rule, instrument: Instrument | None) -> Alert:
        """With the newest values that the rule reads, and what they say."""
        newest = {} if instrument is None else self._newest(rule, instrument)
        view = View(
            now=self._now,
            instrument={} if instrument is None else describe(instrument),
            values={PREFIX_OF[source]: sample.values for source, sample in newest.items()},
            times={PREFIX_OF[source]: sample.at for source, sample in newest.items()},
            why={PREFIX_OF[source]: NO_VALUE for source in rule.sources if source not in newest},
        )
        bound = bind(rule, {} if instrument is None else labels_of(instrument))
        seen = evaluate(bound, view, self._now)
        return replace(alert, values=seen.values, explanation=seen.explanation, params=bound.params)

    def _newest(self, rule: Rule, instrument: Instrument) -> dict[Source, Sample]:
        stored = self._store.newest() if self._store is not None else []
        found = {sample.source: sample for sample in stored if sample.instrument == instrument.serial}
        for source in rule.sources - found.keys():
            for answer in self._client.fetch(source, asked_of(source, [instrument]), {}, self._now):
                if answer.samples:
                    found[source] = answer.samples[-1]
        return {source: found[source] for source in rule.sources if source in found}


def _first_watched(rules: Iterable[Rule], fleet: Iterable[Instrument]) -> Instrument | None:
    return next((each for each in fleet if any(rule.matches(labels_of(each)) for rule in rules)), None)


def _first_watching(rules: Sequence[Rule], instrument: Instrument | None) -> Rule | None:
    """The first rule that watches the monitor; the only one whether it does or not."""
    if len(rules) == 1 or instrument is None:
        return next(iter(rules), None)
    return next((rule for rule in rules if rule.matches(labels_of(instrument))), None)


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Sender:
    """Makes a message for each target, and sends it once."""

    def __init__(self, setup: Setup, alert: Alert | None, muting: Muting, now: datetime) -> None:
        self._setup = setup
        self._alert = alert
        self._muting = muting
        self._now = now
        self._channels = Channels(setup.addresses)
        self._renderer = Renderer(setup.templates)
        self._tried: dict[str, Tried] = {}

    def try_all(self, ways: Sequence[Way]) -> list[Tried]:
        """Every target in a thread of its own: none waits for another."""
        threads = [threading.Thread(target=self._attempt, args=(way,), daemon=True) for way in ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [self._tried[way.target] for way in ways]

    def _attempt(self, way: Way) -> None:
        muted_by = self._muted_by(way)
        rendered = self._rendered(way, muted_by)
        outcome = self._channels.send(way.target, rendered.message, possible_repeat=False, thread_id=None)
        self._tried[way.target] = Tried(
            target=way.target,
            receiver=way.receiver,
            muted_by=muted_by,
            delivered=isinstance(outcome, Delivered),
            error="" if isinstance(outcome, Delivered) else outcome.reason,
            failures=() if self._shows_nothing else rendered.failures,
        )

    @property
    def _shows_nothing(self) -> bool:
        """Whether no value is known yet: a text that needs one fails for that alone."""
        return self._alert is not None and all(value is None for value in self._alert.values.values())

    def _muted_by(self, way: Way) -> tuple[str, ...]:
        labels = self._alert.labels if self._alert is not None else {}
        holds = list(self._muting.holds.on_way(labels, way.route, way.receiver))
        if self._alert is not None:
            holds = [*self._muting.holds.on_alert(self._muting.as_it_is(self._alert)), *holds]
        return tuple(dict.fromkeys(hold.name for hold in holds))

    def _rendered(self, way: Way, muted_by: Iterable[str]) -> Rendered:
        settings = self._setup.settings
        letter = Letter(
            target=way.target,
            receiver=way.receiver,
            reason=NotifyReason.DRILL,
            group_labels={},
            firing=() if self._alert is None else (self._alert,),
            resolved=(),
            now=self._now,
            external_url=settings.http.external_url,
            texts=self._setup.texts,
            site_label=settings.causes.site_label,
            drill=", ".join(muted_by),
        )
        kind, limit = self._channels.kind(way.target), self._channels.limit(way.target)
        return self._renderer.render(letter, kind, limit=limit)

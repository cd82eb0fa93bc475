"""A replay as a whole: what was asked for, where the past comes from, the lives, the messages, the comparison."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Event
from typing import Literal, Protocol

from alertd.clock import monotonic, wall
from alertd.config.files import expand_patterns
from alertd.config.load import Config
from alertd.config.names import taken_names
from alertd.daemon.compose import client_of
from alertd.daemon.fleet import fleet_of
from alertd.daemon.muting import Muting
from alertd.daemon.replay.lives import Life, Terms
from alertd.daemon.replay.outcome import Outcome, fired_alerts, shown, timelines_of, unmatched
from alertd.daemon.replay.read import DERIVED, Reading, cache_folder
from alertd.daemon.replay.telling import Turns, telling
from alertd.daemon.replay.work import FromApi, FromStore, Job, Relived, RuleSet, reaches, relive_all, wanted_fields
from alertd.daemon.routing import flap_terms
from alertd.daemon.setup import Setup, addresses_of, secret_of, templates_folder
from alertd.daemon.stores import open_store
from alertd.errors import ConfigError, StoreError, UsageError
from alertd.fields import PREFIX_OF
from alertd.model import Alert, Instrument, Source, State
from alertd.notify.render_check import check_templates, check_texts
from alertd.notify.silences import Silence
from alertd.rules.load import load_rules
from alertd.rules.pasts import TWINS
from alertd.rules.rule import Rule
from alertd.store.past_cache import PastCache
from alertd.store.place import is_there, locate
from alertd.store.store import Store

NO_PAST = (
    "MyCirrus keeps no past of monitor/current and status: current.X is stats.X of the same meaning here, and a "
    "monitor counts as offline while it has no stats for longer than three of its sample periods"
)


class Progress(Protocol):
    """Shows a person how far it is."""

    def show(self, what: str, done: int, total: int) -> None:
        """So much of so much is done of this step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for."""

    config: Config
    start: datetime
    end: datetime
    rules: tuple[Path, ...] = ()
    """None: those of the config."""
    against: tuple[Path, ...] = ()
    instruments: tuple[str, ...] = ()
    """Serials or patterns of such; none: every one that is watched."""
    source: Literal["store", "api"] | None = None
    """None: the store where it has a history of that time, else MyCirrus."""


@dataclass(frozen=True, slots=True)
class _Past:
    """Where the past is, and who has one."""

    place: FromStore | FromApi
    fleet: Sequence[Instrument]
    silences: Sequence[Silence]
    failures: Sequence[str] = ()
    warnings: Sequence[str] = ()


@dataclass(slots=True)
class Replay:
    """A replay that was made, with what its pictures are drawn from."""

    outcome: Outcome
    job: Job


def replay(
    asked: Asked,
    progress: Progress,
    environment: Mapping[str, str] = os.environ,
    now: datetime | None = None,
    wait: Callable[[float], object] | None = None,
) -> Replay:
    """Read the past, relive it under the rules, and find out who would have been told what. Sends and records nothing.

    Raises:
        ConfigError: mistakes in config, rules or templates.
        UsageError: instruments that there are not, or no past where it was looked for.
        StoreError: the store cannot be read.
        ApiError: MyCirrus did not say which instruments there are.
    """
    now, wait = now or wall(), wait or Event().wait
    setup = setup_of(asked.config, asked.rules or rule_files(asked.config), environment)
    other = load_rules(asked.against) if asked.against else []
    every_rule = [*setup.rules, *other]
    past = _past(asked, setup, every_rule, progress, environment, now, wait)
    sets = [(asked.rules or rule_files(asked.config), setup.rules), *([(asked.against, other)] if other else [])]
    job = Job(
        place=past.place,
        sets=tuple(RuleSet(files=tuple(files), terms=_terms(asked, setup, rules)) for files, rules in sets),
        every=setup.settings.poll.every,
        start=asked.start,
        end=asked.end,
    )
    relived = _relived(job, past.fleet, progress)
    lives, *others = ([life for part in relived for life in part.lives[number]] for number in range(len(job.sets)))
    progress.show("messages", 0, 1)
    outcome = _told(asked, setup, past, lives, _turns(relived))
    progress.show("messages", 1, 1)
    outcome.records = sum(part.records for part in relived)
    outcome.warnings += [
        f"{life.rule} could not be judged on {life.serial}: {life.raised}" for life in lives if life.raised
    ]
    if others:
        before, after = fired_alerts(others[0]), fired_alerts(lives)
        outcome.only_before = unmatched(before, after, asked.end)
        outcome.only_after = unmatched(after, before, asked.end)
    return Replay(outcome, job)


def rule_files(config: Config) -> tuple[Path, ...]:
    """Those that the config names."""
    return tuple(expand_patterns(config.settings.rules, config.base)[0])


def setup_of(config: Config, files: Sequence[Path], environment: Mapping[str, str]) -> Setup:
    """The set-up with these rules.

    Nothing is sent, so no secret is needed; where a target's is there, its messages are cut as they would be.

    Raises:
        ConfigError: with every mistake in rules and templates.
    """
    try:
        rules = load_rules(files, taken_names(config.document))
    except ConfigError as error:
        raise ConfigError([*error.mistakes, *check_templates(templates_folder(config))]) from None
    mistakes = [*check_texts(rules), *check_templates(templates_folder(config))]
    if real := [mistake for mistake in mistakes if not mistake.warning]:
        raise ConfigError(real)
    return Setup(
        config=config,
        rules=tuple(rules),
        api_key="",
        heartbeat_url=None,
        addresses=addresses_of(config, environment),
    )


# -- inside ------------------------------------------------------------------------------------------------------------


def _terms(asked: Asked, setup: Setup, rules: Sequence[Rule]) -> Terms:
    return Terms(start=asked.start, end=asked.end, flapping=flap_terms(setup.settings, rules))


def _relived(job: Job, fleet: Sequence[Instrument], progress: Progress) -> list[Relived]:
    through = 0

    def done(count: int) -> None:
        nonlocal through
        through += count
        progress.show("monitors", through, len(fleet))

    done(0)
    return relive_all(job, fleet, done)


def _turns(relived: Iterable[Relived]) -> Turns:
    return {serial: turns for part in relived for serial, turns in part.turns.items()}


def _told(asked: Asked, setup: Setup, past: _Past, lives: Sequence[Life], turns: Turns) -> Outcome:
    with telling(setup, past.fleet, past.silences, asked.start) as teller:
        teller.tell(lives, turns, asked.end)
        alerts = shown(teller.store.alerts(states=list(State)))
        muting = Muting.look(teller.store, setup.settings, setup.rules, asked.end)
        timelines = timelines_of(lives)
        own: dict[str, list[Alert]] = {alert.id: [] for alert in alerts if alert.own}
        return Outcome(
            start=asked.start,
            end=asked.end,
            source="store" if isinstance(past.place, FromStore) else "api",
            rules=setup.rules,
            fleet=past.fleet,
            records=0,
            alerts=alerts,
            stands={alert.id: muting.stand(alert) for alert in alerts},
            told=teller.store.told([alert.id for alert in alerts]),
            timelines=timelines | {alert_id: teller.store.transitions(alert_id) for alert_id in own},
            messages=teller.messages,
            notes=_notes(past.place, setup.rules),
            failures=list(past.failures),
            warnings=list(past.warnings),
        )


def _notes(place: FromStore | FromApi, rules: Iterable[Rule]) -> list[str]:
    if isinstance(place, FromStore):
        return []
    notes = [NO_PAST]
    blind: dict[str, list[str]] = {}
    for rule in rules:
        for source, name in dict.fromkeys(field for each in rule.expressions for field in each.fields):
            known = TWINS if source is Source.CURRENT else ("online",)
            if source in DERIVED and name not in known:
                blind.setdefault(f"{PREFIX_OF[source]}.{name}", []).append(rule.name)
    for field, names in blind.items():
        notes.append(f"there is no past of {field} at MyCirrus: {', '.join(names)} was judged without it")
    return notes


def _past(  # noqa: PLR0917 - one question, with all that it takes
    asked: Asked,
    setup: Setup,
    rules: Sequence[Rule],
    progress: Progress,
    environment: Mapping[str, str],
    now: datetime,
    wait: Callable[[float], object],
) -> _Past:
    stored = _stored(asked, setup, environment)
    if stored is not None:
        return stored
    client = client_of(replace(setup, api_key=_api_key(asked.config, environment)), wall, monotonic)
    try:
        fleet = _chosen(fleet_of(_listed(client, setup), setup.settings.instruments), asked.instruments)
        cache = PastCache(cache_folder(asked.config, environment))
        reading = Reading(client, cache, now, wait, progress.show)
        back = reaches(rules)
        sources = {source for source in wanted_fields(rules) if source in setup.settings.poll.every}
        wanted = {source: back[source] for source in back if source in {*sources, Source.STATS}}
        try:
            reading.read(fleet, (asked.start, asked.end), wanted)
        except OSError as error:
            raise UsageError(f"{cache.folder}: the cache cannot be written to: {error.strerror or error}") from error
    finally:
        client.close()
    silences = _silences(asked.config, environment)
    return _Past(FromApi(cache=cache.folder), fleet, silences, reading.failures, reading.refused)


def _listed(client: object, setup: Setup) -> list[Instrument]:
    if not setup.settings.instruments.discover:
        return []
    return client.instruments()  # type: ignore[attr-defined, no-any-return]


def _stored(asked: Asked, setup: Setup, environment: Mapping[str, str]) -> _Past | None:
    """The store's past; None where MyCirrus is to be asked."""
    if asked.source == "api":
        return None
    url = asked.config.storage_url(environment)
    file = locate(url, asked.config.base).file
    if asked.source is None and file is not None and not is_there(file):
        return None
    try:
        store = open_store(asked.config, work=False, environment=environment)
    except StoreError:
        if asked.source is None:
            return None
        raise
    with store:
        if not store.has_history(asked.start, asked.end):
            if asked.source is None:
                return None
            raise UsageError("the store has no history of that time: ask MyCirrus with --source api")
        fleet = fleet_of(store.instruments(), setup.settings.instruments)
        silences = store.standing.silences()
    return _Past(FromStore(url=url, base=asked.config.base), _chosen(fleet, asked.instruments), silences)


def _silences(config: Config, environment: Mapping[str, str]) -> list[Silence]:
    """Those on record, where there is a store."""
    file = locate(config.storage_url(environment), config.base).file
    if file is not None and not is_there(file):
        return []
    try:
        store: Store = open_store(config, work=False, environment=environment)
    except StoreError:
        return []
    with store:
        return store.standing.silences()


def _chosen(fleet: Sequence[Instrument], patterns: Sequence[str]) -> list[Instrument]:
    """The monitors that were named."""
    for pattern in patterns:
        if not any(fnmatchcase(each.serial, pattern) for each in fleet):
            raise UsageError(f"--instruments {pattern}: no such monitor is watched")
    if not fleet:
        raise UsageError("no monitor is watched")
    return [each for each in fleet if not patterns or any(fnmatchcase(each.serial, pattern) for pattern in patterns)]


def _api_key(config: Config, environment: Mapping[str, str]) -> str:
    key = secret_of(config, config.settings.mycirrus.api_key, environment)
    if not key:
        place = ("mycirrus", "api_key")
        raise ConfigError([mistake for mistake in config.mistakes(environment) if mistake.text.startswith(place[-1])])
    return key

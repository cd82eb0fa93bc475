"""Everything a person wrote, read and checked as a whole: config, rules, templates, targets. All, or every mistake."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alertd.config.files import expand_patterns
from alertd.config.load import Config, load_config
from alertd.config.names import taken_names
from alertd.config.references import unknown_equals
from alertd.config.secrets import Secret
from alertd.config.settings import Settings
from alertd.config.times import Rate as ConfigRate
from alertd.config.yaml import load_document
from alertd.daemon.heartbeat import url_mistake as heartbeat_mistake
from alertd.daemon.routing import routing_of
from alertd.errors import ConfigError, Mistake
from alertd.logs import redact
from alertd.notify.channels import TargetAddress, channel_of, url_mistake
from alertd.notify.groups import Routing
from alertd.notify.letter import RuleTexts
from alertd.notify.rate import DEFAULTS as DEFAULT_RATES
from alertd.notify.rate import Rate
from alertd.notify.render_check import check_templates, check_texts
from alertd.notify.url_check import url_mistakes
from alertd.rules.forms import BUILT_IN_LABELS
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A whole, checked set-up."""

    config: Config
    rules: tuple[Rule, ...]
    api_key: str
    heartbeat_url: str | None
    addresses: Mapping[str, TargetAddress]

    @property
    def settings(self) -> Settings:
        """The config's values."""
        return self.config.settings

    @property
    def templates(self) -> Path | None:
        """The user's folder of templates, None where the shipped ones are used."""
        return templates_folder(self.config)

    @property
    def texts(self) -> dict[str, RuleTexts]:
        """Each rule's own words."""
        return {
            rule.name: RuleTexts(summary=rule.summary, description=rule.description, runbook=rule.runbook)
            for rule in self.rules
        }

    @property
    def routing(self) -> Routing:
        """The routes, each receiver's targets, and what holds messages back."""
        return routing_of(self.settings, self.rules)

    @property
    def rates(self) -> dict[str, Rate]:
        """How fast each target may be told, where that is limited: as the config says, else as its channel bears."""
        found: dict[str, Rate] = {}
        for target in (target for receiver in self.settings.receivers for target in receiver.targets):
            if target.rate is None and target.name in self.addresses:
                kind = channel_of(self.addresses[target.name].url)
                found.update({target.name: DEFAULT_RATES[kind]} if kind in DEFAULT_RATES else {})
            elif isinstance(target.rate, ConfigRate):
                found[target.name] = Rate(messages=target.rate.count, seconds=target.rate.per.total_seconds())
        return found


def _url_mistakes_here(urls: Sequence[str]) -> list[str | None]:
    return [url_mistake(url) for url in urls]


def load_setup(path: Path, environment: Mapping[str, str] = os.environ, *, lean: bool = False) -> Setup:
    """Read and check everything; `lean` takes a second longer and leaves apprise out of this process.

    Raises:
        ConfigError: with every mistake in every file, each with its place.
    """
    setup, mistakes = read_setup(path, environment, url_mistakes if lean else _url_mistakes_here)
    real = [mistake for mistake in mistakes if not mistake.warning]
    if setup is None or real:
        raise ConfigError(real)
    return setup


def read_setup(
    path: Path,
    environment: Mapping[str, str] = os.environ,
    look_at: Callable[[Sequence[str]], list[str | None]] = _url_mistakes_here,
) -> tuple[Setup | None, list[Mistake]]:
    """Read everything that can be read; all mistakes at once, those of later files even where the config has some."""
    try:
        config = load_config(path)
    except ConfigError as error:
        return None, [*error.mistakes, *_mistakes_beside(path)]
    paths, _ = expand_patterns(config.settings.rules, config.base)
    rules, rule_mistakes = _rules(paths, taken_names(config.document))
    mistakes = [*config.mistakes(environment), *rule_mistakes, *check_templates(templates_folder(config))]
    if not rule_mistakes:
        known = BUILT_IN_LABELS.union(*(rule.labels for rule in rules))
        mistakes += unknown_equals(config.document, known)
    api_key = secret_of(config, config.settings.mycirrus.api_key, environment)
    if not api_key.isascii():
        mistakes.append(config.document.mistake(("mycirrus", "api_key"), "api_key: characters that no key has"))
    heartbeat = config.settings.heartbeat
    heartbeat_url = secret_of(config, heartbeat.url, environment) if heartbeat else ""
    if heartbeat_url and (wrong := heartbeat_mistake(heartbeat_url)):
        mistakes.append(config.document.mistake(("heartbeat", "url"), f"url: {wrong}"))
    found = list(_addresses(config, environment))
    addresses: dict[str, TargetAddress] = {}
    for (place, address), wrong in zip(found, look_at([address.url for _, address in found]), strict=True):
        if wrong:
            mistakes.append(config.document.mistake(place, wrong))
        else:
            addresses[address.name] = address
    setup = Setup(
        config=config,
        rules=tuple(rules),
        api_key=api_key,
        heartbeat_url=heartbeat_url or None,
        addresses=addresses,
    )
    return setup, sorted(mistakes)


def _addresses(config: Config, environment: Mapping[str, str]) -> Iterator[tuple[tuple[str | int, ...], TargetAddress]]:
    """Where each target's URL stands in the config, and the target; those whose secret is missing are left out."""
    for i, receiver in enumerate(config.settings.receivers):
        for j, target in enumerate(receiver.targets):
            url = secret_of(config, target.url, environment)
            if url:
                place = ("receivers", i, "targets", j, "url")
                yield place, TargetAddress(name=target.name, url=url, timeout=target.timeout)


def addresses_of(config: Config, environment: Mapping[str, str]) -> dict[str, TargetAddress]:
    """The targets whose URL can be read here, by name; whether each is a good one is not looked at."""
    return {address.name: address for _, address in _addresses(config, environment)}


def templates_folder(config: Config) -> Path | None:
    """Where the user's own templates are."""
    return config.base / config.settings.templates if config.settings.templates else None


def _rules(paths: Sequence[Path], taken: Mapping[str, str]) -> tuple[list[Rule], list[Mistake]]:
    """The rules, or none and every mistake; the texts, too, of each file that has no other mistake."""
    try:
        rules = load_rules(paths, taken)
    except ConfigError as error:
        return [], [*error.mistakes, *check_texts(_good_ones(paths))]
    return rules, check_texts(rules)


def _good_ones(paths: Iterable[Path]) -> Iterator[Rule]:
    for path in paths:
        try:
            yield from load_rules([path])
        except ConfigError:
            continue


def _mistakes_beside(path: Path) -> list[Mistake]:
    """Mistakes of rules and templates beside a config that has some itself: a person mends all in one go."""
    try:
        document = load_document(path)
    except ConfigError:
        patterns, folder, taken = None, None, {}
    else:
        patterns, folder, taken = document.get(("rules",)), document.get(("templates",)), taken_names(document)
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        patterns = ["rules/*.yaml"]
    templates = path.parent / (folder if isinstance(folder, str) else "templates")
    paths, _ = expand_patterns(patterns, path.parent)
    return [*_rules(paths, taken)[1], *(check_templates(templates) if templates.is_dir() else [])]


def secret_of(config: Config, secret: Secret, environment: Mapping[str, str]) -> str:
    """The secret's text, known to the redaction from here on; empty where it is missing, a mistake of its own."""
    try:
        text = secret.reveal(config.base, environment)
    except ValueError:
        return ""
    redact.add(text)
    return text

"""Everything a person wrote, read and checked as a whole: config, rules, templates, targets. All, or every mistake."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alertd.config.files import expand_patterns
from alertd.config.load import Config, load_config
from alertd.config.names import taken_names
from alertd.config.references import unknown_equals
from alertd.config.secrets import Secret
from alertd.config.settings import Route as RouteSettings
from alertd.config.settings import Settings, SubRoute
from alertd.config.yaml import load_document
from alertd.daemon.heartbeat import url_mistake as heartbeat_mistake
from alertd.errors import ConfigError, Mistake
from alertd.logs import redact
from alertd.notify.channels import TargetAddress, url_mistake
from alertd.notify.groups import Routing
from alertd.notify.letter import RuleTexts
from alertd.notify.render_check import check_templates, check_texts
from alertd.notify.routes import Policy, Route
from alertd.rules.load import BUILT_IN_LABELS, load_rules
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
        """The routes with everything inherited filled in, and each receiver's targets."""
        settings = self.settings
        return Routing(
            root=_root(settings.route),
            receivers={
                receiver.name: tuple(target.name for target in receiver.targets) for receiver in settings.receivers
            },
        )


def load_setup(path: Path, environment: Mapping[str, str] = os.environ) -> Setup:
    """Read and check everything.

    Raises:
        ConfigError: with every mistake in every file, each with its place.
    """
    setup, mistakes = read_setup(path, environment)
    real = [mistake for mistake in mistakes if not mistake.warning]
    if setup is None or real:
        raise ConfigError(real)
    return setup


def read_setup(path: Path, environment: Mapping[str, str] = os.environ) -> tuple[Setup | None, list[Mistake]]:
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
    api_key = _secret(config, config.settings.mycirrus.api_key, environment)
    if not api_key.isascii():
        mistakes.append(config.document.mistake(("mycirrus", "api_key"), "api_key: characters that no key has"))
    heartbeat = config.settings.heartbeat
    heartbeat_url = _secret(config, heartbeat.url, environment) if heartbeat else ""
    if heartbeat_url and (wrong := heartbeat_mistake(heartbeat_url)):
        mistakes.append(config.document.mistake(("heartbeat", "url"), f"url: {wrong}"))
    addresses: dict[str, TargetAddress] = {}
    for i, receiver in enumerate(config.settings.receivers):
        for j, target in enumerate(receiver.targets):
            url = _secret(config, target.url, environment)
            wrong = url_mistake(url) if url else None
            if wrong:
                mistakes.append(config.document.mistake(("receivers", i, "targets", j, "url"), wrong))
            elif url:
                addresses[target.name] = TargetAddress(name=target.name, url=url, timeout=target.timeout)
    setup = Setup(
        config=config,
        rules=tuple(rules),
        api_key=api_key,
        heartbeat_url=heartbeat_url or None,
        addresses=addresses,
    )
    return setup, sorted(mistakes)


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


def _secret(config: Config, secret: Secret, environment: Mapping[str, str]) -> str:
    """The secret's text, known to the redaction from here on; empty where it is missing, a mistake of its own."""
    try:
        text = secret.reveal(config.base, environment)
    except ValueError:
        return ""
    redact.add(text)
    return text


def _root(settings: RouteSettings) -> Route:
    root = Route(
        receiver=settings.receiver,
        policy=Policy(
            group_wait=settings.group_wait,
            group_interval=settings.group_interval,
            repeat_interval=settings.repeat_interval,
            repeat_max=settings.repeat_max,
        ),
        group_by=tuple(settings.group_by),
    )
    return replace(root, routes=tuple(_branch(child, root) for child in settings.routes))


def _branch(settings: SubRoute, parent: Route) -> Route:
    """A branch with everything that it inherits filled in."""
    above = parent.policy
    policy = Policy(
        group_wait=above.group_wait if settings.group_wait is None else settings.group_wait,
        group_interval=settings.group_interval or above.group_interval,
        repeat_interval=settings.repeat_interval or above.repeat_interval,
        repeat_max=settings.repeat_max or above.repeat_max,
    )
    branch = Route(
        receiver=settings.receiver or parent.receiver,
        policy=policy,
        group_by=parent.group_by if settings.group_by is None else tuple(settings.group_by),
        matchers=tuple(settings.matchers),
        continue_=settings.continue_,
    )
    return replace(branch, routes=tuple(_branch(child, branch) for child in settings.routes))

"""Reading `config.yaml`: all of it is right, or every mistake is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alertd.config.references import mistakes_across, unreached_receivers
from alertd.config.secrets import Secret
from alertd.config.settings import Settings
from alertd.config.storage import SQLITE, storage_url
from alertd.config.validate import validate
from alertd.config.yaml import Document, Loc, load_document
from alertd.errors import ConfigError, Mistake

TEST_SUFFIXES = (".test.yaml", ".test.yml")
"""Rule tests lie beside the rules, so that `rules/*.yaml` finds them as well; they are no rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A config file that has no mistake of its own; secrets and the files it names may still be missing."""

    path: Path
    settings: Settings
    document: Document

    @property
    def base(self) -> Path:
        """The folder that relative paths count from."""
        return self.path.parent

    def reveal(self, secret: Secret, env: Mapping[str, str]) -> str:
        """A secret of this config.

        Raises:
            ValueError: with one line that says what is missing.
        """
        return secret.reveal(self.base, env)

    def storage_url(self, env: Mapping[str, str]) -> str:
        """The database's URL, an SQLite file's path absolute.

        Raises:
            ConfigError: where it refers to a secret that is missing, or is of no known form.
        """
        try:
            return storage_url(self.reveal(self.settings.storage.url, env), self.base)
        except ValueError as error:
            raise ConfigError([self.document.mistake(("storage", "url"), f"url: {error}")]) from error

    def rule_files(self) -> list[Path]:
        """The rule files that `rules` names, in its order, each once; rule tests are left out.

        Raises:
            ConfigError: for a pattern that matches no file.
        """
        found: dict[Path, None] = {}
        mistakes = []
        for n, pattern in enumerate(self.settings.rules):
            files = [path for path in self._matching(pattern) if _may_hold_rules(path)]
            if not files:
                mistakes.append(self.document.mistake(("rules", n), f'no file matches "{pattern}"'))
            found.update(dict.fromkeys(files))
        if mistakes:
            raise ConfigError(mistakes)
        return list(found)

    def template_folder(self) -> Path | None:
        """The folder of templates that replace shipped ones; None where the config names none.

        Raises:
            ConfigError: where it names no folder.
        """
        if self.settings.templates is None:
            return None
        folder = self.base / self.settings.templates
        if not folder.is_dir():
            raise ConfigError([self.document.mistake(("templates",), f"templates: {folder} is no folder")])
        return folder

    def mistakes(self, env: Mapping[str, str]) -> list[Mistake]:
        """What `load_config` lets pass because not every command needs it: missing secrets and files, warnings."""
        return [*self._missing_secrets(env), *self._missing_files(), *self._idle(), *unreached_receivers(self.document)]

    def secret_values(self, env: Mapping[str, str]) -> frozenset[str]:
        """Every secret that is there, for the log to black out."""
        found = (self._revealed(secret, env) for _, secret in self._secrets())
        return frozenset(value for value in found if value and not value.startswith(SQLITE))

    def _secrets(self) -> Iterator[tuple[Loc, Secret]]:
        settings = self.settings
        yield ("mycirrus", "api_key"), settings.mycirrus.api_key
        for n, receiver in enumerate(settings.receivers):
            for m, target in enumerate(receiver.targets):
                yield ("receivers", n, "targets", m, "url"), target.url
        yield ("storage", "url"), settings.storage.url
        if settings.heartbeat is not None:
            yield ("heartbeat", "url"), settings.heartbeat.url

    def _revealed(self, secret: Secret, env: Mapping[str, str]) -> str | None:
        try:
            return self.reveal(secret, env)
        except ValueError:
            return None

    def _missing_secrets(self, env: Mapping[str, str]) -> Iterator[Mistake]:
        for loc, secret in self._secrets():
            try:
                self.reveal(secret, env)
            except ValueError as error:
                yield self.document.mistake(loc, f"{loc[-1]}: {error}")

    def _missing_files(self) -> Iterator[Mistake]:
        for look in (self.rule_files, self.template_folder):
            try:
                look()
            except ConfigError as error:
                yield from error.mistakes

    def _idle(self) -> Iterator[Mistake]:
        if not self.settings.poll.every:
            yield self.document.mistake(("poll",), "every source is off: nothing is watched", key=True, warning=True)

    def _matching(self, pattern: str) -> list[Path]:
        path = Path(pattern)
        root = Path(path.anchor) if path.is_absolute() else self.base
        try:
            return sorted(root.glob(str(path.relative_to(path.anchor))))
        except (ValueError, NotImplementedError, OSError):  # a pattern that pathlib does not take matches nothing
            return []


def _may_hold_rules(path: Path) -> bool:
    """Whether a rule file is meant; editors and file managers leave hidden files beside the real ones."""
    return path.is_file() and not path.name.startswith(".") and not path.name.endswith(TEST_SUFFIXES)


def load_config(path: Path) -> Config:
    """Read a config file.

    Raises:
        ConfigError: with every mistake in it, or one that says why it cannot be read.
    """
    document = load_document(path)
    mistakes = mistakes_across(document)
    try:
        settings = validate(Settings, document)
    except ConfigError as error:
        raise ConfigError([*error.mistakes, *mistakes]) from None
    if mistakes:
        raise ConfigError(mistakes)
    return Config(path=path, settings=settings, document=document)

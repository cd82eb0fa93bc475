"""Reading `config.yaml`: all of it is right, or every mistake is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alertd.config.access import password_hash
from alertd.config.files import expand_patterns
from alertd.config.references import mistakes_across
from alertd.config.route_tree import unreached_receivers
from alertd.config.secrets import Secret
from alertd.config.settings import Settings
from alertd.config.storage import storage_url
from alertd.config.validate import validate
from alertd.config.yaml import Document, Loc, load_document
from alertd.errors import ConfigError, Mistake


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

    def storage_url(self, env: Mapping[str, str]) -> str:
        """The database's URL, an SQLite file's path absolute.

        Raises:
            ConfigError: where it refers to a secret that is missing, or is of no known form.
        """
        try:
            return storage_url(self.settings.storage.url.reveal(self.base, env), self.base)
        except ValueError as error:
            raise ConfigError([self.document.mistake(("storage", "url"), f"url: {error}")]) from error

    def mistakes(self, env: Mapping[str, str]) -> list[Mistake]:
        """What `load_config` lets pass because not every command needs it: missing secrets and files, warnings."""
        return [
            *self._missing_secrets(env),
            *self._missing_files(),
            *self._idle(),
            *self._deaf(),
            *unreached_receivers(self.document),
        ]

    def _secrets(self) -> Iterator[tuple[Loc, Secret]]:
        settings = self.settings
        yield ("mycirrus", "api_key"), settings.mycirrus.api_key
        for n, receiver in enumerate(settings.receivers):
            for m, target in enumerate(receiver.targets):
                yield ("receivers", n, "targets", m, "url"), target.url
        for n, user in enumerate(settings.http.users):
            yield ("http", "users", n, "password"), user.password
        if settings.heartbeat is not None:
            yield ("heartbeat", "url"), settings.heartbeat.url

    def _missing_secrets(self, env: Mapping[str, str]) -> Iterator[Mistake]:
        for loc, secret in self._secrets():
            try:
                text = secret.reveal(self.base, env)
                if loc[-1] == "password":
                    password_hash(text)
            except ValueError as error:
                yield self.document.mistake(loc, f"{loc[-1]}: {error}")
        try:
            self.storage_url(env)
        except ConfigError as error:
            yield from error.mistakes

    def _missing_files(self) -> Iterator[Mistake]:
        _, without = expand_patterns(self.settings.rules, self.base)
        for index in without:
            text = f'no rule file matches "{self.settings.rules[index]}"'
            yield self.document.mistake(("rules", index), text)
        folder = self.settings.templates
        if folder is not None and not (self.base / folder).is_dir():
            yield self.document.mistake(("templates",), f"templates: there is no folder {self.base / folder}")

    def _idle(self) -> Iterator[Mistake]:
        if not self.settings.poll.every:
            yield self.document.mistake(("poll",), "every source is off: nothing is watched", key=True, warning=True)

    def _deaf(self) -> Iterator[Mistake]:
        if self.settings.webhooks is not None and self.settings.http.listen is None:
            text = "http.listen is off: nothing takes webhooks"
            yield self.document.mistake(("webhooks",), text, key=True, warning=True)


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

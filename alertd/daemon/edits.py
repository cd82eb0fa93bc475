"""Whether the files of the running set-up were edited, and the watch that says when to look."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from alertd.config.load import Config, load_config
from alertd.daemon.editions import edition_of
from alertd.errors import ConfigError

if TYPE_CHECKING:
    from alertd.daemon.filewatch import FileWatch


class Edits:
    """The edition that was read last, and a watch over its folders where the config asks for one."""

    def __init__(self, path: Path, edited: Callable[[], None]) -> None:
        """Made before the files are read, so that an edit meanwhile is one."""
        self._edited = edited
        self._config = None if path.is_fifo() else _config_at(path)  # a pipe can be read once only
        self._edition = edition_of(self._config) if self._config else frozenset()
        self._watch: FileWatch | None = None

    def are_new(self) -> bool:
        """Whether a file differs from when this was asked last; ask before the files are read."""
        before = self._edition
        self._edition = edition_of(self._config) if self._config else before
        return before != self._edition

    def follow(self, config: Config) -> None:
        """Watch the files of this set-up from now on, or none, as it says."""
        before, self._config = self._config, config
        known = dict(self._edition)
        self._edition = frozenset((path, known.get(path, digest)) for path, digest in edition_of(config))
        wanted = config.settings.watch and not config.path.is_fifo()
        if self._watch is not None and wanted and before is not None and _places(before) == _places(config):
            return
        self.stop()
        if wanted:
            from alertd.daemon.filewatch import FileWatch  # no other command has a use for it

            self._watch = FileWatch(config, self._edited)
            self._watch.start()
            self._edited()  # whatever was edited before the watch began

    def follow_refused(self, path: Path) -> None:
        """The set-up that was read has mistakes: watch its files too, for they will be mended."""
        config = None if path.is_fifo() else _config_at(path)
        if config is not None and self._config is not None and _places(config) != _places(self._config):
            self.follow(config)

    def stop(self) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None


def _config_at(path: Path) -> Config | None:
    try:
        return load_config(path)
    except ConfigError:
        return None


def _places(config: Config) -> tuple[object, ...]:
    return config.settings.rules, config.settings.templates

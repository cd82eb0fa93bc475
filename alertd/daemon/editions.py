"""Which files a set-up is read from, where they lie, and whether one of them has changed."""

import os
import stat
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

from alertd.config.files import expand_patterns
from alertd.config.load import Config
from alertd.daemon.setup import templates_folder

Edition = frozenset[tuple[str, str]]
"""Path and digest of each file; a file that cannot be read has a digest that says so."""

MOST_FOLDERS = 500
"""Of those below a `**`: who has more of them reloads by hand."""

_WILDCARDS = frozenset("*?[")


def edition_of(config: Config) -> Edition:
    """What the config, the rule files and the templates hold now."""
    rules, _ = expand_patterns(config.settings.rules, config.base)
    folder = templates_folder(config)
    templates = sorted(folder.glob("*/*.j2")) if folder else []
    return frozenset((str(path), _digest(path)) for path in (config.path, *rules, *templates))


def folders_of(config: Config) -> list[Path]:
    """The folders that an edit shows in: of the config, of rule files that are there or may come, of templates."""
    found = {config.base, *_linked(config.path)}
    for pattern in config.settings.rules:
        found.update(_folders_for(config.base, pattern))
    folder = templates_folder(config)
    if folder is not None:
        found |= {folder, *_below(folder)}
    return sorted({each for path in found for each in (path, *_linked(path)) if each.is_dir()})


def marks_of(folders: Iterable[Path]) -> list[tuple[int, int]]:
    """What tells these folders from others that may take their places."""
    return [(found.st_dev, found.st_ino) for folder in folders if (found := _stat(folder)) is not None]


def _digest(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "no file"  # a pipe is read once, by whoever started this
        return blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        return f"unreadable: {error.errno}"


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _linked(path: Path) -> Iterator[Path]:
    """Where a link leads: the folder in which the link itself may be changed, and that of what it names."""
    if path.is_symlink():
        yield path.parent
        yield path.resolve().parent


def _folders_for(base: Path, pattern: str) -> Iterator[Path]:
    """Where files of a pattern may be: its folder, or all below the part without wildcards."""
    parts = Path(pattern).parts[:-1]
    fixed = next((n for n, part in enumerate(parts) if _WILDCARDS & set(part)), len(parts))
    root = base.joinpath(*parts[:fixed])
    yield root
    yield root.parent
    if fixed < len(parts):
        yield from _below(root)


def _below(folder: Path) -> Iterator[Path]:
    found = 0
    for path, names, _ in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".")]
        for name in names:
            found += 1
            if found > MOST_FOLDERS:
                return
            yield Path(path, name)

"""The files that patterns in a config name."""

import glob
from collections.abc import Iterable
from pathlib import Path

TEST_SUFFIXES = (".test.yaml", ".test.yml")
"""Rule tests lie beside the rules, so that `rules/*.yaml` finds them as well; they are no rules."""


def expand_patterns(patterns: Iterable[str], base: Path) -> tuple[list[Path], list[int]]:
    """The rule files that `patterns` name below `base`, each once; and the indexes of patterns that match none.

    `**` goes into folders. Rule tests and hidden files, which editors leave behind, are no rule files.
    """
    found: dict[Path, Path] = {}
    without: list[int] = []
    for index, pattern in enumerate(patterns):
        # glob, because a Path refuses to look for an absolute pattern
        names = glob.glob(str(Path(glob.escape(str(base))) / pattern), recursive=True)  # noqa: PTH207
        files = [path for path in map(Path, sorted(names)) if path.is_file() and not path.name.endswith(TEST_SUFFIXES)]
        for path in files:
            found.setdefault(path.resolve(), path)
        if not files:
            without.append(index)
    return list(found.values()), without

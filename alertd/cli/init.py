"""`alertd init`: something to start from."""

import shutil
from pathlib import Path

import click

from alertd.cli.output import complain, say


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
def command(folder: Path) -> int:
    """Write a commented config, the rule library and the message templates into DIR.

    Files that are there already are left as they are.
    """
    from alertd.errors import UsageError
    from alertd.shipped import shipped

    kept = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept += _copy(shipped("config.example.yaml"), folder / "config.yaml")
        for name in ("rules", "templates"):
            root = shipped(name)
            for source in sorted(path for path in root.rglob("*") if path.is_file()):
                kept += _copy(source, folder / name / source.relative_to(root))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror or error}") from error
    if kept:
        complain(f"{kept} files were there already and were left as they are")
    say(f"Next: edit {folder / 'config.yaml'}, then alertd check -c {folder / 'config.yaml'}")
    return 0


def _copy(source: Path, to: Path) -> int:
    """1 where the file was there already."""
    if to.exists():
        return 1
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)
    return 0

"""`alertd init`: something to start from."""

import shutil
from pathlib import Path

import click

from alertd.cli.options import json_option
from alertd.cli.output import complain, print_json, say


@click.command("init")
@json_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
def command(folder: Path, as_json: bool) -> int:
    """Write a commented config, the rule library and the message templates into DIR.

    Files that are there already are left as they are, but for the schemas for editors in DIR/.schema.
    """
    from alertd.daemon.schemas import write_schemas
    from alertd.errors import UsageError
    from alertd.notify.render_words import count
    from alertd.shipped import shipped

    config = folder / "config.yaml"
    files = {config: shipped("config.example.yaml")}
    for name in ("rules", "templates"):
        root = shipped(name)
        files |= {folder / name / path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    try:
        kept = [to for to in files if to.exists()]
        for to in files.keys() - kept:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(files[to], to)
        schemas_written, schemas_kept = write_schemas(folder)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror or error}") from error
    written, left = len(files) - len(kept) + schemas_written, len(kept) + schemas_kept
    if kept:
        complain(f"{count(len(kept), 'file was', 'files were')} there already and left alone")
    if as_json:
        print_json({"config": str(config), "written": written, "kept": left})
    else:
        say(f"Next: edit {config}, then alertd check -c {config}")
    return 0

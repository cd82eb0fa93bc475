"""`alertd db`: care for the store."""

import os
from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json, say


@click.group("db")
def command() -> None:
    """Migrate, check or back up the store."""


@command.command("migrate")
@config_option
@json_option
def migrate(config: Path, as_json: bool) -> int:
    """Bring the store to this version's schema, or make a new one. Not while alertd runs."""
    from alertd.config.load import load_config
    from alertd.daemon.stores import open_store

    with open_store(load_config(config), work=True) as store:
        changed = store.migrated
    if as_json:
        print_json({"migrated": changed})
    else:
        say("the store is at this version's schema" + ("" if changed else ", as it was before"))
    return 0


@command.command("check")
@config_option
@json_option
def check(config: Path, as_json: bool) -> int:
    """Look for damage. Exits 1 where there is some."""
    from alertd.cli.opening import open_to_look

    with open_to_look(config) as (_, store):
        wrong = store.check()
    for line in wrong:
        complain(line)
    if as_json:
        print_json({"wrong": wrong})
    elif not wrong:
        say("the store is sound")
    return 1 if wrong else 0


@command.command("backup")
@config_option
@json_option
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def backup(config: Path, as_json: bool, to: Path) -> int:
    """Copy the store to FILE, also while alertd runs."""
    from alertd.cli.opening import open_to_look
    from alertd.errors import UsageError

    if os.path.lexists(to):
        raise UsageError(f"{to} is there already; name a new file")
    with open_to_look(config) as (_, store):
        store.backup(to)
    if as_json:
        print_json({"file": str(to.absolute())})
    else:
        say(f"copied to {to}")
    return 0

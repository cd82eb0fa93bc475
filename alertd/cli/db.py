"""`alertd db`: care for the store."""

from pathlib import Path

import click

from alertd.cli.options import config_option
from alertd.cli.output import complain


@click.group("db")
def command() -> None:
    """Migrate, check or back up the store."""


@command.command("migrate")
@config_option
def migrate(config: Path) -> int:
    """Bring the store to this version's schema, or make a new one. Not while alertd runs."""
    from alertd.config.load import load_config
    from alertd.daemon.stores import open_store

    loaded = load_config(config)
    open_store(loaded, work=True).close()
    click.echo("the store is at this version's schema")
    return 0


@command.command("check")
@config_option
def check(config: Path) -> int:
    """Look for damage. Exits 1 where there is some."""
    from alertd.cli.opening import open_to_look

    with open_to_look(config) as (_, store):
        wrong = store.check()
    for line in wrong:
        complain(line)
    if not wrong:
        click.echo("the store is sound")
    return 1 if wrong else 0


@command.command("backup")
@config_option
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def backup(config: Path, to: Path) -> int:
    """Copy the store to FILE, also while alertd runs."""
    from alertd.cli.opening import open_to_look
    from alertd.errors import UsageError

    if to.exists():
        raise UsageError(f"{to} is there already; name a new file")
    with open_to_look(config) as (_, store):
        store.backup(to)
    click.echo(f"copied to {to}")
    return 0

"""`alertd check`: every mistake at once."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option
from alertd.cli.output import complain

if TYPE_CHECKING:
    from alertd.daemon.setup import Setup


@click.command("check")
@config_option
@click.option("--online", is_flag=True, help="Try the key, its scopes and each target's URL form too.")
def command(config: Path, online: bool) -> int:
    """Name every mistake in config, rules and templates, each as file:line:col: message.

    Exits 1 where there is one, 2 where the config cannot be read.
    """
    from alertd.daemon.setup import read_setup
    from alertd.errors import UsageError

    if not config.is_file():
        raise UsageError(f"{config}: no such file; alertd init DIR makes one to start from")
    setup, mistakes = read_setup(config)
    for mistake in mistakes:
        complain(mistake)
    real = [mistake for mistake in mistakes if not mistake.warning]
    if setup is not None:
        _say_owed(setup)
    wrong_online = _try_online(setup) if online and setup is not None and not real else 0
    count = len(real) + wrong_online
    if count:
        click.echo(f"{count} mistake{'s' if count > 1 else ''}")
        return 1
    click.echo(f"{config}: no mistakes, {len(setup.rules) if setup else 0} rules")
    return 0


def _say_owed(setup: "Setup") -> None:
    """Endings owed to targets that are gone; silent where there is no store yet."""
    from alertd.daemon.stores import open_store, owed_elsewhere
    from alertd.errors import ConfigError, StoreError

    try:
        store = open_store(setup.config, work=False)
    except (StoreError, ConfigError):
        return
    try:
        names = frozenset(target.name for receiver in setup.settings.receivers for target in receiver.targets)
        for target, count in owed_elsewhere(store, names).items():
            complain(f"warning: {count} endings are owed to target {target}, which is not in the config")
    finally:
        store.close()


def _try_online(setup: "Setup") -> int:
    """Ask MyCirrus with the key: the fleet, one status, one record. How many of them went wrong."""
    from alertd.clock import monotonic, wall
    from alertd.daemon.compose import client_of
    from alertd.errors import ApiError

    client = client_of(setup, wall, monotonic)
    wrong = 0
    try:
        fleet = client.instruments()
        click.echo(f"instruments: {len(fleet)} listed")
        first = [fleet[0].serial] if fleet else []
        for source in setup.settings.poll.every:
            for answer in client.fetch(source, first, {}, wall()):
                if answer.error is not None:
                    wrong += 1
                    complain(f"{source.value} of {answer.instrument}: {answer.error}")
                else:
                    click.echo(f"{source.value}: answered")
    except ApiError as error:
        complain(f"{setup.settings.mycirrus.base_url}: {error}")
        wrong += 1
    finally:
        client.close()
    for name in setup.addresses:
        click.echo(f"target {name}: its URL is one that can be sent to")
    return wrong

"""`alertd render`: an alert as a message, without sending it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, emit, print_json
from alertd.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from alertd.daemon.setup import Setup


@click.command("render")
@click.argument("alert", metavar="ALERT")
@config_option
@json_option
@click.option(
    "--channel",
    type=click.Choice(["email", "slack", "teams", "text"]),
    required=True,
    help="For which kind of channel.",
)
@click.option("--html", "as_html", is_flag=True, help="The HTML part of a mail.")
def command(alert: str, config: Path, as_json: bool, channel: str, as_html: bool) -> int:
    """Print the message that a target which knows nothing would get of ALERT now.

    ALERT is an id from `alertd alerts`, or RULE/SERIAL. Nothing is sent or recorded.
    """
    if as_html and channel != "email":
        raise UsageError(f"--html is for --channel email: a message to {channel} has no HTML part")
    from alertd.clock import wall
    from alertd.daemon.showing import placed, show
    from alertd.daemon.stores import open_store
    from alertd.present import message_json

    setup = _setup(config)
    now = wall()
    with open_store(setup.config, work=False) as store:
        rendered = show(setup, store, alert, channel, now, clock=wall)
    message = rendered.message
    if as_json:
        print_json(message_json(message))
    else:
        _show(message.html if as_html else f"{message.title}\n\n{message.body}")
    for failure in rendered.failures:
        complain(placed(setup, failure))
    return 1 if rendered.failures else 0


def _setup(path: Path) -> "Setup":
    """The set-up as far as it can be read: neither its secrets nor good templates are needed to see a message."""
    from alertd.daemon.setup import read_setup

    setup, mistakes = read_setup(path)
    if setup is None or not setup.rules:
        real = [mistake for mistake in mistakes if not mistake.warning]
        if real or setup is None:
            raise ConfigError(real)
    return setup


def _show(text: str) -> None:
    """As it is sent, but for what a terminal would obey."""
    shown = (char if char.isprintable() or char in "\n\t\u200b" else "\N{REPLACEMENT CHARACTER}" for char in text)
    emit("".join(shown))

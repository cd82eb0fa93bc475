"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

PLACES = ("config.yaml", "/etc/alertd/config.yaml")


def default_config() -> str:
    """$ALERTD_CONFIG, else config.yaml here, else the one in /etc/alertd."""
    given = os.environ.get("ALERTD_CONFIG")
    if given:
        return given
    return next((place for place in PLACES if Path(place).exists()), PLACES[0])


def config_option(command: Command) -> Command:
    """`-c FILE`."""
    return click.option(
        "-c",
        "--config",
        "config",
        type=click.Path(path_type=Path),
        default=default_config,
        metavar="FILE",
        help="The config file. Default: $ALERTD_CONFIG, ./config.yaml, /etc/alertd/config.yaml.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)

"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from alertd.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., object])

PLACES = ("config.yaml", "/etc/alertd/config.yaml")


def default_config() -> str:
    """$ALERTD_CONFIG, else config.yaml here, else the one in /etc/alertd."""
    given = os.environ.get("ALERTD_CONFIG")
    if given:
        return given
    return next((place for place in PLACES if Path(place).exists()), PLACES[0])


def config_option(command: Command) -> Command:
    """`-c FILE`; a file that cannot be read is refused before anything else."""
    return _config_option(default=default_config, callback=_readable)(command)


def group_config_option(command: Command) -> Command:
    """`-c FILE` of a group that is a command itself: None where it is not given, and not looked at yet."""
    return _config_option(default=None)(command)


def config_of_group(config: Path | None) -> Path:
    """The config of such a group, called without a command; a file that cannot be read is refused."""
    return readable(Path(default_config()) if config is None else config)


def _config_option(**how: Any) -> Callable[[Command], Command]:
    return click.option(
        "-c",
        "--config",
        "config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The config file. Default: $ALERTD_CONFIG, ./config.yaml, /etc/alertd/config.yaml.",
        **how,
    )


def json_option(command: Command) -> Command:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def _readable(_context: click.Context, _option: click.Parameter, config: Path) -> Path:
    return readable(config)


def readable(config: Path) -> Path:
    """The file, which can be read.

    Raises:
        UsageError: it cannot.
    """
    try:
        if not config.is_fifo():  # what a shell's <(...) gives can be read once only
            with config.open("rb") as file:
                file.read(1)
    except FileNotFoundError as error:
        raise UsageError(f"{config}: no such file; alertd init DIR makes one to start from") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{config}: cannot be read: {reason}") from error
    return config

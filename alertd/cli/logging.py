"""Starts the logs as the config asks."""

from typing import TextIO

from alertd.config.settings import Logging
from alertd.logs import configure


def start_logging(settings: Logging, *, stream: TextIO, quiet: bool = False) -> None:
    """`quiet` is for commands that print a report of their own: their logs begin at warnings, but for debug."""
    level = "warning" if quiet and settings.level == "info" else settings.level
    configure(level, settings.format, stream=stream)

"""Starts the logs as the config asks."""

import logging
from typing import TextIO

from alertd.config.settings import Logging
from alertd.logs import configure

REPORTED = ("alertd.daemon.poller", "alertd.daemon.deliverer")
"""Whose events a report says, too, in words."""


def start_logging(settings: Logging, *, stream: TextIO, quiet: bool = False) -> None:
    """`quiet` is for commands that print a report of their own: their logs say only what it does not, but for debug."""
    quiet = quiet and settings.level != "debug"
    configure("warning" if quiet and settings.level == "info" else settings.level, settings.format, stream=stream)
    for name in REPORTED:
        logging.getLogger(name).setLevel(logging.CRITICAL if quiet else logging.NOTSET)

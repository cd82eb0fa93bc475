"""The sd_notify protocol (sd_notify(3)): telling systemd that the service is ready, alive, reloading, stopping."""

import os
import socket
from collections.abc import Mapping

PATIENCE = 1.0
"""Seconds to wait where systemd does not read; what it misses it is told again soon."""


class Systemd:
    """Sends notifications to the socket that systemd named, or nowhere."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")

    def ready(self, status: str) -> None:
        """The service works."""
        self._tell(f"READY=1\nSTATUS={status}")

    def reloading(self, monotonic_seconds: float) -> None:
        """A reload begins; `ready` ends it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic_seconds * 1_000_000)}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The service is on its way down."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.settimeout(PATIENCE)
                channel.sendto(message.encode(), address)
        except OSError:
            return  # systemd went away or the sandbox hides its socket: nothing that a service could do about it

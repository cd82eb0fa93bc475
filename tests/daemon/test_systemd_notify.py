"""sd_notify over real sockets: what is sent, and that no socket, or a deaf one, disturbs nobody."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest

from alertd.daemon.systemd import Systemd
from tests.support.processes import NotifySocket

DATAGRAMS = (socket.AF_UNIX, socket.SOCK_DGRAM)


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_each_message(tmp_path: Path, abstract: bool):
    """The words of sd_notify(3), on a socket in the file system or an abstract one."""
    address = f"@alertd-{tmp_path.name}-{id(tmp_path)}" if abstract else str(tmp_path / "notify")
    with NotifySocket(address) as heard:
        systemd = Systemd({"NOTIFY_SOCKET": address})
        systemd.ready("watching ≥ 3 monitors")
        systemd.alive()
        systemd.reloading(12.3456789)
        systemd.stopping()
        heard.wait_for("STOPPING")
    assert heard.messages == [
        {"READY": "1", "STATUS": "watching ≥ 3 monitors"},
        {"WATCHDOG": "1"},
        {"RELOADING": "1", "MONOTONIC_USEC": "12345678"},
        {"STOPPING": "1"},
    ]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_nobody_listens(environment: dict[str, str]):
    """Without systemd, or with one that is gone, nothing happens."""
    systemd = Systemd(environment)
    systemd.ready("watching")
    systemd.stopping()


def test_a_deaf_socket(tmp_path: Path):
    """Where systemd does not read and its queue is full, alertd goes on."""
    address = str(tmp_path / "notify")
    with socket.socket(*DATAGRAMS) as deaf, socket.socket(*DATAGRAMS) as talker:
        deaf.bind(address)
        talker.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                talker.sendto(b"x" * 1000, address)
        Systemd({"NOTIFY_SOCKET": address}).alive()

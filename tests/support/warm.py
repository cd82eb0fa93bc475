"""alertd's processes, forked from one that has imported everything: a second of imports is spent once, not in each.

What comes of it is a process as any other, with a memory, files and signals of its own. Whatever Python reads as it
comes up, such as PYTHONIOENCODING, has come too late for it: `can_be_forked`.

`python -m tests.support.warm NUMBER` is the one that forks. It reads from the socket of that number, and ends with it.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent.parent
MAIN = ROOT / "alertd" / "cli" / "main.py"
READ_AT_ONCE = ("PYTHON", "LC_", "LANG", "TZ")
"""What the names of variables begin with that Python and its libraries read as they come up."""

OUR_CODE = ("PYTHONPATH", str(ROOT))
WARM = (
    *("alertd.cli.main", "alertd.cli.run", "alertd.cli.check", "alertd.cli.poll", "alertd.cli.silence"),
    *("alertd.cli.alerts", "alertd.cli.logging", "alertd.daemon.compose", "alertd.daemon.edits"),
    *("alertd.daemon.house", "alertd.daemon.service", "alertd.daemon.setup", "alertd.daemon.stores"),
    *("alertd.daemon.systemd", "alertd.web.app", "alertd.web.server", "apprise.plugins.custom_json"),
    *("sqlalchemy.dialects.sqlite", "rich.console", "rich.table", "watchfiles"),
    *("alertd.cli.deliveries", "alertd.cli.instruments", "alertd.cli.rules", "alertd.cli.ack", "alertd.daemon.cycle"),
)
"""What nearly every command or daemon imports sooner or later; whatever is missing here costs time and nothing else."""

LARGEST = 200_000
"""Bytes of one ask: words, environment and folder."""

STARTED_IN = 60.0
"""Seconds; it takes one or two."""


class Forked:
    """One process; the part of subprocess.Popen that tests use."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.args = list(words)
        self._code: int | None = None
        self._lock = threading.Lock()
        out, err, reply = os.pipe(), os.pipe(), os.pipe()
        try:
            _ask({"words": list(words), "env": dict(env), "folder": str(folder)}, (out[1], err[1], reply[1]))
        finally:
            for pipe in (out, err, reply):
                os.close(pipe[1])
        self.stdout: IO[str] = os.fdopen(out[0], encoding="utf-8", errors="replace")
        self.stderr: IO[str] = os.fdopen(err[0], encoding="utf-8", errors="replace")
        self._reply = os.fdopen(reply[0])
        self.pid = int(self._reply.readline())

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        with self._lock:
            if self._code is None and select.select([self._reply], [], [], 0)[0]:
                self._code = int(self._reply.readline())
                self._reply.close()
            return self._code

    def wait(self, timeout: float) -> int:
        """Its exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it runs on.
        """
        give_up_at = time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = give_up_at - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout)
            select.select([self._reply], [], [], left)
        return code

    def send_signal(self, number: int) -> None:
        """To nobody where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """All that it says until it ends, on stdout and on stderr; it is killed where that takes longer."""
        said = {"out": "", "err": ""}

        def read(name: str, stream: IO[str]) -> None:
            with stream:
                said[name] = stream.read()

        readers = [
            threading.Thread(target=read, args=(name, stream), daemon=True)
            for name, stream in (("out", self.stdout), ("err", self.stderr))
        ]
        for reader in readers:
            reader.start()
        try:
            self.wait(timeout)
        finally:
            self.send_signal(signal.SIGKILL)
            for reader in readers:
                reader.join(timeout)
        return said["out"], said["err"]


def can_be_forked(env: Mapping[str, str]) -> bool:
    """Whether this environment is none that Python reads as it comes up."""
    return not any(name.startswith(READ_AT_ONCE) for name, value in env.items() if (name, value) != OUR_CODE)


def stop() -> None:
    """End the one that forks, and whatever it forked."""
    if _forker:
        asks, process = _forker.pop()
        asks.close()
        process.wait(STARTED_IN)


_forker: list[tuple[socket.socket, "subprocess.Popen[bytes]"]] = []
"""The one of this pytest process, once there was use for it."""

_starting = threading.Lock()


def _ask(ask: Mapping[str, object], files: Sequence[int]) -> None:
    with _starting:
        if not _forker:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.warm", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=env | dict([OUR_CODE]),
                cwd=ROOT,
            )
            theirs.close()
            _forker.append((ours, process))
        socket.send_fds(_forker[0][0], [json.dumps(ask).encode()], files)


# -- the one that forks ------------------------------------------------------------------------------------------------


def _serve(asks: socket.socket) -> bool:
    """Fork for each ask: true in whatever was forked, false in the one that forks, once nobody asks any more."""
    wake, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts pytest means pytest, which ends this one
    replies: dict[int, int] = {}
    """Who runs → where the exit code is awaited."""
    while True:
        ready, _, _ = select.select([asks, wake], [], [])
        if wake in ready:
            wake.recv(1000)
            _reap(replies)
        if asks not in ready:
            continue
        text, files, *_ = socket.recv_fds(asks, LARGEST, 3)
        if not text:
            break
        if not (pid := os.fork()):
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for each in (asks, wake, waking):
                each.close()
            for number in (*replies.values(), files[2]):
                os.close(number)
            _become(json.loads(text), files[0], files[1])
            return True
        replies[pid] = files[2]
        os.write(files[2], f"{pid}\n".encode())
        for number in files[:2]:
            os.close(number)
    for pid in replies:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return False


def _reap(replies: dict[int, int]) -> None:
    while replies:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        reply = replies.pop(pid)
        with suppress(BrokenPipeError):  # whoever asked does not want to know
            os.write(reply, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(reply)


def _become(ask: dict[str, object], out: int, err: int) -> None:
    """Be what exec would have made of it: its streams, its words, its environment and its folder."""
    for number, name, mode in ((out, "stdout", "w"), (err, "stderr", "w")):
        stream = getattr(sys, name)
        os.dup2(number, stream.fileno())
        os.close(number)
        made = open(  # noqa: SIM115 - lives as long as the process
            stream.fileno(),
            mode,
            encoding=stream.encoding,
            errors=stream.errors,
            buffering=1 if name == "stderr" else -1,
            closefd=False,
        )
        setattr(sys, name, made)
        setattr(sys, f"__{name}__", made)
    sys.argv = [str(MAIN), *ask["words"]]  # type: ignore[misc]
    os.environ.clear()
    os.environ.update(ask["env"])  # type: ignore[call-overload]
    os.chdir(str(ask["folder"]))


def _run() -> None:
    for name in WARM:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # nor do those that are forked look through all of it at their ends
    if _serve(socket.socket(fileno=int(sys.argv[1]))):
        importlib.import_module("alertd.cli.main").main()


if __name__ == "__main__":
    _run()

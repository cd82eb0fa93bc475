"""alertd as real processes: a folder with config and rules, a simulated MyCirrus, and whatever is told on loopback.

with Site(tmp_path) as site:
    daemon = site.start("run")
    daemon.wait_for("service.started")
    site.simulator.pin("QT100000", voltage=11.0)
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from alertd.mycirrus.simulator.script import Fleet, plain_fleet
from alertd.mycirrus.simulator.simulator import Simulator
from tests.support.sinks import HttpSink
from tests.support.warm import Forked, can_be_forked

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (sys.executable, "-m", "alertd.cli.main")
PATIENCE = 25.0
"""Seconds after which something that should have happened did not. Far more than it ever takes."""
SOURCES = ("status", "current", "stats", "events", "sic", "calibrations")

LOW_VOLTAGE: dict[str, object] = {
    "alert": "LowVoltage",
    "when": "current.voltage < 11.3",
    "until": "current.voltage >= 11.6",
    "severity": "critical",
}


def environment(**extra: str) -> dict[str, str]:
    """What a service manager gives a service: next to nothing."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)} | extra


def _started(words: Sequence[str], env: Mapping[str, str], folder: Path) -> "Forked | subprocess.Popen[str]":
    if tuple(words[: len(PROGRAM)]) == PROGRAM and can_be_forked(env):
        return Forked(words[len(PROGRAM) :], env, folder)
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", env=env, cwd=folder
    )


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        """The lines of stderr."""
        return self.err.splitlines()

    @property
    def text(self) -> str:
        return self.out + self.err


Alertd = Callable[..., Done]
"""Runs a command line to its end."""


class Running:
    """One alertd at work; its output is read as it comes."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._popen = _started(words, env, folder)
        self._heard = threading.Condition()
        self.out: list[str] = []
        self.err: list[str] = []
        self._silent = 0
        """Streams that have ended."""
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in ((self._popen.stdout, self.out), (self._popen.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._popen.poll() is not None

    @property
    def text(self) -> str:
        return "\n".join([*self.out, *self.err])

    def wait_for(self, *words: str, count: int = 1, seconds: float = PATIENCE) -> list[str]:
        """The lines of stdout with all these words, once there are that many."""

        def found() -> list[str]:
            return [line for line in self.out if all(word in line for word in words)]

        with self._heard:
            self._heard.wait_for(lambda: len(found()) >= count or self._silent == 2, seconds)
            assert len(found()) >= count, f"no {words} ×{count} in:\n{self.text}"
            return found()

    def tell(self, number: int) -> None:
        """Send a signal; to nobody where it has ended."""
        if self._popen.poll() is None:
            self._popen.send_signal(number)

    def kill(self) -> None:
        """kill -9."""
        self.tell(signal.SIGKILL)
        self.ended()

    def stop(self, seconds: float = PATIENCE) -> Done:
        """SIGTERM, then its end."""
        self.tell(signal.SIGTERM)
        return self.ended(seconds)

    def ended(self, seconds: float = PATIENCE) -> Done:
        """Wait for its end."""
        code = self._popen.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return Done(code, "\n".join(self.out), "\n".join(self.err))

    def close(self) -> None:
        """Whatever it does: end it."""
        self.kill()
        for stream in (self._popen.stdout, self._popen.stderr):
            if stream is not None:
                stream.close()

    def _read(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            with self._heard:
                lines.append(line.rstrip("\n"))
                self._heard.notify_all()
        with self._heard:
            self._silent += 1
            self._heard.notify_all()


class Site:
    """A folder with a config, between a simulator and a sink, and every process started there."""

    def __init__(
        self,
        folder: Path,
        *,
        fleet: Fleet | None = None,
        rules: Sequence[Mapping[str, object]] = (LOW_VOLTAGE,),
        every: Mapping[str, str] | None = None,
        program: Sequence[str] = PROGRAM,
        **changes: object,
    ) -> None:
        self.folder = folder
        self.program = tuple(program)
        self.simulator = Simulator(fleet or plain_fleet(3))
        self.sink = HttpSink()
        self.environment: dict[str, str] = {}
        self.stack = ExitStack()
        """For whatever a test adds: it ends after the processes."""
        self._running: list[Running] = []
        off = dict.fromkeys(SOURCES, "off")
        self.config: dict[str, Any] = {
            "mycirrus": {
                "base_url": self.simulator.base_url,
                "api_key": self.simulator.key,
                "timeout": "5s",
                "max_requests_per_minute": 6000,
            },
            "poll": off | dict(every or {"status": "1s", "current": "1s"}),
            "rules": ["rules/*.yaml"],
            "receivers": [{"name": "team", "targets": [{"name": "hook", "url": self.sink.target("hook")}]}],
            "route": {"receiver": "team", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
            "http": {"listen": "off"},
            "flapping": "off",
        } | changes
        self.write()
        self.write_rules(*rules)

    @property
    def path(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def database(self) -> Path:
        return self.folder / "alertd.db"

    def write(self, **changes: object) -> None:
        """Write the config, with these keys changed from now on."""
        self.config |= changes
        self.path.write_text(yaml.safe_dump(self.config, sort_keys=False, allow_unicode=True))

    def write_rules(self, *rules: Mapping[str, object]) -> None:
        file = self.folder / "rules" / "site.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump({"rules": [dict(rule) for rule in rules]}, sort_keys=False))

    def words(self, *words: str) -> list[str]:
        """The command line."""
        return [*self.program, *words, "-c", str(self.path)]

    def command(self, *words: str, before: Sequence[str] = (), seconds: float = PATIENCE, **env: str) -> Done:
        """Run one command to its end; `before` are words before it, such as another program."""
        started = _started([*before, *self.words(*words)], environment(**self.environment, **env), self.folder)
        try:
            out, err = started.communicate(timeout=seconds)
        finally:
            started.send_signal(signal.SIGKILL)
        return Done(started.wait(seconds), out, err)

    def start(self, *words: str, before: Sequence[str] = (), **env: str) -> Running:
        """Start a command and leave it running."""
        running = Running(
            [*before, *self.words(*(words or ("run",)))], environment(**self.environment, **env), self.folder
        )
        self._running.append(running)
        return running

    def run(self, **env: str) -> Running:
        """`alertd run`, once it works."""
        daemon = self.start("run", **env)
        daemon.wait_for("service.started")
        return daemon

    def told(self, path: str = "hook") -> list[str]:
        """The titles that a path of the sink heard, in their order."""
        return [str(each.json["title"]) for each in list(self.sink.received) if each.path == f"/{path}"]

    def wait_told(self, count: int, path: str = "hook", seconds: float = PATIENCE) -> list[str]:
        """The titles, once there are that many."""
        wait_until(lambda: len(self.told(path)) >= count, seconds, lambda: f"told {self.told(path)}\n{self.story()}")
        return self.told(path)

    def story(self) -> str:
        """All that every process of it said."""
        return "\n---\n".join(each.text for each in self._running)

    def __enter__(self) -> Self:
        self.simulator.start()
        self.sink.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._running:
            each.close()
        self.stack.close()
        self.simulator.stop()
        self.sink.close()


class NotifySocket:
    """systemd's end of sd_notify: a datagram socket; `address` is for NOTIFY_SOCKET, an `@` is the abstract form."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.messages: list[dict[str, str]] = []

    def wait_for(self, key: str, seconds: float = PATIENCE) -> dict[str, str]:
        """The next message with this key; those before it are kept in `messages`, too."""
        give_up_at = time.monotonic() + seconds
        while True:
            self._socket.settimeout(max(0.01, give_up_at - time.monotonic()))
            try:
                text = self._socket.recv(4096).decode()
            except TimeoutError as error:
                raise AssertionError(f"no {key} after {self.messages}") from error
            message = dict(line.split("=", 1) for line in text.splitlines())
            self.messages.append(message)
            if key in message:
                return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def wait_until(
    holds: Callable[[], bool], seconds: float = PATIENCE, story: Callable[[], str] = lambda: "it never came about"
) -> None:
    """Wait for something that will come about."""
    give_up_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up_at, story()
        time.sleep(0.02)


def own_mounts() -> list[str] | None:
    """Words that run a command with mounts of its own; None where this machine does not let us."""
    if shutil.which("unshare") is None:
        return None
    words = ["unshare", "--map-root-user", "--mount"]
    tried = subprocess.run([*words, "true"], capture_output=True, timeout=10, check=False)
    return words if tried.returncode == 0 else None

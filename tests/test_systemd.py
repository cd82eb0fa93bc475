"""The service file: known to systemd, hardened, and fit for what docs/operations.md says."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from alertd.config.settings import Http
from alertd.daemon.scheduler import THREADS
from alertd.daemon.service import STOP_WITHIN
from alertd.web import server as web_server
from tests.support.docs import section

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "systemd" / "alertd.service"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=30, check=False)


def service() -> dict[str, list[str]]:
    """Directive → its values, of the [Service] section."""
    section = UNIT.read_text().split("[Service]")[1].split("[Install]")[0]
    found: dict[str, list[str]] = {}
    for line in section.splitlines():
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


@needs_systemd
def test_exposure():
    """systemd rates the service's exposure 1.5 of 10 or better."""
    run = analyze("security", "--offline=true", "--threshold=15", UNIT)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr


@needs_systemd
def test_verify(tmp_path: Path):
    """systemd finds no mistake in the unit, once its program is there."""
    unit = tmp_path / "alertd.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE))
    run = analyze("verify", "--man=no", unit)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("Type", "notify"),
        ("ExecStart", "/opt/alertd/bin/alertd run -c /etc/alertd/config.yaml"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("RestartPreventExitStatus", "2"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "alertd"),
        ("MemoryDenyWriteExecute", "yes"),
    ],
)
def test_directives(directive: str, value: str):
    """What operations.md and the daemon rely on is in the unit."""
    assert service()[directive] == [value]


def test_stop_is_longer_than_a_clean_stop():
    """systemd waits longer than web server and service take for a clean stop at most, before it kills."""
    assert int(service()["TimeoutStopSec"][0].removesuffix("s")) > web_server.STOP_WITHIN + STOP_WITHIN + 1


def test_it_may_listen():
    """Nothing keeps the web server from its socket: both families of addresses, no ban on binding or on who asks."""
    assert set(service()["RestrictAddressFamilies"][0].split()) >= {"AF_INET", "AF_INET6"}
    assert service().keys() & {"SocketBindDeny", "PrivateNetwork", "RestrictNetworkInterfaces"} == set()
    assert service()["IPAddressDeny"] == ["multicast"]
    assert "@system-service" in service()["SystemCallFilter"]


def test_an_unprivileged_port():
    """The service has no capability, so the port that alertd listens at as it comes needs none."""
    assert service()["CapabilityBoundingSet"] == [""]
    listen = Http().listen
    assert listen is not None
    assert listen.port >= 1024


def test_threads():
    """What works at once, with forty targets, is less than the service may have."""
    assert int(service()["TasksMax"][0]) > THREADS + web_server.THREADS + 40 + 10


def test_no_secret_in_the_environment():
    """Secrets come as credentials: a variable would show to other processes."""
    assert service()["Environment"] == ["MALLOC_ARENA_MAX=1"]
    assert "EnvironmentFile" not in service()
    assert service()["LoadCredential"]


def shown_credentials() -> set[str]:
    """The credentials that the unit loads or shows in a comment."""
    return set(re.findall(r"^#?LoadCredential=(\S+)$", UNIT.read_text(), re.MULTILINE))


def test_steps_fit_the_unit():
    """The five steps of operations.md put program, configuration and secrets where the unit looks for them."""
    steps = section("operations.md", "Install in five steps")
    program, run, option, config = service()["ExecStart"][0].split()
    assert (run, option) == ("run", "-c")
    assert f"/usr/bin/python3 -m venv {Path(program).parent.parent}\n" in steps
    assert f"alertd init {Path(config).parent}\n" in steps
    for name, path in (credential.split(":") for credential in re.findall(r"LoadCredential=(\S+:\S+)", steps)):
        assert f"{name}:{path}" in shown_credentials()
        assert f"install -m 0600 /dev/null {path}\n" in steps
        assert f"{{credential: {name}}}" in steps
    for loaded in service()["LoadCredential"]:
        assert f"install -m 0600 /dev/null {loaded.split(':')[1]}\n" in steps
    assert f"sqlite:////var/lib/{service()['StateDirectory'][0]}/" in steps


def test_sections():
    """The unit is one that enables itself at boot."""
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    assert unit.sections() == ["Unit", "Service", "Install"]
    assert unit["Install"]["WantedBy"] == "multi-user.target"

"""The service file: known to systemd, hardened, and fit for what docs/operations.md says."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parent.parent / "systemd" / "alertd.service"

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
    """systemd waits longer than the five seconds that a clean stop takes, before it kills."""
    assert int(service()["TimeoutStopSec"][0].removesuffix("s")) > 5


def test_no_secret_in_the_environment():
    """Secrets come as credentials: a variable would show to other processes."""
    assert "Environment" not in service()
    assert service()["LoadCredential"]


def test_sections():
    """The unit is one that enables itself at boot."""
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    assert unit.sections() == ["Unit", "Service", "Install"]
    assert unit["Install"]["WantedBy"] == "multi-user.target"

"""The project around the code: the wheel, the lock, the laws of the house, what may not be in the repository."""

import ast
import html
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from alertd import __version__
from tests.support.processes import Site

ROOT = Path(__file__).parent.parent
CODE = sorted((ROOT / "alertd").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*words: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with nothing of this process's environment but what pip and Python need."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        words, cwd=cwd, env=kept | environment, capture_output=True, text=True, timeout=50, check=False
    )


# ── the wheel ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `alertd` command of a new environment: the wheel installed, its dependencies lent by this one."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", venv).returncode == 0
    python = venv / "bin" / "python"
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    assert done.returncode == 0, done.stderr
    packages = next((venv / "lib").glob("python3*/site-packages"))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin" / "alertd"


pytestmark = pytest.mark.xdist_group("wheel")


def tracked(folder: str) -> set[str]:
    """The files of a folder that git knows."""
    return set(run("git", "ls-files", folder).stdout.split())


@pytest.mark.parametrize("folder", ["rules", "templates", "systemd"])
def test_wheel_ships(wheel: Path, folder: str):
    """An installed alertd has the rules, templates and unit of the checkout."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"alertd/_shipped/{name}" for name in tracked(folder)} <= names


def test_wheel_has_the_package(wheel: Path):
    """All of the package is in the wheel: code, migrations, the simulated fleet, the licence."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert tracked("alertd") <= names
    assert "alertd/_shipped/config.example.yaml" in names
    assert f"alertd-{__version__}.dist-info/licenses/LICENSE" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_installed_version(installed: Path, tmp_path: Path):
    """The installed command runs from anywhere and says its version."""
    ran = run(installed, "--version", cwd=tmp_path)
    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, f"alertd, version {__version__}", "")


def test_installed_init_and_check(installed: Path, tmp_path: Path):
    """A folder that `alertd init` made has no mistake but that its secrets are not there."""
    made = run(installed, "init", "site", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert {path.name for path in (tmp_path / "site").iterdir()} >= {"config.yaml", "rules", "templates"}

    config = tmp_path / "site" / "config.yaml"
    without = run(installed, "check", "-c", config, cwd=tmp_path)
    lines = (without.stdout + without.stderr).splitlines()
    assert without.returncode == 1
    assert {re.findall(r"[A-Z]+_[A-Z_]+", line)[0] for line in lines if "config.yaml:" in line} == {
        "MYCIRRUS_API_KEY",
        "FIELD_MAIL_URL",
    }

    secrets = {"MYCIRRUS_API_KEY": "mycirrus-1-A", "FIELD_MAIL_URL": "mailtos://a:b@example.com"}
    checked = run(installed, "check", "-c", config, cwd=tmp_path, **secrets)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_installed_poll(installed: Path, tmp_path: Path):
    """The installed program, and nothing of the checkout, polls a simulator over HTTP and tells a webhook."""
    with Site(tmp_path, program=[str(installed)]) as site:
        site.environment = {"PYTHONPATH": "", "PYTHONSAFEPATH": "1"}
        site.simulator.pin("QT100000", voltage=11.0)
        polled = site.command("poll", "--json")
        assert (polled.code, polled.err) == (0, "")
        assert [alert["instrument"] for alert in polled.json["alerts"]] == ["QT100000"]
        assert site.told() == [polled.json["deliveries"][0]["title"]]
        site.write_rules({"alert": "X", "when": "current.voltge < 1"})
        assert site.command("poll").code == 2
    where = "import alertd; print(alertd.__file__)"
    assert str(installed.parent.parent) in run(installed.with_name("python"), "-c", where, cwd=tmp_path).stdout


HEAVY = ("alembic", "apprise", "apscheduler", "jinja2", "pydantic", "requests", "rich", "sqlalchemy")


def test_help_is_light():
    """`alertd --help` imports no large library."""
    script = "import sys; from alertd.cli.main import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    ran = run(sys.executable, "-c", script)
    assert "Commands" in ran.stdout
    assert set(HEAVY) & set(ran.stderr.split()) == set()


# ── the lock ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LOCK = (ROOT / "constraints.txt").read_text()
PINNED = re.findall(r"^([a-z0-9.-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", LOCK, re.MULTILINE)


def wanted() -> Iterator[str]:
    """The packages that pyproject.toml asks for, all extras and the build's too."""
    extras = PROJECT["optional-dependencies"].values()
    for each in [*PROJECT["dependencies"], *(name for extra in extras for name in extra), "hatchling"]:
        yield re.split(r"[\[<>=]", each)[0].lower()


def test_lock_is_whole():
    """Each package that pyproject.toml asks for is pinned by version and hashes."""
    assert set(wanted()) <= {name for name, _ in PINNED}


def test_lock_is_nothing_else():
    """The lock holds pins and hashes: no address, no option, no path."""
    lines = [line for line in LOCK.splitlines() if line and not line.startswith("#")]
    assert len(lines) == sum(1 + hashes.count("--hash") for _, hashes in PINNED)
    assert "://" not in LOCK


STAND_IN = r"""#!/usr/bin/env bash
# For python: makes an environment whose pip does nothing, and whose pip-compile adds a line to what is there.
mkdir -p "$3/bin"
ln -s "$(type -P true)" "$3/bin/pip"
printf '#!/usr/bin/env bash\nwhile [ "$1" != --output-file ]; do shift; done\necho new==1 >> "$2"\n' \
  > "$3/bin/pip-compile"
chmod +x "$3/bin/pip-compile"
"""


def test_a_new_lock_begins_with_the_old_one(tmp_path: Path):
    """What is locked is what pip-compile is given to keep to: a new lock changes only what it must."""
    (tmp_path / "scripts").mkdir()
    script = Path(shutil.copy(ROOT / "scripts" / "lock", tmp_path / "scripts"))
    (tmp_path / "constraints.txt").write_text("old==1 \\\n    --hash=sha256:0\n")
    python = tmp_path / "python"
    python.write_text(STAND_IN)
    python.chmod(0o755)
    done = run(script, cwd=tmp_path, PYTHON=str(python))
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["old==1 \\", "    --hash=sha256:0", "new==1"]


# ── the repository ───────────────────────────────────────────────────────────────────────────────────────────────────

FOREIGN = {
    "a path of the machine it was written on": [str(ROOT) + "/", "/" + "work/"],
    "a package registry": [
        "py" + "pi.org",
        "python" + "hosted",
        "npm" + "js.org",
        "extra-" + "index",
        "find-" + "links",
    ],
}
"""What → texts that would give it away; put together here so that this file is not found itself."""


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_foreign(what: str):
    """No file of the repository names what only one machine has."""
    words = [word for text in FOREIGN[what] for word in ("-e", text)]
    found = run("git", "grep", "-nIF", *words)
    assert found.stdout == ""


def test_groups_stay_together(request: pytest.FixtureRequest, worker_id: str):
    """What is set up for a group of tests is set up once, for one worker runs them all."""
    if worker_id != "master":
        assert request.node.nodeid.endswith("@wheel")


def test_licence():
    """The licence is MIT and the authors' own."""
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License")
    assert "the alertd authors" in text


@pytest.mark.parametrize(
    "target",
    [
        "help",
        "demo",
        "test",
        "check",
        "fuzz",
        "format",
        "bench",
        "picture",
        "screenshots",
        "lock",
        "wheel",
        "clean",
    ],
)
def test_make_targets(target: str):
    """What README.md and CI call is in the Makefile."""
    assert run("make", "--dry-run", target, f"PYTHON={sys.executable}").returncode == 0


@pytest.mark.parametrize("script", [".ci/run", *sorted(tracked("scripts"))])
def test_scripts(script: str):
    """Each script can be run and is one that its interpreter can read."""
    assert os.access(ROOT / script, os.X_OK)
    text = (ROOT / script).read_text()
    if text.startswith("#!/usr/bin/env python3\n"):
        ast.parse(text)
    else:
        assert text.startswith("#!/usr/bin/env bash\n")
        assert run("bash", "-n", script).returncode == 0


def test_picture_is_drawn_from_the_program(tmp_path: Path):
    """What scripts/picture photographs is a mail that the program renders of the shipped rule."""
    page = tmp_path / "page.html"
    drawn = run(sys.executable, "scripts/picture", "--html", page, PYTHONPATH=str(ROOT))
    assert drawn.returncode == 0, drawn.stderr
    text = html.unescape(page.read_text())
    assert "[CRITICAL] SupplyVoltage · Quarry A north (QT123456) 10.74 V" in text
    assert "The battery runs flat" in text


# ── the laws of the house that no linter knows ───────────────────────────────────────────────────────────────────────

UNSAID = {"data", "handle", "handler", "helper", "helpers", "info", "manage", "manager", "process", "util", "utils"}
"""Words that say nothing, so no name in the code has them."""

OVERRIDDEN = {
    "get_route_handler",  # FastAPI
    "data_received",  # asyncio
    "handle",  # socketserver
    "handle_error",
    "handleError",  # logging
    "init_poolmanager",  # requests
    "proxy_manager_for",
    "process_bind_param",  # SQLAlchemy
    "process_result_value",
}
"""Names that a base class in a library gave."""


def names(path: Path) -> Iterator[str]:
    """The names that a module gives: its own, its functions' and classes'."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name not in OVERRIDDEN:
            yield node.name


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_laws(path: Path):
    """A file is short, a package's own file is empty, and no name is an empty word."""
    text = path.read_text()
    assert len(text.splitlines()) <= 350
    if path.name == "__init__.py" and path.parent.name != "alertd":
        assert text == ""
    words = {word.lower() for name in names(path) for word in re.findall(r"[A-Z]?[a-z]+", name)}
    assert words & UNSAID == set()

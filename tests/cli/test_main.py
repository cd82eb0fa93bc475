"""The command line itself: exit codes, one line for each error, and an output that may be closed, full or narrow."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from alertd import __version__
from tests.support.processes import LOW_VOLTAGE, PATIENCE, PROGRAM, Alertd, Site, environment, wait_until

CONFIGURED = ["run", "poll", "check", "alerts", "instruments", "rules", "deliveries", "db check", "db migrate"]


def shell(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which $A is alertd."""
    return subprocess.run(
        ["bash", "-c", f'A() {{ {" ".join(PROGRAM)} "$@"; }}; {script}'],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        cwd=folder,
        env=environment(**env),
        check=False,
    )


def test_version_and_help(alertd: Alertd):
    """Both go to stdout, exit 0; the help names every command."""
    assert alertd("--version").out == f"alertd, version {__version__}\n"
    ran = alertd("--help")
    assert (ran.code, ran.err) == (0, "")
    for words in CONFIGURED:
        assert words.split()[0] in ran.out
        assert alertd(*words.split(), "--help").out.startswith(f"Usage: alertd {words} ")


@pytest.mark.parametrize("words", [[], ["db"]])
def test_no_command(alertd: Alertd, words: list[str]):
    """Without a command the help is on stderr, as people can read it; exit 2."""
    ran = alertd(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.errors[0].startswith("Usage: alertd")
    assert len(ran.errors) > 5


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["--nonsense"],
        ["run", "extra"],
        ["poll", "--every", "1m"],
        ["alerts", "--state", "sad"],
        ["deliveries", "--limit", "0"],
        ["deliveries", "--limit", "many"],
        ["deliveries", "--limit"],
        ["init"],
        ["init", "a", "b"],
        ["db", "drop"],
        ["db", "backup"],
        ["check", "-c"],
        ["render", "LowVoltage/QT1"],
        ["", ""],
    ],
)
def test_odd_words(alertd: Alertd, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A word that is not understood is exit 2 and one line on stderr that names the help."""
    (tmp_path / "config.yaml").touch()
    monkeypatch.chdir(tmp_path)
    ran = alertd(*words)
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.errors) == 1
    assert "--help" in ran.err
    assert "\N{REPLACEMENT CHARACTER}" not in ran.err


@pytest.mark.parametrize("words", CONFIGURED)
def test_a_config_that_cannot_be_read(alertd: Alertd, tmp_path: Path, words: str):
    """Missing, a folder, a name too long, below a file, or a file that fails: exit 2 and one line that says which."""
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path / "no.yaml", "no such file; alertd init DIR makes one to start from"),
        (tmp_path, "Is a directory"),
        (Path("x" * 5000), "File name too long"),
        (tmp_path / "file" / "config.yaml", "Not a directory"),
        (Path("/proc/self/mem"), "Input/output error"),
        (tmp_path / "two\nlines", "no such file"),
    ):
        ran = alertd(*words.split(), "-c", path)
        assert (ran.code, ran.out) == (2, "")
        assert len(ran.errors) == 1
        assert reason in ran.err


def test_where_the_config_is_looked_for(alertd: Alertd, site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """-c before $ALERTD_CONFIG before ./config.yaml."""
    monkeypatch.chdir(site.folder)
    assert alertd("rules", "--json").code == 0
    monkeypatch.setenv("ALERTD_CONFIG", str(tmp_path / "other.yaml"))
    assert "other.yaml" in alertd("rules").err
    assert alertd("rules", "-c", site.path).code == 0


def test_closed_pipes(site: Site):
    """Whoever stops reading, at once or after a line, a table or JSON, gets no outcry."""
    site.write_rules(*({"alert": f"Rule{n}", "when": f"current.voltage < {n + 1}"} for n in range(300)))
    ran = shell(
        f"A rules -c {site.path} | head -1; echo ${{PIPESTATUS[0]}};"
        f" A rules --json -c {site.path} 2>&1 | true; echo ${{PIPESTATUS[0]}}",
        site.folder,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[1:] == ["0", "0"]


def test_a_closed_pipe_hides_no_failure(site: Site):
    """Whoever reads but a line of what check or test says, or nothing, still gets their exit code."""
    rules = ({"alert": f"Rule{n}", "when": f"current.voltage < {n + 1}"} for n in range(300))
    site.write_rules(*rules, {**LOW_VOLTAGE, "until": "current.voltage < 1"})
    well = {"instrument": "QT1", "field": "current.voltage", "every": "1m", "values": "12x4"}
    wrong = {
        "name": "wrong",
        "instruments": {"QT1": {}},
        "samples": [well],
        "messages": [{"at": "1m", "reason": "first"}],
    }
    tests = site.folder / "rules" / "site.test.yaml"
    tests.write_text(json.dumps({"rules": ["site.yaml"], "tests": [wrong]}))
    ran = shell(
        f"A check --strict -c {site.path} 2>&1 | head -1 > /dev/null; echo ${{PIPESTATUS[0]}};"
        f" A check --strict --json -c {site.path} 2> /dev/null | true; echo ${{PIPESTATUS[0]}};"
        f" A test {tests} | true; echo ${{PIPESTATUS[0]}}",
        site.folder,
    )
    assert (ran.stdout.split(), ran.stderr) == (["1", "1", "1"], "")


def test_closed_streams_and_a_full_disk(site: Site):
    """With stdout or stderr closed it does its work; where the output cannot be written, one line says so, exit 1."""
    ran = shell(
        f"A rules -c {site.path} >&-; echo $?; A rules -c /none 2>&-; echo $?; A rules -c {site.path} > /dev/full;"
        " echo $?",
        site.folder,
    )
    assert ran.stdout.split() == ["0", "2", "1"]
    assert ran.stderr == "alertd: the output: No space left on device\n"


def test_no_file_takes_a_closed_streams_number(site: Site):
    """Started with all three streams closed, a daemon's files have other numbers: nobody prints into the database."""
    daemon = site.start("run", before=["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash"])
    site.simulator.pin("QT100000", voltage=11.0)
    site.wait_told(1)
    streams = Path(f"/proc/{daemon.pid}/fd")
    assert {str((streams / str(number)).readlink()) for number in range(3)} == {os.devnull}


def test_a_config_from_a_pipe(site: Site):
    """What a shell's <(...) names is read like a file."""
    ran = shell(f"cd {site.folder}; A check -c <(cat {site.path})", site.folder)
    assert ran.returncode == 1  # the rules are looked for beside /dev/fd
    assert 'no rule file matches "rules/*.yaml"' in ran.stderr


def test_a_narrow_encoding(site: Site):
    """An output that knows only ASCII gets escapes instead of a failure."""
    site.write_rules({"alert": "Größe", "when": "current.voltage < 11"})
    ran = site.command("rules", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (ran.code, ran.err) == (0, "")
    assert "Gr\\xf6\\xdfe" in ran.out


def test_interrupted(site: Site):
    """Ctrl-C in a poll that waits: exit 130, without an outcry."""
    site.write(mycirrus=site.config["mycirrus"] | {"timeout": "60s"})  # or it gives up by itself where all is slow
    site.simulator.faults.add("hang")
    poll = site.start("poll")
    wait_until(lambda: len(site.simulator.requests) > 0)
    poll.tell(signal.SIGINT)
    done = poll.ended()
    assert (done.code, done.err) == (130, "")


def test_init(alertd: Alertd, tmp_path: Path):
    """Makes config, rules and templates; a second time leaves each file as it is; where it cannot write, exit 2."""
    folder = tmp_path / "new" / "site"
    ran = alertd("init", folder)
    assert (ran.code, ran.err) == (0, "")
    assert f"alertd check -c {folder}/config.yaml" in ran.out
    assert {path.name for path in folder.iterdir()} == {"config.yaml", "rules", "templates", ".schema"}
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "config.yaml").touch()
    assert alertd("init", tmp_path / "one").errors == ["1 file was there already and left alone"]
    (folder / "config.yaml").write_text("mine")
    again = alertd("init", "--json", folder)
    assert (again.json["config"], again.json["written"]) == (str(folder / "config.yaml"), 0)
    assert again.json["kept"] == len([path for path in folder.rglob("*") if path.is_file()])
    assert "were there already" in again.err
    assert (folder / "config.yaml").read_text() == "mine"
    (folder / ".schema" / "rules.json").write_text("{}")  # of another version, say
    assert alertd("init", "--json", folder).json["written"] == 1
    schema = alertd("schema", "rules")
    assert json.loads((folder / ".schema" / "rules.json").read_text()) == schema.json
    for bad in (folder / "config.yaml", folder / "config.yaml" / "below", Path("/proc/none"), Path("x" * 5000)):
        refused = alertd("init", bad)
        assert refused.code == 2
        assert len(refused.errors) == 1


def test_a_fault_is_one_line(alertd: Alertd, site: Site, monkeypatch: pytest.MonkeyPatch):
    """What nobody foresaw is one line as well, and ALERTD_DEBUG=1 shows where it was."""
    monkeypatch.setattr("alertd.present.rule_json", lambda *_: 1 / 0)
    ran = alertd("rules", "--json", "-c", site.path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.errors == [
        "alertd: a fault in alertd itself: ZeroDivisionError: division by zero (ALERTD_DEBUG=1 shows where)"
    ]
    monkeypatch.setenv("ALERTD_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        alertd("rules", "--json", "-c", site.path)
    assert os.environ["ALERTD_DEBUG"]

"""`alertd passwd` and `alertd token`: what they print is what the config takes."""

import subprocess
from pathlib import Path

import pytest
import yaml

from alertd.config.load import load_config
from alertd.web.passwords import is_password
from alertd.web.tokens import token_hash
from tests.support.configs import SMALLEST
from tests.support.processes import PROGRAM, environment


def called(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """One command, with what it reads."""
    return subprocess.run(
        [*PROGRAM, *words], input=typed, capture_output=True, text=True, timeout=30, env=environment(), check=False
    )


@pytest.mark.parametrize("name", ["ada", 'Ada "L" <b>: {x}', "أدا"])
def test_passwd(tmp_path: Path, name: str):
    """The lines go into the config as they are; the password is in none of them."""
    done = called("passwd", name, "--role", "operator", typed="correct horse é\nmore\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "correct" not in done.stdout
    (tmp_path / "config.yaml").write_text(SMALLEST + done.stdout)
    (user,) = load_config(tmp_path / "config.yaml").settings.http.users
    assert (user.name, user.role) == (name, "operator")
    kept = user.password.reveal(tmp_path, {})
    assert is_password("correct horse é", kept)
    assert is_password("correct horse e\u0301", kept)  # another keyboard's
    assert not is_password("correct horse e", kept)
    assert kept not in called("passwd", name, typed="correct horse é\n").stdout


@pytest.mark.parametrize("typed", ["", "\n", "short\n", "x" * 1025])
def test_passwd_refuses(typed: str):
    """What is no password is one line and exit 2, and is not shown."""
    done = called("passwd", "ada", typed=typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "a password of 8 to 1024 characters is wanted\n"


def test_token(tmp_path: Path):
    """The token is the first line, so that a script can keep it; the config gets its hash and its end."""
    done = called("token", "probe", "--scope", "operator", "--for", "30d")
    token, _, lines = done.stdout.partition("\n")
    assert done.returncode == 0
    assert token not in lines
    (tmp_path / "config.yaml").write_text(SMALLEST + lines)
    (kept,) = load_config(tmp_path / "config.yaml").settings.http.tokens
    assert (kept.name, kept.scope, kept.hash) == ("probe", "operator", token_hash(token))
    assert yaml.safe_load(called("token", "probe").stdout.partition("\n")[2]) != yaml.safe_load(lines)


@pytest.mark.parametrize("words", [("token", " x"), ("passwd", ""), ("token", "x", "--for", "0s"), ("token", "a\nb")])
def test_names_and_times(words: tuple[str, ...]):
    """A name that the config would not take, or no time, is one line and exit 2."""
    done = called(*words, typed="correct horse\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1

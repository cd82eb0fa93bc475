"""Secrets: found where they are said to be, and never shown."""

import re

import pytest

from alertd.config.secrets import MAX_BYTES, Origin, Secret, secret_of

KEY = "mycirrus-123456-AABBCCDD11223344"


@pytest.mark.parametrize(
    "written",
    [KEY, f"  {KEY} ", {"env": "KEY"}, {"file": "key"}, {"file": "folder/../key"}, {"credential": "key"}],
    ids=str,
)
def test_each_way_to_say_a_secret_finds_it(tmp_path, written):
    """Plain text, a variable, a file beside the config, a credential of the service."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "key").write_text(f"{KEY}\n")
    env = {"KEY": KEY, "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert secret_of(written).reveal(tmp_path, env) == KEY


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"env": "NOWHERE"}, "the environment variable NOWHERE is not set"),
        ({"env": "EMPTY"}, "the environment variable EMPTY is empty"),
        ({"env": "LINES"}, "the environment variable LINES has more than one line"),
        ({"file": "nowhere"}, "nowhere: No such file or directory"),
        ({"file": "empty"}, "empty is empty"),
        ({"file": "lines"}, "lines has more than one line"),
        ({"file": "large"}, "large is too large for a secret"),
        ({"file": "latin"}, "latin is not UTF-8 text"),
        ({"file": "."}, "Is a directory"),
        ({"file": "a\0b"}, "null byte"),
        ({"credential": "nowhere"}, "nowhere: No such file or directory"),
    ],
    ids=str,
)
def test_what_is_missing_is_said_in_one_line(tmp_path, written, words):
    """The message names the variable or the file, and never what is in it."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "lines").write_text(f"{KEY}\nX-Evil: 1\n")
    (tmp_path / "large").write_text("x" * (MAX_BYTES + 1))
    (tmp_path / "latin").write_bytes(KEY.encode() + b"\xe9")
    env = {"EMPTY": " ", "LINES": f"{KEY}\r\nX-Evil: 1", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        secret_of(written).reveal(tmp_path, env)
    assert "AABB" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_credential_outside_a_service_says_who_sets_it(tmp_path):
    """The remedy is the unit file's line."""
    with pytest.raises(ValueError, match="LoadCredential=api_key:PATH"):
        Secret(Origin.CREDENTIAL, "api_key").reveal(tmp_path, {})


@pytest.mark.parametrize(
    "written",
    [
        None,
        12,
        True,
        "",
        "  ",
        "a\nb",
        [],
        {},
        {"env": ""},
        {"env": 5},
        {"env": "A", "file": "b"},
        {"text": "x"},
        {"vault": "x"},
        {"credential": "../key"},
        {"credential": ".."},
    ],
    ids=str,
)
def test_anything_else_is_refused(written):
    """Exactly one reference, or one line of text."""
    with pytest.raises(ValueError, match=r"wanted|empty|more than one line|is no path"):
        secret_of(written)


def test_a_secret_is_never_shown():
    """Not by repr, not by str, not inside anything printed."""
    secret = secret_of(KEY)
    assert "AABB" not in f"{secret} {secret!r} {[secret]} {secret:}"
    assert secret.text == KEY
    assert str(secret_of({"env": "KEY"})) == "Secret(env: KEY)"
    assert secret_of({"env": "KEY"}).text is None

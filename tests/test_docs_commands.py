"""operations.md and the commands say the same: names, options, exit codes, errors, variables."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest

from alertd import errors
from alertd.cli.main import COMMANDS, cli
from alertd.config.secrets import CREDENTIALS_FOLDER
from tests.support.docs import FENCE, PAGES, ROOT, code, page, section


def commands(group: click.Group, prefix: str = "alertd") -> Iterator[tuple[str, click.Command]]:
    """How each command below a group is called, and the command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield f"{prefix} {name}", command
            yield from commands(command, f"{prefix} {name}")
        elif command is not None:
            yield f"{prefix} {name}", command


def below(name: str) -> dict[str, click.Command]:
    """The commands that begin with this word, imported now."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return dict(commands(click.Group(commands={name: command})))


def options(command: click.Command) -> set[str]:
    """The long names of a command's options."""
    return {name for parameter in command.params for name in parameter.opts if name.startswith("--")}


EXAMPLE = ROOT / "config.example.yaml"
EVERYWHERE = {"--config", "--json", "--help"}
"""Options that operations.md explains once, for all commands."""


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str):
    """Each command, those below others too, has a row in operations.md, which names just the options that it has."""
    for words, command in below(name).items():
        row = re.search(rf"^\| `{words}[ `].*$", page("operations.md"), re.MULTILINE)
        assert row is not None, words
        assert options(command) - EVERYWHERE == set(re.findall(r"`(--[a-z-]+)", row[0])), words


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_what_prints_takes_json(name: str):
    """What operations.md says of `-c` and `--json` is so."""
    for words, command in below(name).items():
        without = ("demo", "init", "passwd", "schema", "simulate", "token")
        assert ("--config" in options(command)) == (name not in without), words
        assert "--json" in options(command) or name in ("demo", "init", "passwd", "run", "simulate", "token"), words


COMMAND_LINE = re.compile(r"^ *(?:\$ )?(?:\w+=\S+ |runuser -u nobody -- |sudo )*(alertd .+?)(?: +#.*)?$", re.MULTILINE)


def command_lines() -> list[Any]:
    """Each call of alertd in a block of the documentation."""
    return [
        pytest.param(line, id=f"{path.name}: {line}")
        for path in PAGES
        for fence in FENCE.finditer(path.read_text())
        if not fence["kind"]
        for line in COMMAND_LINE.findall(fence["text"])
    ]


@pytest.mark.parametrize("line", command_lines())
def test_command_lines(line: str):
    """Each call of alertd that the documentation shows has a command, arguments and options that there are."""
    words = [str(EXAMPLE) if word.endswith("/config.yaml") else word for word in shlex.split(line)[1:]]
    command: click.Command = cli
    while isinstance(command, click.Group) and not (command.invoke_without_command and words[:1] in ([], ["-c"])):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words[0]
        command, words = found, words[1:]
    command.make_context("alertd", words)


@pytest.mark.parametrize("row", re.findall(r"^\| `alertd ([a-z]+)", page("operations.md"), re.MULTILINE))
def test_every_documented_command_exists(row: str):
    """operations.md names no command that alertd does not have."""
    assert row in COMMANDS


def test_exit_codes_are_documented():
    """operations.md names each exit code that a command ends with, and no other."""
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    main = (ROOT / "alertd" / "cli" / "main.py").read_text()
    codes |= {int(code) for code in re.findall(r"return (\d+)$", main, re.MULTILINE)}
    table = section("operations.md", "Exit codes")
    assert {0} | codes == {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}


OTHERS_SAY = {"HTTP 429", "Watchdog timeout", "status=2", "status=203/EXEC", "status=243/CREDENTIALS"}
"""What operations.md explains and others say: MyCirrus by way of alertd, and systemd."""


def test_errors_are_quoted_as_they_are():
    """The words that operations.md looks errors up by are words that alertd says."""
    rows = re.findall(r"^\| (.*`.*?) \| ", section("operations.md", "When something is wrong"), re.MULTILINE)
    said = set(re.findall(r"`([^`…]+)`", "".join(rows)))
    assert len(said) > 40
    alertd_says = code()
    assert {words for words in said if words not in alertd_says} <= OTHERS_SAY


def test_environment():
    """operations.md has a row for each variable that alertd reads."""
    read = set(re.findall(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"', code())) | {CREDENTIALS_FOLDER}
    assert {"ALERTD_CONFIG", "ALERTD_DEBUG"} <= read
    assert read - set(re.findall(r"`([A-Z_]+)`", section("operations.md", "Environment"))) == set()

"""`alertd passwd`: the hash of a password, as the config keeps it."""

import sys

import click

from alertd.cli.output import say
from alertd.errors import UsageError

LONGEST_LINE = 10_000


@click.command("passwd")
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "operator"]), default="viewer", show_default=True, help="May do.")
def command(name: str, role: str) -> int:
    """Hash a password for NAME, and print the lines of the config that let NAME log in.

    Asks for the password, twice; without a terminal it is the first line of the input.
    """
    from alertd.cli.words import config_name, yaml_line
    from alertd.web.passwords import hashed

    name = config_name(name)
    kept = hashed(_password())
    say("http:")
    say("  users:")
    say("    - " + yaml_line({"name": name, "role": role, "password": kept}))
    return 0


def _password() -> str:
    from alertd.web.passwords import LONGEST, SHORTEST

    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    else:
        password = sys.stdin.readline(LONGEST_LINE).rstrip("\r\n")
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password of {SHORTEST} to {LONGEST} characters is wanted")
    return str(password)

"""The command line: finds the command, turns errors into one line and an exit code.

0 done · 1 it found something wrong · 2 usage or configuration error.
"""

import importlib
import os
import sys

import click

from alertd import __version__
from alertd.cli.output import complain
from alertd.errors import AlertdError

COMMANDS = {
    "demo": "alertd.cli.demo",
    "run": "alertd.cli.run",
    "poll": "alertd.cli.poll",
    "check": "alertd.cli.check",
    "init": "alertd.cli.init",
    "simulate": "alertd.cli.simulate",
    "alerts": "alertd.cli.alerts",
    "instruments": "alertd.cli.instruments",
    "rules": "alertd.cli.rules",
    "deliveries": "alertd.cli.deliveries",
    "db": "alertd.cli.db",
}
"""Command → its module, which holds it as `command` and imports what it needs only when it runs."""


class Commands(click.Group):
    """A group whose commands are imported when they are looked at."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a first acquaintance."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None where there is none, which click reports with a suggestion."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="alertd")
def cli() -> None:
    """Watch a fleet of Cirrus noise monitors and tell people, once, when one needs a hand."""


def main() -> None:
    """The console script's entry."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; its exit code. Every error is printed, none is raised."""
    try:
        code = cli.main(args=arguments, prog_name="alertd", standalone_mode=False)
        sys.stdout.flush()
    except AlertdError as error:
        for line in str(error).splitlines():
            complain(line)
        return error.exit_code
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "alertd"
        complain(f"{where}: {error.format_message()} (see {where} --help)")
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone: nothing is wrong, and nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("ALERTD_DEBUG"):
            raise
        complain(f"alertd: a fault in alertd itself: {type(error).__name__}: {error} (ALERTD_DEBUG=1 shows where)")
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()

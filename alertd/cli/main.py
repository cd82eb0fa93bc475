"""The command line: finds a command's module, runs it, and turns errors into one line and an exit code.

0 done · 1 it found something wrong · 2 usage or configuration error.
"""

import importlib
import os
import sys
from pathlib import Path

import click

from alertd import __version__
from alertd.cli.output import abandon, complain
from alertd.errors import AlertdError, ConfigError

COMMANDS = {
    "demo": "alertd.cli.demo",
    "run": "alertd.cli.run",
    "poll": "alertd.cli.poll",
    "check": "alertd.cli.check",
    "test": "alertd.cli.test",
    "init": "alertd.cli.init",
    "simulate": "alertd.cli.simulate",
    "alerts": "alertd.cli.alerts",
    "instruments": "alertd.cli.instruments",
    "rules": "alertd.cli.rules",
    "silence": "alertd.cli.silence",
    "ack": "alertd.cli.ack",
    "route": "alertd.cli.route",
    "why": "alertd.cli.why",
    "deliveries": "alertd.cli.deliveries",
    "replay": "alertd.cli.replay",
    "render": "alertd.cli.render",
    "drill": "alertd.cli.drill",
    "suggest": "alertd.cli.suggest",
    "passwd": "alertd.cli.passwd",
    "token": "alertd.cli.token",
    "audit": "alertd.cli.audit",
    "webhooks": "alertd.cli.webhooks",
    "schema": "alertd.cli.schema",
    "db": "alertd.cli.db",
}
"""Command → its module, which holds it as `command` and imports what it needs only when it runs."""

LAST_STREAM = 2
"""The number of stderr; 0 is stdin's, 1 stdout's."""


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
    _mend_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; its exit code. Every error is printed, none is raised."""
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Whoever read our output has gone: nothing is wrong, and nothing more can be printed.
        abandon(sys.stdout)
        return 0
    except OSError as error:
        abandon(sys.stdout)
        complain(f"alertd: {error.filename or 'the output'}: {error.strerror or error}")
        return 1
    except Exception as error:
        if os.environ.get("ALERTD_DEBUG"):
            raise
        complain(f"alertd: a fault in alertd itself: {type(error).__name__}: {error} (ALERTD_DEBUG=1 shows where)")
        return 1


def _run(arguments: list[str]) -> int:
    """The exit code; errors that a person can act on are printed."""
    try:
        code = cli.main(args=arguments, prog_name="alertd", standalone_mode=False)
        sys.stdout.flush()
    except ConfigError as error:
        for mistake in error.mistakes:
            complain(mistake)
        return error.exit_code
    except AlertdError as error:
        complain(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "alertd"
        text = " ".join(error.format_message().split())  # click lists choices in lines of their own
        complain(f"{where}: {text} (see {where} --help)")
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except SystemExit as error:  # click's own, where whoever read the output has gone
        raise BrokenPipeError from error
    return code if isinstance(code, int) else 0


def _mend_streams() -> None:
    """Print everywhere: to nobody where a stream was closed, and with escapes where its encoding has no such sign."""
    while (spare := os.open(os.devnull, os.O_RDWR)) <= LAST_STREAM:
        pass  # a closed one's number would go to the next file that is opened: the database, say
    os.close(spare)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - stays open to the end
        else:
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()

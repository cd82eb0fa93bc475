"""How commands print: JSON, tables, and one line on stderr for each thing that is wrong."""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TextIO

import click

LONGEST_CELL = 200
"""Characters of one cell of a table; JSON has the whole."""

_UNSEEN = re.compile(r"[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""What json leaves as it is and a terminal may obey; escaped it is the same JSON."""


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    emit(_UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table as wide as the terminal; where there is none each row is one line, however long."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    class Output(Console):
        def on_broken_pipe(self) -> None:
            """As with every other way to print."""
            abandon(sys.stdout)

    on_terminal = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=not on_terminal)
    for row in rows:
        # Text, not markup: a monitor may be called "[red]".
        table.add_row(*(Text(_short(printable(cell))) for cell in row))
    width = None if on_terminal else 2 * LONGEST_CELL * len(columns)
    Output(width=width, highlight=False).print(table)


def say(text: object) -> None:
    """One line on stdout."""
    emit(printable(str(text)))


def complain(text: object) -> None:
    """One line on stderr."""
    emit(printable(str(text)), err=True)


def emit(text: str, *, end: str = "\n", err: bool = False) -> None:
    """Text as it is. Where nobody reads it any more it goes nowhere: what a command found out is in its exit code."""
    try:
        click.echo(text + end, nl=False, err=err)
    except BrokenPipeError:
        abandon(sys.stderr if err else sys.stdout)


def abandon(stream: TextIO) -> None:
    """Let what could not be written go nowhere, or Python would complain of it once more at its end."""
    with suppress(OSError):  # a stream that is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def printable(text: str) -> str:
    """Without control characters: a hostile name must not steer a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"

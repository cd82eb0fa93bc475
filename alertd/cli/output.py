"""How commands print: JSON, tables, and one line on stderr for each thing that is wrong."""

import json
import sys
from collections.abc import Iterable, Sequence

import click


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table as wide as the terminal, or as wide as it needs to be where there is none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, not markup: a monitor may be called "[red]".
        table.add_row(*(Text(printable(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(table)


def complain(text: object) -> None:
    """One line on stderr."""
    click.echo(printable(str(text)), err=True)


def printable(text: str) -> str:
    """Without control characters: a hostile name must not steer a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)

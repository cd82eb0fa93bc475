"""`alertd schema`: what the files may hold, for editors."""

import click

from alertd.cli.options import json_option
from alertd.cli.output import print_json

KINDS = ("config", "rules", "tests")


@click.command("schema")
@json_option
@click.argument("kind", type=click.Choice(KINDS), metavar="config|rules|tests")
def command(kind: str, as_json: bool) -> int:  # noqa: ARG001 - it is JSON anyway
    """Print the JSON Schema (draft 2020-12) of config.yaml, of rule files, or of their tests."""
    from alertd.daemon.schemas import schemas

    print_json(schemas()[kind])
    return 0

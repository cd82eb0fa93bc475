"""`alertd audit`: who changed what through the web pages and interfaces."""

from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table, say


@click.command("audit")
@config_option
@json_option
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="At most so many.")
def command(config: Path, as_json: bool, limit: int) -> int:
    """List who changed what through the web, newest first."""
    from alertd.cli.opening import open_to_look
    from alertd.present import change_json, short_time

    with open_to_look(config) as (_, store):
        changes = store.changes(limit)
    if as_json:
        print_json([change_json(change) for change in changes])
        return 0
    rows = [(short_time(each.at), each.who, each.via, each.address, each.what, each.about) for each in changes]
    if rows:
        print_table(["WHEN (UTC)", "WHO", "VIA", "FROM", "WHAT", "ABOUT"], rows)
    else:
        say("nobody changed anything through the web")
    return 0

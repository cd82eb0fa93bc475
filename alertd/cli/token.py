"""`alertd token`: a new token for a program, shown once; the config keeps its hash."""

import click

from alertd.cli.output import complain, say


@click.command("token")
@click.argument("name")
@click.option(
    "--scope", type=click.Choice(["viewer", "operator"]), default="viewer", show_default=True, help="What it may do."
)
@click.option("--for", "lasts", metavar="TIME", default="90d", show_default=True, help="How long it counts.")
def command(name: str, scope: str, lasts: str) -> int:
    """Make a token called NAME, print it, and print the lines of the config that let it in.

    It is shown this once. A program sends it as `Authorization: Bearer TOKEN`.
    """
    from alertd.cli.words import config_name, yaml_line
    from alertd.clock import wall
    from alertd.daemon.words import span
    from alertd.errors import UsageError
    from alertd.web.tokens import new_token, token_hash

    name = config_name(name)
    try:
        until = (wall() + span("--for", lasts)).date()
    except OverflowError:
        raise UsageError(f"--for: {lasts} is longer than the calendar") from None
    token = new_token()
    say(token)
    complain("The token is shown this once. What config.yaml keeps of it:")
    say("http:")
    say("  tokens:")
    say("    - " + yaml_line({"name": name, "scope": scope, "until": until.isoformat(), "hash": token_hash(token)}))
    return 0

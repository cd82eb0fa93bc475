"""`alertd why`: what a rule says of a monitor, and why; who was told, and what kept others from hearing."""

from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, say


@click.command("why")
@click.argument("serial")
@click.argument("rule")
@config_option
@json_option
@click.option("--at", "at_text", metavar="TIME", help="As of then: an ISO 8601 time, or 2h for so long ago.")
def command(serial: str, rule: str, config: Path, as_json: bool, at_text: str | None) -> int:
    """Say why RULE fires, or does not, on the monitor with this SERIAL.

    Of alertd's own alerts SERIAL is what it is about: alertd why field-mail TargetFailing.
    """
    from alertd.cli.opening import open_if_there, rules_to_look
    from alertd.cli.why_words import lines
    from alertd.clock import wall
    from alertd.config.load import load_config
    from alertd.daemon.asked import earlier
    from alertd.daemon.why import why
    from alertd.present_why import reasons_json

    now = wall()
    at = now if at_text is None else earlier("--at", at_text, now)
    loaded = load_config(config)
    with open_if_there(loaded) as store:
        reasons = why(loaded, store, rules_to_look(loaded), (serial, rule), now=now, at=at)
    if as_json:
        print_json(reasons_json(reasons, loaded))
    else:
        for line in lines(reasons, loaded):
            say(line)
    return 0

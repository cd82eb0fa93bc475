"""`alertd ack`: somebody has an alert in hand."""

from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, say
from alertd.cli.words import login_name


@click.command("ack")
@click.argument("alert", metavar="ALERT")
@config_option
@json_option
@click.option("--for", "lasts", metavar="TIME", help="So long: 4h. Default: until the alert ends.")
@click.option("--note", metavar="TEXT", default="", help="What you are about to do; readers of messages see it.")
def command(alert: str, config: Path, as_json: bool, lasts: str | None, note: str) -> int:
    """Say that you have ALERT in hand: no reminders, and nobody further is told; its ending still is.

    ALERT is an id from `alertd alerts`, or RULE/SERIAL; of alertd's own alerts NAME/WHAT: TargetFailing/field-mail.
    """
    from alertd.cli.opening import open_to_look
    from alertd.clock import wall
    from alertd.daemon.acking import acknowledge
    from alertd.daemon.words import brief, span
    from alertd.present import acked_json, time_text

    now = wall()
    if lasts is not None:
        span("--for", lasts)  # what is wrong with the words is said before anything is opened
    brief("--note", note)
    with open_to_look(config) as (_, store):
        ack = acknowledge(store, alert, by=login_name(), lasts=lasts, note=note, now=now)
    if as_json:
        print_json(acked_json(ack))
    else:
        until_when = f"until {time_text(ack.until)}" if ack.until else "until it ends"
        say(f"{ack.rule}/{ack.subject} is acknowledged by {ack.by} {until_when}")
    return 0

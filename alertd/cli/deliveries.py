"""`alertd deliveries`: what was sent, what waits, what was given up."""

from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table, say


@click.command("deliveries")
@config_option
@json_option
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="At most so many.")
@click.option("--target", help="Only those to this target.")
@click.option(
    "--state",
    type=click.Choice(["queued", "leased", "delivered", "superseded", "dead"]),
    help="Only those in this state.",
)
def command(config: Path, as_json: bool, limit: int, target: str | None, state: str | None) -> int:
    """List messages, newest first."""
    from alertd.cli.opening import open_to_look
    from alertd.model import DeliveryState
    from alertd.present import delivery_json, short_time

    with open_to_look(config) as (_, store):
        wanted = DeliveryState(state) if state else None
        deliveries = store.deliveries(limit=limit, state=wanted, target=target)
    if as_json:
        print_json([delivery_json(delivery) for delivery in deliveries])
        return 0
    rows = [
        (
            str(delivery.id),
            delivery.state.value,
            delivery.target,
            delivery.reason.value,
            delivery.message.title,
            short_time(delivery.decided_at),
            str(delivery.attempts),
            delivery.error,
        )
        for delivery in deliveries
    ]
    if rows:
        print_table(["ID", "STATE", "TARGET", "REASON", "TITLE", "DECIDED (UTC)", "TRIES", "ERROR"], rows)
    else:
        say("no messages")
    return 0

"""`alertd ack`: somebody has an alert in hand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, say
from alertd.cli.words import brief, login_name, span
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.alerts.flapping import Episode
    from alertd.model import Alert
    from alertd.store.store import Store


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
    from alertd.notify.standing import Ack
    from alertd.present import ack_json, time_text

    now = wall()
    until = now + span("--for", lasts) if lasts is not None else None
    with open_to_look(config) as (_, store):
        found, episode = _in_hand(store, alert)
        ack = Ack(
            alert_id=found.id,
            rule=found.rule,
            subject=found.subject,
            by=login_name(),
            at=now,
            until=until,
            note=brief("--note", note),
            severity=found.severity if episode is None else max(found.severity, episode.severity),
        )
        ack = store.standing.add_ack(ack)
    if as_json:
        print_json({"id": ack.alert_id, "alertname": ack.rule, "subject": ack.subject, "acknowledged": ack_json(ack)})
    else:
        until_when = f"until {time_text(until)}" if until else "until it ends"
        say(f"{ack.rule}/{ack.subject} is acknowledged by {ack.by} {until_when}")
    return 0


def _in_hand(store: "Store", text: str) -> "tuple[Alert, Episode | None]":
    """The alert of this name that fires; while it flaps the newest one, whatever its state, and the flapping."""
    from alertd.model import State

    by_id = store.alert(text)
    rule, _, subject = text.partition("/")
    key = (by_id.rule, by_id.subject) if by_id is not None else (rule, subject)
    episodes = (each for each in store.standing.episodes() if each.ended_at is None)
    episode = next((each for each in episodes if (each.rule, each.subject) == key), None)
    if episode is not None and (newest := store.alert(episode.alert_id)) is not None:
        return newest, episode
    alive = by_id or next((each for each in store.active_alerts() if (each.rule, each.subject) == key), None)
    if alive is None:
        raise UsageError(f"nothing fires as {text}: alertd alerts lists what does, by id or as RULE/SERIAL")
    if alive.shadow:
        raise UsageError(
            f"{alive.rule}/{alive.subject} is in shadow, so nobody was told: there is nothing to acknowledge"
        )
    if alive.state is not State.FIRING:
        state = "is pending, so nobody was told yet" if alive.state is State.PENDING else "is over"
        raise UsageError(f"{alive.rule}/{alive.subject} {state}: there is nothing to acknowledge")
    return alive, None

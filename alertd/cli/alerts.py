"""`alertd alerts`: what needs a hand now."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from alertd.daemon.muting import Muting, Stand
    from alertd.model import Alert, Told
    from alertd.present import Json
    from alertd.store.store import Store


@click.command("alerts")
@config_option
@json_option
@click.option("--all", "all_", is_flag=True, help="Resolved ones too.")
@click.option("--state", type=click.Choice(["pending", "firing", "resolved"]), help="Only those in this state.")
def command(config: Path, as_json: bool, all_: bool, state: str | None) -> int:
    """List alerts: pending and firing ones, and what flaps, newest first; in shadow with --all or --state only."""
    from alertd.cli.opening import open_to_look, rules_to_look
    from alertd.clock import wall
    from alertd.daemon.muting import Muting

    with open_to_look(config) as (loaded, store):
        muting = Muting.look(store, loaded.settings, rules_to_look(loaded), wall())
        alerts = _wanted(store, muting, state, all_=all_)
        told = store.told([alert.id for alert in alerts])
    if as_json:
        print_json(alerts_json(alerts, told, muting))
    else:
        print_alerts(alerts, told, muting)
    return 0


def alerts_json(alerts: "Iterable[Alert]", told: "Iterable[Told]", muting: "Muting") -> "list[Json]":
    """Alerts as every command prints them."""
    from alertd.present import alert_json, told_by_alert

    by_alert = told_by_alert(told)
    return [alert_json(alert, by_alert.get(alert.id, ()), muting.stand(alert)) for alert in alerts]


def print_alerts(alerts: "Sequence[Alert]", told: "Iterable[Told]", muting: "Muting") -> None:
    """The same as a table."""
    from alertd.present import short_time, told_by_alert

    by_alert = told_by_alert(told)
    rows = [
        (
            alert.state.value + _marks(alert, muting),
            alert.severity.word,
            alert.rule,
            f"{alert.name} ({alert.subject})" if alert.name else alert.subject,
            alert.explanation,
            short_time(alert.fired_at or alert.active_at),
            short_time(alert.resolved_at),
            ", ".join(each.target for each in by_alert.get(alert.id, ()) if each.firing_at),
            "; ".join(_stand_words(muting.stand(alert))),
        )
        for alert in alerts
    ]
    if rows:
        columns = ["STATE", "SEVERITY", "RULE", "INSTRUMENT", "WHY", "SINCE (UTC)", "UNTIL", "TOLD", "STANDS"]
        print_table(columns, rows)
    else:
        say("no alerts")


def _wanted(store: "Store", muting: "Muting", state: str | None, *, all_: bool) -> "list[Alert]":
    from alertd.daemon.listing import alerts_now
    from alertd.model import State

    if not state and not all_:
        return alerts_now(store, muting)
    states = [State(state)] if state else list(State)
    return [alert for alert in store.alerts(states=states) if alert.state is not State.RESOLVED or alert.fired_at]


def _marks(alert: "Alert", muting: "Muting") -> str:
    return (" (no data)" if alert.stale_since else "") + (" (shadow)" if muting.in_shadow(alert) else "")


def _stand_words(stand: "Stand") -> "Iterable[str]":
    from alertd.present import short_time

    if stand.flapping:
        yield f"flaps: {stand.changes} changes"
    if stand.ack is not None:
        until = f" until {short_time(stand.ack.until)}" if stand.ack.until else ""
        yield f"acknowledged by {stand.ack.by}{until}"
    yield from stand.muted_by

"""`alertd alerts`: what needs a hand now."""

from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table, say


@click.command("alerts")
@config_option
@json_option
@click.option("--all", "all_", is_flag=True, help="Resolved ones too.")
@click.option("--state", type=click.Choice(["pending", "firing", "resolved"]), help="Only those in this state.")
def command(config: Path, as_json: bool, all_: bool, state: str | None) -> int:
    """List alerts: pending and firing ones, newest first."""
    from alertd.cli.opening import open_to_look
    from alertd.model import State
    from alertd.present import alert_json, short_time, told_by_alert

    states = [State(state)] if state else list(State) if all_ else [State.PENDING, State.FIRING]
    with open_to_look(config) as (_, store):
        alerts = [alert for alert in store.alerts(states=states) if alert.state is not State.RESOLVED or alert.fired_at]
        told = told_by_alert(store.told([alert.id for alert in alerts]))
    if as_json:
        print_json([alert_json(alert, told.get(alert.id, ())) for alert in alerts])
        return 0
    rows = [
        (
            alert.state.value + (" (no data)" if alert.stale_since else ""),
            alert.severity.word,
            alert.rule,
            f"{alert.name} ({alert.subject})" if alert.name else alert.subject,
            alert.explanation,
            short_time(alert.fired_at or alert.active_at),
            short_time(alert.resolved_at),
            ", ".join(each.target for each in told.get(alert.id, ()) if each.firing_at),
        )
        for alert in alerts
    ]
    if rows:
        print_table(["STATE", "SEVERITY", "RULE", "INSTRUMENT", "WHY", "SINCE (UTC)", "UNTIL", "TOLD"], rows)
    else:
        say("no alerts")
    return 0

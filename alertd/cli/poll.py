"""`alertd poll`: one whole cycle."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json, say

if TYPE_CHECKING:
    from alertd.daemon.compose import Parts
    from alertd.daemon.cycle import CycleReport


@click.command("poll")
@config_option
@json_option
def command(config: Path, as_json: bool) -> int:
    """Read every source once, judge, tell what is due, and say what happened.

    For cron, for tests and for a first look. Exits 1 where a source or a delivery failed.
    """
    from alertd.cli.logging import start_logging
    from alertd.cli.opening import complain_of_owed
    from alertd.daemon.compose import compose
    from alertd.daemon.cycle import cycle
    from alertd.daemon.setup import load_setup
    from alertd.daemon.stores import open_for_work

    setup = load_setup(config)
    start_logging(setup.settings.logging, stream=sys.stderr, quiet=True)
    store = open_for_work(setup.config)
    try:
        parts = compose(setup, store)
        report = cycle(parts)
        parts.client.close()
        _say_failures(report)
        complain_of_owed(store, frozenset(parts.targets))
        if as_json:
            print_json(_report_json(parts, report))
        else:
            _print_report(parts, report)
    finally:
        store.close()
    return 0 if report.went_well else 1


def _say_failures(report: "CycleReport") -> None:
    from alertd.notify.render_words import count

    for each in report.rounds:
        if each.failure:
            complain(f"{each.source}: {each.failure}")
        for serial, why in each.contained:
            complain(f"warning: {each.source} of {serial}: {why}")
    for attempt in report.attempts:
        if not attempt.delivered:
            complain(f"{attempt.delivery.target}: {attempt.error} ({attempt.delivery.message.title})")
    if report.waiting:
        complain(f"{count(report.waiting, 'message waits', 'messages wait')} in the outbox for the next poll")


def _report_json(parts: "Parts", report: "CycleReport") -> dict[str, object]:
    from alertd.cli.alerts import alerts_json
    from alertd.daemon.muting import Muting
    from alertd.model import State
    from alertd.present import delivery_json, transition_json

    store, setup = parts.store, parts.setup
    muting = Muting.look(store, setup.settings, setup.rules, parts.clock())
    active = [a for a in store.alerts(states=[State.PENDING, State.FIRING]) if not muting.in_shadow(a)]
    told = store.told([alert.id for alert in active])
    return {
        "sources": [
            {
                "source": each.source,
                "asked": each.asked,
                "answered": each.answered,
                "failure": each.failure or None,
                "refused": dict(each.contained),
            }
            for each in report.rounds
        ],
        "transitions": [transition_json(step) for each in report.rounds for step in each.transitions],
        "alerts": alerts_json(active, told, muting),
        "deliveries": [
            {**delivery_json(attempt.delivery), "delivered": attempt.delivered, "error": attempt.error}
            for attempt in report.attempts
        ],
        "waiting": report.waiting,
    }


def _print_report(parts: "Parts", report: "CycleReport") -> None:
    from alertd.model import State
    from alertd.notify.groups import in_shadow

    for each in report.rounds:
        listed = f"{each.answered} listed"
        state = listed if each.source == "instruments" else f"{each.answered} of {each.asked} answered"
        say(f"{each.source}: {'failed' if each.failure else state}")  # why is on stderr
    for attempt in report.attempts:
        outcome = "told" if attempt.delivered else "not told"
        say(f"{attempt.delivery.target} {outcome}: {attempt.delivery.message.title}")
    shadow = parts.setup.routing.shadow
    active = [a for a in parts.store.alerts(states=[State.PENDING, State.FIRING]) if not in_shadow(a, shadow)]
    firing = sum(alert.state is State.FIRING for alert in active)
    say(f"{firing} firing, {len(active) - firing} pending")

"""`alertd drill`: proves that messages arrive, before one has to."""

import sys
from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json, say


@click.command("drill")
@config_option
@json_option
@click.option("--rule", default="", metavar="RULE", help="As an alert of this rule would go. Default: to every target.")
@click.option("--instrument", default="", metavar="SERIAL", help="About this monitor. Default: the first one watched.")
@click.option("--receiver", default="", metavar="NAME", help="To this receiver's targets, wherever the routes lead.")
def command(config: Path, as_json: bool, rule: str, instrument: str, receiver: str) -> int:
    """Send a message that says it is a drill through the real channels, once to each target.

    Nothing holds it back, and it says what would have. Exits 1 where a target did not take it.
    """
    from alertd.cli.logging import start_logging
    from alertd.cli.opening import open_if_there
    from alertd.clock import wall
    from alertd.daemon.drill import Wish, drill
    from alertd.daemon.setup import load_setup
    from alertd.notify.render_words import count
    from alertd.present import tried_json

    setup = load_setup(config)
    start_logging(setup.settings.logging, stream=sys.stderr, quiet=True)
    with open_if_there(setup.config) as store:
        done = drill(setup, store, Wish(rule=rule, instrument=instrument, receiver=receiver), wall())
    tried = done.tried
    for warning in done.warnings:
        complain(f"warning: {warning}")
    if as_json:
        print_json([tried_json(each) for each in tried])
    for each in tried if not as_json else ():
        say(f"{each.target}: {'delivered' if each.delivered else each.error}")
        if each.muted_by:
            say(f"  a real message would be held back now: {', '.join(each.muted_by)}")
    for failure in dict.fromkeys(str(failure) for each in tried for failure in each.failures):
        complain(f"warning: the shipped text stood in: {failure}")
    if not tried:
        complain("warning: there is no target to try")
    failed = sum(not each.delivered for each in tried)
    if failed:
        complain(f"{failed} of {count(len(tried), 'target', 'targets')} did not take it")
    return 1 if failed else 0

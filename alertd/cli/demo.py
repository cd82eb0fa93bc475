"""`alertd demo`: the whole thing on this machine, with nothing configured."""

import os
import signal
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

import click

from alertd.cli.output import complain
from alertd.cli.simulate import FASTEST

LASTS = "95s"
SPEED = 720
"""An hour passes in five seconds, and nineteen of them hold everything that the demo's fleet has to show."""


def _duration(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    from alertd.config.durations import parse_duration

    try:
        span = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if not timedelta(0) < span <= timedelta(days=1):
        raise click.BadParameter("more than nothing and at most a day")
    return span


@click.command("demo")
@click.option("--for", "lasts", default=LASTS, metavar="TIME", callback=_duration, help=f"Default: {LASTS}.")
@click.option(
    "--speed",
    type=click.IntRange(1, FASTEST),
    default=SPEED,
    metavar="N",
    help=f"How many times as fast as life. Default: {SPEED}, an hour in five seconds.",
)
@click.option("--stay", is_flag=True, help="Go on afterwards, as fast as life, until Ctrl-C.")
def command(lasts: timedelta, speed: int, *, stay: bool) -> int:
    """Watch twelve simulated monitors for a night that takes a minute and a half.

    What goes wrong there, how it ends, and the very messages that mail, Slack and Teams get of it, here on the
    console; and a page at the address that it prints first. Needs no account, no network and no configuration, and
    leaves nothing behind.
    """
    from alertd.cli.demo_console import Console
    from alertd.cli.logging import start_logging
    from alertd.clock import wall
    from alertd.config.settings import Logging
    from alertd.daemon.demo import open_demo
    from alertd.mycirrus.simulator.fleet import load_fleet

    stop = _stop_on_signals()
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"  # a company's proxy does not know this machine
    start_logging(Logging(), stream=sys.stderr, quiet=True)
    fleet = load_fleet()
    console = Console(fleet)
    try:
        console.introduce(lasts * speed, speed)
        with (
            tempfile.TemporaryDirectory(prefix="alertd-demo-") as folder,
            open_demo(Path(folder), fleet, wall(), speed, console.show) as demo,
        ):
            console.invite(demo.address)
            demo.run(lasts * speed, stop)
            console.conclude(demo.stories())
            if stay and not stop.is_set():
                console.stay(demo.address)
                demo.stay(stop)
            for failure in demo.failures:
                complain(failure)
    except BrokenPipeError:  # nobody reads on; click would end with 1
        return 0
    return 1 if demo.failures else 0


def _stop_on_signals() -> threading.Event:
    """Set by the first signal, which ends the demo in order; the second one ends it at once."""
    stop = threading.Event()

    def note(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return stop

"""`alertd demo`: the whole thing on this machine, with nothing configured."""

import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

import click


@click.command("demo")
@click.option(
    "--for", "seconds", type=click.FloatRange(1, 86_400), default=90, metavar="S", help="Seconds. Default: 90."
)
@click.option(
    "--speed", type=click.FloatRange(1, 100_000), default=960, metavar="N", help="Default: 960, a day in 90 s."
)
def command(seconds: float, speed: float) -> int:
    """A day of twelve simulated monitors in a minute and a half: what goes wrong, and the messages that it brings.

    Needs no account, no network and no configuration, and leaves nothing behind.
    """
    from datetime import timedelta

    from alertd.cli.logging import start_logging
    from alertd.clock import wall
    from alertd.config.settings import Logging
    from alertd.daemon.demo import open_demo
    from alertd.mycirrus.simulator.fleet import load_fleet

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    start_logging(Logging(), stream=sys.stderr, quiet=True)
    fleet = load_fleet()
    with (
        tempfile.TemporaryDirectory(prefix="alertd-demo-") as folder,
        open_demo(Path(folder), fleet, wall(), speed, lambda at, what: click.echo(f"{at:%a %H:%M} {what}")) as demo,
    ):
        demo.run(timedelta(seconds=seconds), stop)
    return 0

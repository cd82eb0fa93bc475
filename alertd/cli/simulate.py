"""`alertd simulate`: MyCirrus on this machine, with a made-up fleet behind it."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.output import say

if TYPE_CHECKING:
    from alertd.mycirrus.simulator.simulator import Simulator

FASTEST = 100_000
"""More hours in a second than anybody can look at."""


@click.command("simulate")
@click.option("--fleet", type=click.Path(path_type=Path), metavar="FILE", help="A fleet file. Default: the demo's.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Default: any that is free.")
@click.option("--key", metavar="KEY", help="The API key to ask for. Default: the one it prints.")
@click.option(
    "--speed",
    type=click.IntRange(1, FASTEST),
    default=1,
    metavar="N",
    help="Tell the fleet's story N times as fast: with 600, an hour in six seconds. Default: 1.",
)
def command(fleet: Path | None, port: int, key: str | None, speed: int) -> int:
    """Answer as MyCirrus does, for a made-up fleet, until Ctrl-C.

    On this machine only. Records carry the real time at which they came about, at any speed.
    """
    from alertd.errors import UsageError
    from alertd.mycirrus.simulator.fleet import DEMO_FLEET, load_fleet
    from alertd.mycirrus.simulator.server import KEY
    from alertd.mycirrus.simulator.simulator import serve

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
    story = load_fleet(fleet or DEMO_FLEET)
    try:
        serve(story, lambda simulator: _announce(simulator, speed), port=port, key=key or KEY, speed=speed)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        raise UsageError(f"port {port} cannot be used: {error.strerror or error}") from error
    return 0


def _announce(simulator: "Simulator", speed: int) -> None:
    """What a person needs to ask it, in the words of a config.yaml."""
    from alertd.notify.render_words import count

    pace = "" if speed == 1 else f", {speed} times as fast as life"
    monitors = count(len(simulator.fleet.monitors), "monitor", "monitors")
    say(f"# MyCirrus with {monitors}, until Ctrl-C{pace}. For a config.yaml:")
    say("mycirrus:")
    say(f"  base_url: {simulator.base_url}")
    say(f"  api_key: {simulator.key}")

"""What a newcomer reads while `alertd demo` runs. Plain text; coloured on a terminal alone."""

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from alertd.cli.output import printable
from alertd.config.durations import format_duration
from alertd.daemon.demo import Hour, Story, Turn
from alertd.daemon.demo_sinks import Arrived
from alertd.daemon.demo_site import ADDRESSEES
from alertd.model import TransitionKind
from alertd.mycirrus.simulator.script import Fleet
from alertd.notify.render_words import count

WIDEST = 100
"""Columns; longer lines are hard to read."""
NARROWEST = 40

CHANNELS = {"email": "e-mail", "slack": "Slack", "teams": "Teams"}

_WORDS = {
    TransitionKind.FIRED: ("BEGINS", "red"),
    TransitionKind.ESCALATED: ("WORSE", "red"),
    TransitionKind.EASED: ("BETTER", "yellow"),
    TransitionKind.STALE: ("SILENT", "yellow"),
    TransitionKind.RESOLVED: ("ENDS", "green"),
}
"""What is shown, and how; the rest is on record."""

_SILENT = "its state is unknown, so the alert neither ends nor begins anew"

_MARGIN = "    "
_BAR = "    | "


class Console:
    """Prints what the demo shows."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._names = {monitor.serial: monitor.name for monitor in fleet.monitors}
        self._width = min(WIDEST, max(NARROWEST, shutil.get_terminal_size((WIDEST, 24)).columns))
        self._after_message = False

    def introduce(self, span: timedelta, speed: int) -> None:
        """Say what is to be seen, and how to read it."""
        monitors = self._fleet.monitors
        sites = list(dict.fromkeys(monitor.site for monitor in monitors))
        self._say(
            f"alertd demo: {format_duration(span)} in the life of "
            f"{count(len(monitors), 'noise monitor', 'noise monitors')} at {count(len(sites), 'site', 'sites')}, "
            "simulated on this machine. Nothing leaves it, and nothing stays on it."
        )
        self._say("")
        for site in sites:
            names = ", ".join(monitor.name for monitor in monitors if monitor.site == site)
            self._say(f"  {site:15}{names}", hang=17)
        self._say("")
        self._say(
            "alertd asks how they are every five minutes, judges the answers by the rules that it ships, and tells "
            "people. "
            f"Time runs {speed} times as fast: an hour passes in {3600 / speed:.3g} s, and all is over after "
            f"{span.total_seconds() / speed:.3g} s (Ctrl-C ends it sooner). Times at the left are UTC. Below each turn "
            "of an alert stand the messages that it brings, word for word as they arrive:"
        )
        self._say("")
        for each in ADDRESSEES:
            self._say(f"  {CHANNELS[each.channel]:8}{each.target:14}{each.hears_of}", hang=24)
        self._say("")

    def invite(self, address: str) -> None:
        """Say where it can be looked at while it lasts."""
        self._say(f"Open {address} to look on in a browser.")
        self._say("")

    def stay(self, address: str) -> None:
        """Say that it goes on."""
        self._say("")
        self._say(f"From here on time runs as ever. {address} stays until Ctrl-C.")

    def show(self, at: datetime, what: Turn | Arrived | Hour) -> None:
        """One thing that happened."""
        match what:
            case Turn():
                self._turn(at, what)
            case Arrived():
                self._message(what)
            case Hour():
                self._hour(at, what)

    def conclude(self, stories: Sequence[Story]) -> None:
        """Say who was told what, and what to do next."""
        ended = sum(story.alert.resolved_at is not None for story in stories)
        self._say("")
        self._say(
            f"{count(len(stories), 'alert', 'alerts')} began and {ended} ended. Who was told of each, and of its end:"
        )
        self._say("")
        for story in stories:
            self._say(_line(story), hang=54)
        self._say("")
        self._say("Next, to look round its pages at leisure, or for monitors of your own:")
        self._say("")
        self._say(f"  {_command()} demo --stay    this again, and its page stays until Ctrl-C")
        self._say(f"  {_command()} init site      a configuration, rules and templates to start from")

    def _turn(self, at: datetime, turn: Turn) -> None:
        known = _WORDS.get(turn.transition.kind)
        if known is None or turn.alert.fired_at is None:
            return
        alert, (word, colour) = turn.alert, known
        why = _SILENT if turn.transition.kind is TransitionKind.STALE else turn.transition.explanation
        who = f"{alert.rule} ({turn.transition.severity.word}) · {alert.name} ({alert.subject})"
        self._say(f"{at:%a %H:%M}  {word:7} {who}: {why}", hang=19, colour=colour, bold=True)

    def _hour(self, at: datetime, hour: Hour) -> None:
        firing = "nothing fires" if not hour.firing else f"{count(hour.firing, 'alert', 'alerts')} firing"
        lowest = f", lowest supply {hour.volts:.2f} V ({self._names.get(hour.lowest, '')})" if hour.lowest else ""
        text = f"{hour.online} of {hour.monitors} monitors online{lowest}, {firing}"
        self._say(f"{at:%a %H:%M}  {text}", hang=11, colour="bright_black")

    def _message(self, message: Arrived) -> None:
        target = next(each.target for each in ADDRESSEES if each.channel == message.channel)
        click.echo()
        self._after_message = True
        _fold(f"{CHANNELS[message.channel]} to {target}:", self._width, first=_MARGIN)
        _fold(message.title, self._width, first=_BAR, rest=_BAR, bold=True)
        for line in ["", *message.body.splitlines()]:
            bar = _BAR + " " * (len(line) - len(line.lstrip()))
            _fold(line.strip(), self._width, first=bar, rest=bar)
        if message.html:
            _fold(f"(and as HTML, {len(message.html.encode()) / 1000:.1f} kB)", self._width, first=_MARGIN)

    def _say(self, text: str, *, hang: int = 0, colour: str | None = None, bold: bool = False) -> None:
        """One line of the demo's own, apart from the message before it."""
        if self._after_message and text:
            click.echo()
        self._after_message = False
        _fold(text, self._width, rest=" " * hang, colour=colour, bold=bold)


def _fold(
    text: str, width: int, *, first: str = "", rest: str = "", colour: str | None = None, bold: bool = False
) -> None:
    """One line, folded where it is too long: it begins with `first`, and what is left over with `rest`."""
    lines = textwrap.wrap(printable(text), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    for line in lines or [first]:
        click.echo(click.style(line.rstrip(), fg=colour, bold=bold or None), color=_colours())


def _line(story: Story) -> str:
    """`15:40-17:20  CalibrationFailed   Harbour crane       office-teams, field-mail`."""
    alert = story.alert
    ended = alert.resolved_at is not None
    until = f"{alert.resolved_at:%H:%M}" if ended else "now"
    owed = set(story.told) - set(story.told_its_end) if ended else set()
    told = [f"{target} (not yet its end)" if target in owed else target for target in story.told]
    return f"  {alert.fired_at:%H:%M}-{until:5}  {alert.rule:18}  {alert.name:18}  {', '.join(told) or 'nobody yet'}"


def _colours() -> bool | None:
    """None leaves it to click, which colours on a terminal alone."""
    return False if os.environ.get("NO_COLOR") else None


def _command() -> str:
    """How this very program is called from here: by its name, or where a shell would not find that, by its path."""
    program = Path(sys.argv[0])
    if program.name != "alertd" or shutil.which("alertd"):
        return "alertd"
    return os.path.relpath(program) if program.is_relative_to(Path.cwd()) else str(program)

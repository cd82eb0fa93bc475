"""`alertd replay`: rules over history, what would have fired and who would have been told."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json, print_table, say
from alertd.daemon.words import past_moment
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.daemon.replay.outcome import Outcome
    from alertd.daemon.replay.replay import Progress
    from alertd.model import Alert
    from alertd.present import Json

LONGEST = timedelta(days=366)

_File = click.Path(path_type=Path)


@click.command("replay")
@config_option
@json_option
@click.option("--since", "since", required=True, metavar="TIME", help="From when on: 30d ago, or an ISO time.")
@click.option("--until", "until", metavar="TIME", help="Up to when: 2h ago, or an ISO time. Default: now.")
@click.option("--rules", multiple=True, type=_File, metavar="FILE", help="Rule files. Default: those of the config.")
@click.option("--against", multiple=True, type=_File, metavar="FILE", help="Rule files to compare with, as of before.")
@click.option("--instruments", multiple=True, metavar="SERIAL...", help="Only these; QT1* is a pattern.")
@click.option(
    "--source",
    type=click.Choice(["store", "api"]),
    help="Where the past is. Default: the store where it has a history of that time, else MyCirrus.",
)
@click.option("--html", type=_File, metavar="FILE", help="Write a page that shows all of it.")
@click.option("--plot", type=_File, metavar="DIR", help="Draw each metric with its limit into a folder, as SVG.")
@click.argument("more", nargs=-1, metavar="")
def command(  # noqa: PLR0913, PLR0917 - a parameter for each option
    config: Path,
    as_json: bool,
    since: str,
    until: str | None,
    rules: tuple[Path, ...],
    against: tuple[Path, ...],
    instruments: tuple[str, ...],
    source: Literal["store", "api"] | None,
    html: Path | None,
    plot: Path | None,
    more: tuple[str, ...],
) -> int:
    """Say what the rules would have done over past records: alerts, their courses, and the messages to whom.

    Nothing is sent or recorded, and a running alertd is not disturbed. Exits 1 where a source could not be read.
    """
    from alertd.cli.logging import start_logging
    from alertd.clock import wall
    from alertd.config.load import load_config
    from alertd.config.settings import Logging
    from alertd.daemon.replay.replay import Asked, replay

    if more and not instruments:
        raise UsageError(f"{more[0]}: serials follow --instruments")
    now = wall()
    start, end = _span(since, until, now)
    for path in (*rules, *against):
        _readable(path)
    start_logging(Logging(level="error"), stream=sys.stderr, quiet=True)
    asked = Asked(
        config=load_config(config),
        start=start,
        end=end,
        rules=rules,
        against=against,
        instruments=(*instruments, *more),
        source=source,
    )
    with _progress() as progress:
        replayed = replay(asked, progress, now=now)
    outcome = replayed.outcome
    for failure in outcome.failures:
        complain(f"{failure}: what is missing of it was left out")
    for warning in outcome.warnings:
        complain(f"warning: {warning}")
    if html is not None:
        from alertd.daemon.replay.page import page_of

        _write(html, page_of(replayed))
    if plot is not None:
        from alertd.daemon.replay.plots import write_plots

        drawn = write_plots(replayed, plot)
        if not as_json:
            say(f"{plot}: {drawn} drawn" if drawn else f"{plot}: nothing to draw")
    if as_json:
        print_json(outcome_json(outcome))
    else:
        _print(outcome)
    return 1 if outcome.failures else 0


def _span(since: str, until: str | None, now: datetime) -> tuple[datetime, datetime]:
    start = past_moment("--since", since, now)
    end = now if until is None else min(now, past_moment("--until", until, now))
    if start >= end:
        raise UsageError("--since: it has to be before --until, and before now")
    if end - start > LONGEST:
        raise UsageError(f"--since: {LONGEST.days} days are the most that is replayed")
    return start, end


def _readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


@contextmanager
def _progress() -> "Iterator[Progress]":
    """A bar on a terminal; nothing anywhere else."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    class Bars:
        def __init__(self, bars: Progress) -> None:
            self._bars = bars
            self._tasks: dict[str, int] = {}

        def show(self, what: str, done: int, total: int) -> None:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=total)
            self._bars.update(self._tasks[what], completed=done, total=total)  # type: ignore[arg-type]

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
        yield Bars(bars)


def outcome_json(outcome: "Outcome") -> "Json":
    """A replay as one object."""
    from alertd.present import time_text, transition_json

    found: dict[str, object] = {
        "since": time_text(outcome.start),
        "until": time_text(outcome.end),
        "source": outcome.source,
        "instruments": [each.serial for each in outcome.fleet],
        "records": outcome.records,
        "notes": list(outcome.notes),
        "warnings": list(outcome.warnings),
        "failures": list(outcome.failures),
        "rules": {
            each.rule: {
                "fired": each.fired,
                "firing_for": each.firing_for.total_seconds(),
                "alerts": [alert.id for alert in each.alerts],
            }
            for each in outcome.sums()
        },
        "alerts": _alerts_json(outcome, outcome.alerts),
        "timelines": {
            alert.id: [transition_json(step) for step in outcome.timelines.get(alert.id, ())]
            for alert in outcome.alerts
        },
        "messages": [
            {
                "at": time_text(each.decided_at),
                "target": each.target,
                "reason": each.reason.value,
                "title": each.message.title,
                "alerts": [says.alert_id for says in each.says],
            }
            for each in outcome.messages
        ],
    }
    if outcome.only_before is not None and outcome.only_after is not None:
        found["only_before"] = _alerts_json(outcome, outcome.only_before)
        found["only_after"] = _alerts_json(outcome, outcome.only_after)
    return found


def _alerts_json(outcome: "Outcome", alerts: "Sequence[Alert]") -> "list[Json]":
    from alertd.daemon.muting import Stand
    from alertd.present import alert_json, told_by_alert

    told = told_by_alert(outcome.told)
    return [alert_json(alert, told.get(alert.id, ()), outcome.stands.get(alert.id, Stand())) for alert in alerts]


def _print(outcome: "Outcome") -> None:
    from alertd.daemon.replay import words

    say(words.headline(outcome))
    for note in outcome.notes:
        say(f"note: {note}")
    say("")
    print_table(words.RULE_COLUMNS, words.rule_rows(outcome))
    if outcome.alerts:
        say("")
        print_table(words.ALERT_COLUMNS, words.alert_rows(outcome))
    if outcome.messages:
        say("")
        print_table(words.MESSAGE_COLUMNS, words.message_rows(outcome))
    if outcome.only_before is not None and outcome.only_after is not None:
        say("")
        rows = list(words.difference_rows(outcome.only_before, outcome.only_after, outcome.end))
        if rows:
            print_table(words.DIFFERENCE_COLUMNS, rows)
        else:
            say("both rule sets give the same alerts")

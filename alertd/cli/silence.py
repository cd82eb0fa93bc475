"""`alertd silence`: hold messages back for a while."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table, say
from alertd.cli.words import login_name
from alertd.errors import UsageError
from alertd.matchers import Matcher

if TYPE_CHECKING:
    from alertd.config.load import Config
    from alertd.notify.silences import Silence, SilenceState
    from alertd.store.store import Store

NAMED = 20
"""Serials that a preview names without `--json`."""


def _matchers(_context: click.Context, _argument: click.Parameter, texts: tuple[str, ...]) -> tuple[Matcher, ...]:
    from alertd.daemon.words import read_matchers

    return read_matchers(texts)


matchers_argument = click.argument("matchers", nargs=-1, required=True, metavar="MATCHER...", callback=_matchers)
"""At least one; a usage error names what is none."""


@click.group("silence")
def command() -> None:
    """Hold messages back for a while: of a site, a monitor, a rule. Endings that are owed go all the same."""


@command.command("add")
@matchers_argument
@config_option
@json_option
@click.option("--for", "lasts", metavar="TIME", help="So long: 2h. With --rrule: each time.")
@click.option("--until", metavar="TIME", help="Until then: 2026-12-01T22:00. With --rrule: the end of the series.")
@click.option("--until-resolved", is_flag=True, help="Until nothing that matches is pending or firing.")
@click.option("--start", metavar="TIME", help="From then on. Default: now.")
@click.option("--rrule", metavar="RRULE", help="Again and again: FREQ=WEEKLY;BYDAY=SA,SU.")
@click.option(
    "--timezone", metavar="ZONE", help="Of times without an offset. Default: UTC; with --rrule each monitor's."
)
@click.option("--reason", metavar="TEXT", required=True, help="Why; it is in the message at the end.")
@click.option("--author", metavar="NAME", help="Who. Default: the login name.")
def add(config: Path, as_json: bool, author: str | None, **asked: Any) -> int:
    """Silence what meets every MATCHER, and print the silence's id.

    A MATCHER is a condition on a label: site="Quarry A", site=Quarry A, site=~Quarry.*, severity!=critical.
    """
    from alertd.cli.opening import open_to_change, open_to_look
    from alertd.clock import wall
    from alertd.daemon.silence_terms import Asked, silence_of
    from alertd.daemon.silencing import add_silence
    from alertd.present import silence_json

    now = wall()
    terms = Asked(author=author or login_name(), **asked)
    silence_of(terms, "", now)  # what is wrong with it is said before anything is opened, or made
    with (open_to_look if terms.until_resolved else open_to_change)(config) as (_, store):
        silence = add_silence(store, terms, now)
    if as_json:
        print_json(silence_json(silence, "active" if silence.starts_at <= now else "pending"))
    else:
        say(silence.id)
    return 0


@command.command("list")
@config_option
@json_option
@click.option("--all", "all_", is_flag=True, help="Expired ones too.")
def list_(config: Path, as_json: bool, all_: bool) -> int:
    """List silences, oldest first."""
    from alertd.cli.opening import open_to_look
    from alertd.clock import wall
    from alertd.present import silence_json

    with open_to_look(config) as (loaded, store):
        every = _with_states(loaded, store, store.standing.silences(), wall())
    stated = [(silence, state) for silence, state in every if all_ or state != "expired"]
    if as_json:
        print_json([silence_json(silence, state) for silence, state in stated])
    elif stated:
        columns = ["ID", "STATE", "MATCHERS", "FROM (UTC)", "UNTIL (UTC)", "AGAIN", "AUTHOR", "REASON"]
        print_table(columns, [_row(silence, state) for silence, state in stated])
    else:
        say("no silences")
    return 0


@command.command("expire")
@click.argument("silence_id", metavar="ID")
@config_option
@json_option
def expire(silence_id: str, config: Path, as_json: bool) -> int:
    """End a silence now; whoever has something to hear of the time since hears it in one message."""
    from alertd.cli.opening import open_to_look
    from alertd.clock import wall
    from alertd.daemon.silencing import expire_silence
    from alertd.present import silence_json, time_text

    with open_to_look(config) as (loaded, store):
        silence = store.standing.silence(silence_id)
        if silence is None:
            raise UsageError(f"there is no silence {silence_id}: alertd silence list names them")
        now = wall()
        ((_, state),) = _with_states(loaded, store, [silence], now)
        expire_silence(store, silence_id, state, now)
        silence = store.standing.silence(silence_id) or silence
    if as_json:
        print_json(silence_json(silence, "expired"))
    else:
        say(f"silence {silence_id} is over since {time_text(now)}")
    return 0


@command.command("preview")
@matchers_argument
@config_option
@json_option
def preview(matchers: tuple[Matcher, ...], config: Path, as_json: bool) -> int:
    """Show what a silence of what meets every MATCHER would hold now: alerts, and monitors that may have some."""
    from alertd.cli.alerts import alerts_json, print_alerts
    from alertd.cli.opening import open_to_look, rules_to_look
    from alertd.clock import wall
    from alertd.daemon.muting import Muting
    from alertd.daemon.silencing import held
    from alertd.notify.render_words import count

    with open_to_look(config) as (loaded, store):
        rules = rules_to_look(loaded)
        muting = Muting.look(store, loaded.settings, rules, wall())
        found = held(store, loaded.settings, rules, matchers, muting)
        alerts, instruments = list(found.alerts), found.instruments
        told = store.told([alert.id for alert in alerts])
    if as_json:
        serials = [each.serial for each in instruments]
        print_json({"alerts": alerts_json(alerts, told, muting), "instruments": serials})
        return 0
    print_alerts(alerts, told, muting)
    serials = [each.serial for each in instruments[:NAMED]] + ["…"] * (len(instruments) > NAMED)
    say(f"{count(len(instruments), 'monitor', 'monitors')}{': ' if serials else ''}{', '.join(serials)}")
    return 0


def _with_states(
    config: "Config", store: "Store", silences: "Iterable[Silence]", now: datetime
) -> "list[tuple[Silence, SilenceState]]":
    """Each with its state; of a series in each monitor's zone by the clocks of the monitors that it covers."""
    from alertd.cli.opening import rules_to_look
    from alertd.daemon.fleet import fleet_of
    from alertd.daemon.silencing import with_states

    silences = list(silences)
    if not any(silence.rrule and not silence.timezone for silence in silences):
        return list(with_states(silences, (), (), now))
    fleet = fleet_of(store.instruments(), config.settings.instruments)
    return list(with_states(silences, fleet, rules_to_look(config), now))


def _row(silence: "Silence", state: "SilenceState") -> tuple[str, ...]:
    from alertd.present import silence_json, span_text

    shown = silence_json(silence, state)
    again = f"{silence.rrule}, {span_text(silence.length)} each" if silence.rrule and silence.length else ""
    ends = "until resolved" if silence.until_resolved and not shown["ends_at"] else _minute(shown["ends_at"])
    zone = f" {silence.timezone}" if again and silence.timezone else ""
    return (
        silence.id,
        state,
        " ".join(map(str, silence.matchers)),
        _minute(shown["starts_at"]),
        ends,
        again + zone,
        silence.author,
        silence.reason,
    )


def _minute(text: object) -> str:
    """`2026-11-24 04:20`."""
    return str(text)[:16].replace("T", " ") if text else ""

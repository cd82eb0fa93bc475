"""`alertd route test`: where an alert with these labels would go, and why."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json, say
from alertd.daemon.words import moment
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.daemon.muting import Muting
    from alertd.daemon.pathfinder import Look
    from alertd.model import Alert
    from alertd.notify.groups import Routing
    from alertd.notify.routes import Route
    from alertd.present import Json
    from alertd.store.store import Store

_LABEL = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.DOTALL)


def _labels(_context: click.Context, _argument: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    """What is given as LABEL=VALUE, the value with or without quotes; none twice."""
    from alertd.matchers import parse_matcher

    found: dict[str, str] = {}
    for text in texts:
        form = _LABEL.fullmatch(text)
        if form is None or form[2][:1] == "~":
            raise UsageError(f'"{text}" is no label: write LABEL=VALUE, such as severity=critical')
        try:
            value = parse_matcher(text).value
        except ValueError as error:
            raise UsageError(str(error)) from error
        if form[1] in found:
            raise UsageError(f"{form[1]} is given twice")
        found[form[1]] = value
    return found


@click.group("route")
def command() -> None:
    """Try the routes."""


@command.command("test")
@click.argument("labels", nargs=-1, required=True, metavar="LABEL=VALUE...", callback=_labels)
@config_option
@json_option
@click.option("--at", "at_text", metavar="TIME", help="As of then: intervals, quiet hours and silences of that time.")
def test(labels: dict[str, str], config: Path, as_json: bool, at_text: str | None) -> int:
    """Say where an alert with these labels goes: the routes that take it, whom it reaches, and what holds it back.

    instrument=SERIAL brings that monitor's labels, alertname=RULE the rule's; what is given wins.
    """
    from alertd.cli.opening import open_if_there, rules_to_look
    from alertd.clock import wall
    from alertd.config.load import load_config
    from alertd.daemon.pathfinder import look_down
    from alertd.daemon.routing import routing_of
    from alertd.daemon.supposed import completed, instruments_by_serial, supposed
    from alertd.model import OWN_RULES

    now = wall()
    at = moment("--at", at_text, now) if at_text is not None else None
    loaded = load_config(config)
    rules = {rule.name: rule for rule in rules_to_look(loaded)}
    routing = routing_of(loaded.settings, rules.values())
    with open_if_there(loaded) as store:
        fleet = instruments_by_serial(store.instruments() if store else (), loaded.settings.instruments)
        muting = _muting(store, routing, now, at)
    _warn("rule", labels.get("alertname"), {*rules, *OWN_RULES})
    _warn("monitor", labels.get("instrument"), fleet)
    whole = completed(labels, rules, fleet)
    alert = muting.as_it_is(supposed(whole, at or now))
    looks = list(look_down(routing.root, whole))
    if as_json:
        print_json(_json(whole, looks, muting.muted_by(alert)))
    else:
        _print(alert, looks, routing, "then" if at else "now", muting.muted_by(alert))
    return 0


def _muting(store: "Store | None", routing: "Routing", now: datetime, at: datetime | None) -> "Muting":
    """As of now; at another time its silences, but not what fires now."""
    from alertd.daemon.muting import Muting
    from alertd.notify.known import Known

    if store is None:
        return Muting(Known(alerts=()), routing, at or now)
    if at is None:
        return Muting(store.known(now), routing, now)
    return Muting(Known(alerts=(), silences=store.standing.silences()), routing, at)


def _warn(what: str, name: str | None, known: Container[str]) -> None:
    if name and name not in known:
        complain(f"warning: no {what} {name} is known, so it brings no labels")


def _json(labels: Mapping[str, str], looks: "Sequence[Look]", muted_by: Iterable[str]) -> "Json":
    return {
        "labels": dict(labels),
        "receivers": _receivers(looks),
        "routes": [_route_json(look.route) for look in looks if look.taken],
        "muted_by": list(muted_by),
    }


def _receivers(looks: "Iterable[Look]") -> list[str]:
    return list(dict.fromkeys(look.route.receiver for look in looks if look.ends))


def _route_json(route: "Route") -> "Json":
    from alertd.config.durations import format_duration

    policy = route.policy
    return {
        "receiver": route.receiver,
        "matchers": [str(matcher) for matcher in route.matchers],
        "group_by": list(route.group_by),
        "group_wait": format_duration(policy.group_wait),
        "group_interval": format_duration(policy.group_interval),
        "repeat_interval": format_duration(policy.repeat_interval),
    }


def _print(alert: "Alert", looks: "Sequence[Look]", routing: "Routing", when: str, muted_by: Iterable[str]) -> None:
    from alertd.config.durations import format_duration
    from alertd.notify.groups import led_to

    say("labels: " + ", ".join(f'{name}="{text}"' for name, text in alert.labels.items()))
    for look in looks:
        say(f"{'  ' * look.depth}{look_words(look)}")
    targets = [target for target, _ in led_to(alert, routing)]
    say(f"told: {', '.join(_receivers(looks))}; targets: {', '.join(targets) or 'none'}")
    for look in looks:
        for step in look.route.escalate if look.ends else ():
            say(f"unless acknowledged, after {format_duration(step.after)}: {step.receiver}")
    say(f"held back {when} by: {', '.join(muted_by) or 'nothing'}")


def look_words(look: "Look") -> str:
    """What one route does with the alert."""
    from alertd.config.durations import format_duration

    route = look.route
    name = ", ".join(map(str, route.matchers)) or ("the root" if look.depth == 0 else "any labels")
    if not look.taken:
        return f"{name}: no, {look.why}"
    if not look.ends:
        return f"{name}: yes"
    together = f"grouped by {', '.join(route.group_by)}" if route.group_by else "all in one group"
    waits = f"group_wait {format_duration(route.policy.group_wait)}"
    return f"{name}: yes, to {route.receiver}, {together}, {waits}"

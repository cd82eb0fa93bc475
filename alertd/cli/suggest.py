"""`alertd suggest`: limits that fit what each monitor measured."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from datetime import timedelta

    from alertd.daemon.suggesting import Suggestion
    from alertd.present import Json
    from alertd.rules.proposals import Proposal


@click.command("suggest")
@config_option
@json_option
@click.argument("name", required=False, metavar="[RULE]")
@click.option("--since", default="30d", show_default=True, metavar="SPAN", help="How much of the past to look at.")
def command(config: Path, name: str | None, since: str, as_json: bool) -> int:
    """Propose limits, clear levels and `for` from each monitor's own history; nothing is changed."""
    from alertd.cli.opening import open_to_look, rules_to_look
    from alertd.clock import wall
    from alertd.daemon.fleet import fleet_of
    from alertd.daemon.suggesting import suggestions

    span = _span(since)
    with open_to_look(config) as (loaded, store):
        settings = loaded.settings
        rules = [rule for rule in rules_to_look(loaded) if name in (None, rule.name)]
        if name is not None and not rules:
            from alertd.errors import UsageError

            raise UsageError(f"there is no rule {name}; alertd rules lists them")
        fleet, now = fleet_of(store.instruments(), settings.instruments), wall()
        found = list(suggestions(store, rules, fleet, every=settings.poll.every, start=now - span, end=now))
    if as_json:
        print_json([_json(each) for each in found])
    elif found:
        _print(found)
    elif fleet:
        say("no rule compares a value that goes up and down with a limit")
    else:
        say("no monitors are known yet: alertd poll reads the fleet")
    return 0


def _span(text: str) -> "timedelta":
    from alertd.config.durations import parse_duration
    from alertd.errors import UsageError

    try:
        span = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--since: {error}") from error
    if not span:
        raise UsageError("--since: more than 0s is wanted")
    return span


def _print(found: Sequence["Suggestion"]) -> None:
    rows = []
    for each in found:
        if each.proposal is None:
            rows.append((each.rule.name, each.instrument.serial, each.why_not, "", "", "", ""))
            continue
        measured = each.proposal.measured
        rows.append(
            (
                each.rule.name,
                each.instrument.serial,
                f"{measured.edge:g} ± {measured.noise:.2g}",
                ", ".join(f"{limit.value:g} → {value:g}" for limit, value in each.proposal.limits),
                _for(each),
                str(len(each.present)),
                str(len(each.proposed)),
            )
        )
    print_table(["RULE", "INSTRUMENT", "EDGE ± NOISE", "LIMITS", "FOR", "FIRED", "WOULD HAVE"], rows)
    for line in _yaml(found):
        say(line)


def _for(each: "Suggestion") -> str:
    from alertd.present import span_text

    present = each.rule.levels[-1].for_
    proposed = each.proposal.for_ if each.proposal else None
    return span_text(present) if proposed in (None, present) else f"{span_text(present)} → {span_text(proposed)}"


def _yaml(found: Sequence["Suggestion"]) -> Iterator[str]:
    """What can be pasted into the rule files."""
    for name in dict.fromkeys(each.rule.name for each in found):
        those = [(each.instrument.serial, each.proposal) for each in found if each.rule.name == name and each.proposal]
        if those:
            rule = next(each.rule for each in found if each.rule.name == name)
            yield from ("", f"# {name} ({rule.file}:{rule.line})")
            yield from _overrides(those)
            yield from _numbers(those)
            yield from _patience(those, rule.levels[-1].severity.word)


def _overrides(those: "Sequence[tuple[str, Proposal]]") -> Iterator[str]:
    """Monitors with the same limits together."""
    by_params: dict[tuple[tuple[str, float], ...], list[str]] = {}
    for serial, proposal in those:
        if proposal.params():
            by_params.setdefault(tuple(proposal.params().items()), []).append(serial)
    if by_params:
        yield "overrides:"
    for params, serials in by_params.items():
        yield f"  - match: ['instrument=~\"{'|'.join(map(re.escape, serials))}\"']"
        yield "    params: {" + ", ".join(f"{name}: {value:g}" for name, value in params) + "}"


def _numbers(those: "Sequence[tuple[str, Proposal]]") -> Iterator[str]:
    """Limits that stand in a condition as numbers: they are one for all monitors."""
    for serial, proposal in those:
        for limit, value in proposal.limits:
            if limit.param is None:
                yield f"# {serial}: {value:g} in place of {limit.value:g} in {limit.key} of {limit.severity.word}"


def _patience(those: "Sequence[tuple[str, Proposal]]", severity: str) -> Iterator[str]:
    from alertd.present import span_text

    spans = [proposal.for_ for _, proposal in those if proposal.for_ is not None]
    if spans:
        yield f"for: {span_text(max(spans))}    # of {severity}, for the monitor with the longest dips"


def _json(each: "Suggestion") -> "Json":
    from alertd.config.durations import format_duration
    from alertd.fields import PREFIX_OF
    from alertd.present import time_text

    about: Json = {"alertname": each.rule.name, "instrument": each.instrument.serial}
    if each.proposal is None:
        return {**about, "why_not": each.why_not}
    measured, limits = each.proposal.measured, each.proposal.limits
    return {
        **about,
        "field": f"{PREFIX_OF[limits[0][0].source]}.{limits[0][0].field}",
        "values": measured.count,
        "days": round(measured.span.total_seconds() / 86400, 2),
        "edge": measured.edge,
        "noise": measured.noise,
        "dips": each.proposal.dips,
        "limits": [
            {
                "severity": limit.severity.word,
                "key": limit.key,
                "param": limit.param,
                "present": limit.value,
                "proposed": value,
            }
            for limit, value in limits
        ],
        "params": each.proposal.params(),
        "for": {
            "present": format_duration(each.rule.levels[-1].for_),
            "proposed": None if each.proposal.for_ is None else format_duration(each.proposal.for_),
        },
        "fired": {
            key: [{"fired_at": time_text(each.fired_at), "ended_at": time_text(each.ended_at)} for each in those]
            for key, those in (("present", each.present), ("proposed", each.proposed))
        },
    }

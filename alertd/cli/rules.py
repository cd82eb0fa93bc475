"""`alertd rules`: the rules as they were understood, and what each comes to on one monitor."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_of_group, config_option, group_config_option, json_option
from alertd.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from alertd.config.load import Config
    from alertd.daemon.shadows import Unsent
    from alertd.model import Instrument
    from alertd.rules.rule import Rule


@click.group("rules", invoke_without_command=True)
@group_config_option
@json_option
@click.pass_context
def command(context: click.Context, config: Path | None, as_json: bool) -> int:
    """List the rules, how many of the known instruments each one watches, and what those in shadow would have sent."""
    if context.invoked_subcommand is not None:
        given = {"config": config} if config is not None else {}
        context.default_map = {context.invoked_subcommand: {**given, "as_json": as_json}}
        return 0
    return _list(config_of_group(config), as_json=as_json)


def _list(config: Path, *, as_json: bool) -> int:
    from alertd.config.load import load_config
    from alertd.daemon.listing import rule_facts
    from alertd.daemon.stores import open_store
    from alertd.errors import StoreError
    from alertd.present import rule_json, span_text

    loaded = load_config(config)
    rules = _load(loaded)
    try:
        store = open_store(loaded, work=False)
    except StoreError:
        facts = rule_facts(None, loaded.settings, rules)  # before the first poll there is no fleet to count
    else:
        with store:
            facts = rule_facts(store, loaded.settings, rules)
    counts, shadows = facts.watched, facts.unsent
    if as_json:
        print_json([rule_json(rule, counts[rule.name], shadows.get(rule.name)) for rule in rules])
        return 0
    any_shadow = any(rule.shadow for rule in rules)
    rows = [
        (
            rule.name,
            level.severity.word,
            level.when.text,
            level.until.text if level.until else "",
            span_text(level.for_),
            "" if counts[rule.name] is None else str(counts[rule.name]),
            f"{rule.file.name}:{rule.line}",
            *([_shadow_words(rule, shadows.get(rule.name))] if any_shadow else []),
        )
        for rule in rules
        for level in rule.levels
    ]
    columns = ["RULE", "SEVERITY", "WHEN", "UNTIL", "FOR", "INSTRUMENTS", "WHERE"]
    print_table([*columns, "WOULD HAVE SENT"] if any_shadow else columns, rows)
    return 0


def _shadow_words(rule: "Rule", unsent: "Unsent | None") -> str:
    """What a rule in shadow would have sent; empty for a live one."""
    from alertd.present import short_time

    if not rule.shadow:
        return ""
    if unsent is None or not unsent.firings:
        return "in shadow: nothing so far"
    firings = "1 firing" if unsent.firings == 1 else f"{unsent.firings} firings"
    receivers = ", ".join(f"{name} ×{count}" for name, count in unsent.receivers.items())
    span = f"since {short_time(unsent.since)}, the last {short_time(unsent.last)}"
    return f"in shadow: {firings} {span}, to {receivers}"


@command.command("show")
@click.argument("serial")
@config_option
@json_option
def show(serial: str, config: Path, as_json: bool) -> int:
    """Show what each rule comes to on the monitor with this SERIAL.

    Its conditions with the params in place, and where each param was given; of a rule that is not about it, why.
    """
    from alertd.cli.opening import open_if_there
    from alertd.config.load import load_config
    from alertd.daemon.asked import named_monitor
    from alertd.present_why import effective_json

    loaded = load_config(config)
    rules = _load(loaded)
    with open_if_there(loaded) as store:
        known = store.instruments() if store is not None else []
    instrument = named_monitor(serial, known, loaded.settings.instruments)
    if as_json:
        print_json([effective_json(rule, instrument, loaded) for rule in rules])
    else:
        for line in _lines(rules, instrument, loaded):
            say(line)
    return 0


def _load(config: "Config") -> "list[Rule]":
    from alertd.config.files import expand_patterns
    from alertd.rules.load import load_rules

    return load_rules(expand_patterns(config.settings.rules, config.base)[0])


def _lines(rules: "Sequence[Rule]", instrument: "Instrument", config: "Config") -> Iterator[str]:
    from alertd.present_why import rule_place
    from alertd.rules.effective import missed
    from alertd.rules.rule import labels_of

    labels = labels_of(instrument)
    why_not = {rule.name: missed(rule, labels) for rule in rules}
    applying = [rule for rule in rules if not why_not[rule.name]]
    name = f"{instrument.name} ({instrument.serial})" if instrument.name else instrument.serial
    yield f"{name}: {len(applying)} of {len(rules)} rules"
    for rule in applying:
        yield ""
        yield from _one(rule, instrument, config)
    others = [rule for rule in rules if why_not[rule.name]]
    if others:
        yield ""
        yield "not about it:"
    for rule in others:
        yield f"  {rule.name} ({rule_place(rule, config)}): {why_not[rule.name]}"


def _one(rule: "Rule", instrument: "Instrument", config: "Config") -> Iterator[str]:
    from alertd.present import span_text
    from alertd.present_why import given_words, never_polled, rule_place
    from alertd.rules.effective import given_params, in_place
    from alertd.rules.rule import labels_of

    labels = labels_of(instrument)
    yield f"{rule.name} ({rule_place(rule, config)}){', in shadow: nobody is told' if rule.shadow else ''}"
    for terms, level in zip(rule.levels, in_place(rule, labels), strict=True):
        ending = f", until {level.until}" if level.until else ""
        keeps = f", keeps firing for {span_text(terms.keep_firing_for)}" if terms.keep_firing_for else ""
        yield f"  {level.severity.word}: {level.when}, for {span_text(terms.for_)}{ending}{keeps}"
    for given in given_params(rule, labels):
        yield f"  {given_words(given, rule, config)}"
    if rule.labels:
        yield "  labels: " + ", ".join(f'{label}="{text}"' for label, text in rule.labels.items())
    for source in never_polled(rule, instrument, config.settings):
        yield f"  {source} is not polled here: what it would say stays unknown"

"""`alertd rules`: the rules as they were understood."""

from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table


@click.command("rules")
@config_option
@json_option
def command(config: Path, as_json: bool) -> int:
    """List the rules, and how many of the known instruments each one watches."""
    from alertd.config.files import expand_patterns
    from alertd.config.load import load_config
    from alertd.daemon.fleet import fleet_of
    from alertd.daemon.stores import open_store
    from alertd.errors import StoreError
    from alertd.present import rule_json, span_text
    from alertd.rules.load import load_rules
    from alertd.rules.rule import labels_of

    loaded = load_config(config)
    rules = load_rules(expand_patterns(loaded.settings.rules, loaded.base)[0])
    counts: dict[str, int | None] = {rule.name: None for rule in rules}
    try:
        store = open_store(loaded, work=False)
    except StoreError:
        pass  # before the first poll there is no fleet to count
    else:
        fleet = fleet_of(store.instruments(), loaded.settings.instruments)
        store.close()
        counts = {rule.name: sum(rule.matches(labels_of(each)) for each in fleet) for rule in rules}
    if as_json:
        print_json([rule_json(rule, counts[rule.name]) for rule in rules])
        return 0
    rows = [
        (
            rule.name,
            level.severity.word,
            level.when.text,
            level.until.text if level.until else "",
            span_text(level.for_),
            "" if counts[rule.name] is None else str(counts[rule.name]),
            f"{rule.file.name}:{rule.line}",
        )
        for rule in rules
        for level in rule.levels
    ]
    print_table(["RULE", "SEVERITY", "WHEN", "UNTIL", "FOR", "INSTRUMENTS", "WHERE"], rows)
    return 0

"""`alertd check`: every mistake at once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json, say

if TYPE_CHECKING:
    from alertd.daemon.setup import Setup
    from alertd.errors import Mistake


@click.command("check")
@config_option
@json_option
@click.option("--online", is_flag=True, help="Try the key, its scopes and each target's URL form too.")
@click.option("--strict", is_flag=True, help="Take warnings for mistakes.")
def command(config: Path, as_json: bool, online: bool, strict: bool) -> int:
    """Name every mistake in config, rules and templates, each as file:line:col: message.

    What is allowed and yet cannot be meant is a warning: a rule that no monitor matches, a condition that never holds,
    a token that is over.
    Exits 1 where there is a mistake, 2 where the config cannot be read.
    """
    from alertd.daemon.setup import read_setup
    from alertd.notify.render_words import count

    setup, mistakes = read_setup(config)
    lint = _lint(setup) if setup is not None else []
    if strict:
        mistakes = [replace(mistake, warning=False) for mistake in sorted([*mistakes, *lint])]
        lint = []
    for mistake in mistakes:
        complain(mistake)
    for advice in lint:  # found, not gone wrong: what a good set-up writes to stderr is nothing
        if not as_json:
            say(str(advice))
    wrong = sum(not mistake.warning for mistake in mistakes)
    rules, wrong_online = 0, 0
    if setup is not None:
        rules = len(setup.rules)
        _say_owed(setup)
        if online and not wrong:
            wrong_online = _try_online(setup, (lambda _: None) if as_json else say)
    wrong += wrong_online
    if as_json:
        print_json(
            {
                "mistakes": [_mistake_json(each) for each in sorted([*mistakes, *lint])],
                "rules": rules,
                "wrong_online": wrong_online,
            }
        )
    elif wrong:
        say(count(wrong, "mistake", "mistakes"))
    else:
        say(f"{config}: no mistakes, {count(rules, 'rule', 'rules')}")
    return 1 if wrong else 0


def _mistake_json(mistake: "Mistake") -> dict[str, object]:
    return {
        "file": str(mistake.file),
        "line": mistake.line,
        "column": mistake.column,
        "message": mistake.text,
        "warning": mistake.warning,
    }


def _lint(setup: "Setup") -> "list[Mistake]":
    """What the rules cannot mean, as far as there is a store for the monitors in it; and tokens that are over."""
    from alertd.clock import wall
    from alertd.daemon.lint import fleet_listed, fleet_on_record, lint, lint_tokens
    from alertd.daemon.stores import open_store
    from alertd.errors import ConfigError, StoreError

    instruments, now = setup.settings.instruments, wall()
    fleet = fleet_listed(instruments)
    try:
        with open_store(setup.config, work=False) as store:
            on_record = fleet_on_record(store, instruments, setup.rules, now)
    except (StoreError, ConfigError):
        pass  # no store yet, or one that another command complains of
    else:
        fleet = on_record if on_record.described else fleet
    return sorted([*lint_tokens(setup.config, now.date()), *lint(setup.rules, setup.settings, fleet)])


def _say_owed(setup: "Setup") -> None:
    """Endings owed to targets that are gone; silent where there is no store yet."""
    from alertd.cli.opening import complain_of_owed
    from alertd.daemon.stores import open_store
    from alertd.errors import ConfigError, StoreError

    names = frozenset(target.name for receiver in setup.settings.receivers for target in receiver.targets)
    try:
        with open_store(setup.config, work=False) as store:
            complain_of_owed(store, names)
    except (StoreError, ConfigError):
        return  # it is not what this command is about


def _try_online(setup: "Setup", say: Callable[[str], None]) -> int:
    """Ask MyCirrus with the key: the fleet, and each source of one instrument. How many of them went wrong."""
    from alertd.clock import monotonic, wall
    from alertd.daemon.compose import client_of
    from alertd.daemon.fleet import asked_of, fleet_of
    from alertd.errors import ApiError

    wrong = 0
    client = client_of(setup, wall, monotonic)
    try:
        fleet = fleet_of(client.instruments(), setup.settings.instruments)
        say(f"instruments: {len(fleet)} watched")
        for source in setup.settings.poll.every:
            for answer in client.fetch(source, asked_of(source, fleet)[:1], {}, wall()):
                if answer.error is not None:
                    wrong += 1
                    complain(f"{source.value} of {answer.instrument}: {answer.error}")
                else:
                    say(f"{source.value}: answered")
    except ApiError as error:
        complain(f"{setup.settings.mycirrus.base_url}: {error}")
        wrong += 1
    finally:
        client.close()
    for name in setup.addresses:
        say(f"target {name}: its URL is one that can be sent to")
    return wrong

"""`alertd render`: an alert as a message, without sending it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json
from alertd.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from alertd.daemon.setup import Setup
    from alertd.errors import Mistake, RenderError
    from alertd.model import Alert
    from alertd.notify.letter import Rendered
    from alertd.store.store import Store


@click.command("render")
@click.argument("alert", metavar="ALERT")
@config_option
@json_option
@click.option(
    "--channel",
    type=click.Choice(["email", "slack", "teams", "text"]),
    required=True,
    help="For which kind of channel.",
)
@click.option("--html", "as_html", is_flag=True, help="The HTML part of a mail.")
def command(alert: str, config: Path, as_json: bool, channel: str, as_html: bool) -> int:
    """Print the message that a target which knows nothing would get of ALERT now.

    ALERT is an id from `alertd alerts`, or RULE/SERIAL. Nothing is sent or recorded.
    """
    if as_html and channel != "email":
        raise UsageError(f"--html is for --channel email: a message to {channel} has no HTML part")
    setup = _setup(config)
    rendered = _rendered(setup, alert, channel)
    message = rendered.message
    if as_json:
        print_json({"title": message.title, "body": message.body, "html": message.html})
    else:
        _show(message.html if as_html else f"{message.title}\n\n{message.body}")
    for failure in rendered.failures:
        complain(_mistake(setup, failure))
    return 1 if rendered.failures else 0


def _setup(path: Path) -> "Setup":
    """The set-up as far as it can be read: neither its secrets nor good templates are needed to see a message."""
    from alertd.daemon.setup import read_setup

    setup, mistakes = read_setup(path)
    if setup is None or not setup.rules:
        real = [mistake for mistake in mistakes if not mistake.warning]
        if real or setup is None:
            raise ConfigError(real)
    return setup


def _rendered(setup: "Setup", text: str, channel: str) -> "Rendered":
    from alertd.clock import wall
    from alertd.daemon.compose import letters_of
    from alertd.daemon.letters import order_of
    from alertd.daemon.stores import open_store
    from alertd.notify.render import Renderer

    now = wall()
    store = open_store(setup.config, work=False)
    try:
        alert = _found(store, text)
        acks = [ack for ack in store.standing.acks([alert.id]) if ack.stands(now)]
        order = order_of(alert, routing=setup.routing, acks=acks, episodes=store.standing.episodes())
        letter = letters_of(setup, store).letter(order, channel, now)
    finally:
        store.close()
    return Renderer(setup.templates).render(letter, channel)


def _found(store: "Store", text: str) -> "Alert":
    """The alert of this id, else the newest of RULE/SERIAL that fired or is pending."""
    alert = store.alert(text) or next(_of_subject(store, text), None)
    if alert is None:
        raise UsageError(f"no alert {text}: name an id from `alertd alerts --all --json`, or RULE/SERIAL")
    return alert


def _of_subject(store: "Store", text: str) -> "Iterator[Alert]":
    from alertd.model import State

    rule, _, subject = text.partition("/")
    for states in ([State.PENDING, State.FIRING], [State.RESOLVED]):
        for alert in store.alerts(states=states):
            if (alert.rule, alert.subject) == (rule, subject) and (alert.fired_at or alert.state is State.PENDING):
                yield alert


def _mistake(setup: "Setup", failure: "RenderError") -> "Mistake | RenderError":
    """At its place in the file, where that is one of the user's."""
    from alertd.errors import TextError
    from alertd.notify.render_check import template_mistake, text_mistake

    if isinstance(failure, TextError):
        rule = next((rule for rule in setup.rules if rule.name == failure.rule), None)
        return text_mistake(rule, failure) if rule is not None else failure
    return template_mistake(setup.templates, failure) if setup.templates is not None else failure


def _show(text: str) -> None:
    """As it is sent, but for what a terminal would obey."""
    shown = (char if char.isprintable() or char in "\n\t\u200b" else "\N{REPLACEMENT CHARACTER}" for char in text)
    click.echo("".join(shown))

"""An alert as a message, without sending it: what a target that knows nothing would get of it now."""

from collections.abc import Iterator
from datetime import datetime

from alertd.clock import Clock
from alertd.daemon.compose import letters_of
from alertd.daemon.letters import order_of
from alertd.daemon.setup import Setup
from alertd.errors import Mistake, RenderError, TextError, UsageError
from alertd.model import Alert, State
from alertd.notify.letter import Rendered
from alertd.notify.render import Renderer
from alertd.notify.render_check import template_mistake, text_mistake
from alertd.store.store import Store


def show(setup: Setup, store: Store, text: str, channel: str, now: datetime, *, clock: Clock | None = None) -> Rendered:
    """The message of an alert, which is named by its id or as RULE/SERIAL; nothing is sent or recorded.

    With a clock its links open the alert's page, as a sent one's do; that is not for readers who may only look.

    Raises:
        UsageError: there is no such alert.
    """
    alert = _found(store, text)
    acks = [ack for ack in store.standing.acks([alert.id]) if ack.stands(now)]
    order = order_of(alert, routing=setup.routing, acks=acks, episodes=store.standing.episodes())
    return Renderer(setup.templates).render(letters_of(setup, store, clock).letter(order, channel, now), channel)


def _found(store: Store, text: str) -> Alert:
    """The alert of this id, else the newest of RULE/SERIAL that fired or is pending."""
    alert = store.alert(text) or next(_of_subject(store, text), None)
    if alert is None:
        raise UsageError(f"no alert {text}: name an id from `alertd alerts --all --json`, or RULE/SERIAL")
    return alert


def _of_subject(store: Store, text: str) -> Iterator[Alert]:
    rule, _, subject = text.partition("/")
    for states in ([State.PENDING, State.FIRING], [State.RESOLVED]):
        for alert in store.alerts(states=states):
            if (alert.rule, alert.subject) == (rule, subject) and (alert.fired_at or alert.state is State.PENDING):
                yield alert


def placed(setup: Setup, failure: RenderError) -> Mistake | RenderError:
    """A failure at its place in the file, where that is one of the user's."""
    if isinstance(failure, TextError):
        rule = next((rule for rule in setup.rules if rule.name == failure.rule), None)
        return text_mistake(rule, failure) if rule is not None else failure
    return template_mistake(setup.templates, failure) if setup.templates is not None else failure

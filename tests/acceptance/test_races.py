"""A lane delivers while the dispatcher looks, decides and writes: nothing is told twice, nothing is lost."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from alertd.daemon.deliverer import drain
from alertd.model import DeliveryState
from tests.support.world import NewWorld, World

STEPS = ("known", "record_decisions")
FIRES, IS_OVER = (False, "mail"), (True, "mail")


class Interposed:
    """The real store, with something that another thread does just before one of its methods is called."""

    def __init__(self, store: Any, method: str, meanwhile: Callable[[], object]) -> None:
        self._store, self._method, self._meanwhile = store, method, meanwhile

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._method = ""
            self._meanwhile()
        return getattr(self._store, name)


def poll(w: World, volts: float) -> None:
    """Ten minutes later, at this voltage; nothing is dispatched or delivered."""
    w.now += timedelta(minutes=10)
    w.client.current["QT1"]["voltage"] = volts
    w.parts.poller.list_instruments()
    for source in w.parts.setup.settings.poll.every:
        w.parts.poller.poll(source)


def dispatch(w: World, method: str = "", meanwhile: Callable[[], object] = lambda: None) -> None:
    """One look of the dispatcher, disturbed just before it calls this method of the store."""
    w.parts.dispatcher._store = Interposed(w.store, method, meanwhile)  # type: ignore[assignment]
    w.parts.dispatcher.dispatch(w.now)


def in_flight(w: World) -> Callable[[], None]:
    """A lane claims the message that waits; what is returned ends its way, once."""
    claimed = [w.store.claim("mail", w.now, timedelta(minutes=1))]

    def arrive() -> None:
        if claimed and (delivery := claimed.pop()):
            w.attempts.append(w.parts.deliverer._attempt(delivery))

    return arrive


def deliver(w: World) -> None:
    w.attempts += drain(w.parts.deliverer, w.parts.targets, hasten=True)


def said(w: World) -> Counter[tuple[bool, str]]:
    """How often each thing was delivered."""
    return Counter((says.ended, each.delivery.target) for each in w.attempts for says in each.delivery.says)


def settle(w: World) -> None:
    """Ten minutes later everything is told, and nothing is owed any more."""
    w.now += timedelta(minutes=10)
    for _ in range(3):
        dispatch(w)
        deliver(w)
    assert w.store.pending_deliveries() == []


@pytest.mark.parametrize("method", STEPS)
def test_delivered_meanwhile_is_not_told_again(world: NewWorld, method: str) -> None:
    """The first message, then the ending, each arrives in the middle of the dispatcher's next look."""
    w = world()
    for volts in (11.0, 12.4):
        poll(w, volts)
        dispatch(w)
        arrive = in_flight(w)
        dispatch(w, method, arrive)
        arrive()
    settle(w)
    assert said(w) == {FIRES: 1, IS_OVER: 1}
    assert w.store.open_alerts() == []


@pytest.mark.parametrize("method", STEPS)
def test_over_while_its_first_message_goes_out(world: NewWorld, method: str) -> None:
    """It ends and, while the dispatcher takes that in, the message that it fires arrives: the ending follows it."""
    w = world()
    poll(w, 11.0)
    dispatch(w)
    arrive = in_flight(w)
    poll(w, 12.4)
    dispatch(w, method, arrive)
    arrive()
    settle(w)
    assert said(w) == {FIRES: 1, IS_OVER: 1}
    assert w.store.open_alerts() == []


def test_grouped_otherwise_while_its_message_goes_out(world: NewWorld) -> None:
    """The config is read again in the middle of a send: the same alert in another group is not told beside it."""
    w = world()
    poll(w, 11.0)
    dispatch(w)
    lease = w.store.claim("mail", w.now, timedelta(minutes=1))
    assert lease is not None
    w._config["route"] = {"group_by": ["site"], "group_wait": "0s"}
    w.write_config()
    w.read_again()
    dispatch(w)
    assert [row.state for row in w.store.pending_deliveries()] == [DeliveryState.LEASED]

"""Dead letters that somebody wants sent again, on both databases."""

from typing import Any

import pytest

from alertd.model import Delivery, DeliveryState, NotifyReason, Severity, State, TargetHealth
from alertd.store.dead_letters import SaidAgain
from alertd.store.store import Store
from tests.store.making import LEASE, NOW, alert, decide, delivery, finish, minutes, record, told


def give_up(store: Store, *says: str, knows: dict[str, Any], **given: Any) -> Delivery:
    """A message about alert a that was given up; `knows` is what its target was left with."""
    (queued,) = decide(store, delivery(*says, **given))
    left = [told("a", gave_up_at=NOW, **knows)] if says else []
    health = TargetHealth(target="mail", failures=9, failing_since=NOW, next_try_at=minutes(30), last_error="no")
    finish(store, store.claim("mail", NOW, LEASE), DeliveryState.DEAD, error="no", told=left, health=health)
    return queued


@pytest.mark.parametrize(
    ("says", "state", "knows", "came"),
    [
        ("a", State.FIRING, {}, SaidAgain.OWED),
        ("a", State.FIRING, {"firing_at": NOW, "severity": Severity.WARNING}, SaidAgain.OWED),
        ("a", State.FIRING, {"firing_at": NOW, "severity": Severity.CRITICAL}, SaidAgain.KNOWN),
        ("-a", State.RESOLVED, {"firing_at": NOW, "settled": True}, SaidAgain.OWED),
        ("-a", State.RESOLVED, {"maybe": True, "settled": True}, SaidAgain.OWED),
        ("-a", State.RESOLVED, {"firing_at": NOW, "ended_at": NOW, "settled": True}, SaidAgain.KNOWN),
    ],
    ids=["never heard", "got worse", "a reminder", "its end", "its end, maybe heard", "heard meanwhile"],
)
def test_owes_again_what_the_target_does_not_know(
    store: Store, says: str, state: State, knows: dict[str, Any], came: SaidAgain
):
    """Its news is open again, the letter is superseded, and the target is tried at once; else nothing changes."""
    record(store, alert("a", state))
    dead = give_up(store, says, knows=knows)
    decide(store, settled_alerts=["alert-a"] if state is State.RESOLVED else [])
    before = (store.deliveries(), store.told(["alert-a"]), store.health(), store.open_alerts())
    assert store.say_again(dead.id, minutes(1)) is came
    if came is SaidAgain.KNOWN:
        assert (store.deliveries(), store.told(["alert-a"]), store.health(), store.open_alerts()) == before
        return
    (row,), (left,) = store.deliveries(), store.told(["alert-a"])
    assert (row.state, row.error) == (DeliveryState.SUPERSEDED, "no")
    assert (left.gave_up_at, left.settled) == (None, False)
    assert [each.id for each in store.open_alerts()] == ["alert-a"]
    health = store.health()["mail"]
    assert (health.failures, health.next_try_at) == (9, None)
    assert store.say_again(dead.id, minutes(1)) is SaidAgain.NO_DEAD_LETTER


def test_a_digest_goes_again_as_it_was(store: Store):
    """And says nothing of alerts: what it told of them is owed beside it."""
    record(store, alert("a"))
    dead = give_up(store, "a", knows={}, reason=NotifyReason.DIGEST, group="digest team")
    assert store.say_again(dead.id, minutes(1)) is SaidAgain.QUEUED
    claimed = store.claim("mail", minutes(1), LEASE)
    assert claimed is not None
    assert (claimed.id, claimed.message, claimed.says) == (dead.id, dead.message, ())
    assert claimed.decided_at == minutes(1)
    assert [each.gave_up_at for each in store.told(["alert-a"])] == [None]


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.SUPERSEDED, DeliveryState.QUEUED])
def test_nothing_else_is_sent_again(store: Store, state: DeliveryState):
    """What arrived, waits or was overtaken stays what it is, and so does what was never there."""
    record(store, alert("a"))
    (queued,) = decide(store, delivery("a"))
    if state is DeliveryState.SUPERSEDED:
        decide(store, supersede=[queued.id])
    elif state is DeliveryState.DELIVERED:
        finish(store, store.claim("mail", NOW, LEASE))
    for each in (queued.id, queued.id + 1):
        assert store.say_again(each, NOW) is SaidAgain.NO_DEAD_LETTER
    assert [each.state for each in store.deliveries()] == [state]

"""The outbox, on both databases: order, leases, superseding, outcomes."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alertd.model import DeliveryState, NotifyReason, Severity, State, TargetHealth, Timing
from alertd.store.store import Store
from tests.store.making import LEASE, NOW, alert, decide, delivery, finish, minutes, record, told


def states(store: Store) -> list[str]:
    return [each.state.value for each in reversed(store.deliveries())]


def test_a_message_comes_back_as_it_was_decided(store: Store) -> None:
    """With an id of its own; every other field as given."""
    first, second = delivery("a", "-b", reason=NotifyReason.SOME_RESOLVED, maybe_sent=True), delivery("c", group="h")
    enqueued = decide(store, first, second)
    assert [replace(each, id=0) for each in enqueued] == [first, second]
    assert enqueued[0].id < enqueued[1].id
    assert store.pending_deliveries() == enqueued
    assert store.deliveries() == enqueued[::-1]


def test_claims_come_oldest_first_and_once(store: Store) -> None:
    """Each target its own; a claim counts the attempt and ends at a known time."""
    one, two, other = decide(
        store, delivery("a"), delivery("b", group="h"), delivery("a", target="slack"), settled=[told()]
    )
    claimed = store.claim("mail", NOW, LEASE)
    assert claimed == replace(one, state=DeliveryState.LEASED, attempts=1, leased_until=NOW + LEASE)
    assert [each.state for each in store.pending_deliveries()] == ["leased", "queued", "queued"]
    following, slack = store.claim("mail", NOW, LEASE), store.claim("slack", NOW, LEASE)
    assert following is not None
    assert slack is not None
    assert (following.id, slack.id) == (two.id, other.id)
    assert store.claim("mail", NOW, LEASE) is None


@pytest.mark.parametrize(
    ("due_at", "next_try_at", "claimed", "next_due"),
    [(0, None, True, 0), (5, None, False, 5), (0, 7, False, 7), (9, 7, False, 9), (0, -1, True, 0)],
    ids=["due", "later", "target backs off", "both", "back-off over"],
)
def test_a_message_waits_for_its_time_and_its_target(
    store: Store, due_at: float, next_try_at: float | None, claimed: bool, next_due: float
) -> None:
    """And the lane knows until when; `hasten` waits for neither."""
    decide(store, delivery("z"))
    health = TargetHealth(target="mail", next_try_at=None if next_try_at is None else minutes(next_try_at))
    finish(store, store.claim("mail", NOW, LEASE), health=health)
    decide(store, delivery("a", due_at=minutes(due_at)))
    assert store.next_due("mail") == minutes(next_due)
    assert (store.claim("mail", NOW, LEASE) is not None) is claimed
    store.release_leases(NOW, all_=True)
    assert store.claim("mail", NOW, LEASE, hasten=True) is not None


def test_nothing_is_due_for_a_target_without_messages(store: Store) -> None:
    """Neither a claim nor a time to wait for."""
    assert store.next_due("mail") is None
    assert store.claim("mail", NOW, LEASE, hasten=True) is None


def test_messages_of_one_group_keep_their_order(store: Store) -> None:
    """One that is to be tried later holds back the next of its group, and of no other."""
    first, second, other = decide(store, delivery("a"), delivery("-a"), delivery("b", group="h"))
    finish(store, store.claim("mail", NOW, LEASE), DeliveryState.QUEUED, due_at=minutes(5), error="refused")
    claimed = store.claim("mail", NOW, LEASE)
    assert claimed is not None
    assert claimed.id == other.id
    assert store.claim("mail", NOW, LEASE) is None
    assert store.next_due("mail") == minutes(5)
    again = store.claim("mail", minutes(5), LEASE)
    assert again is not None
    assert (again.id, again.attempts, again.error) == (first.id, 2, "refused")
    assert store.claim("mail", minutes(5), LEASE) is None
    finish(store, again)
    last = store.claim("mail", minutes(5), LEASE)
    assert last is not None
    assert last.id == second.id


def test_a_newer_decision_supersedes_an_unsent_message(store: Store) -> None:
    """In the same transaction as the message that takes its place."""
    (old,) = decide(store, delivery("a"))
    (new,) = decide(store, delivery("-a"), supersede=[old.id], settled=[told("b", settled=True)])
    assert store.pending_deliveries() == [new]
    assert states(store) == ["superseded", "queued"]
    assert store.told(["alert-b"]) == [told("b", settled=True)]


@pytest.mark.parametrize("delivered", [False, True], ids=["being sent", "already delivered"])
def test_a_message_that_was_claimed_meanwhile_is_left_alone(store: Store, delivered: bool) -> None:
    """And with it all that was decided as if it had not been sent; what concerns others is written."""
    record(store, alert("a", State.RESOLVED), alert("b", State.RESOLVED))
    old, other = decide(store, delivery("a"), delivery("b", group="h"))
    claimed = store.claim("mail", NOW, LEASE)
    if delivered:
        finish(store, claimed, told=[told("a", severity=Severity.CRITICAL, firing_at=NOW)])
    before = Timing(group_key="g", target="mail", last_message_at=NOW)
    elsewhere = Timing(group_key="h", target="mail", last_message_at=NOW)
    enqueued = decide(
        store,
        delivery("-a"),
        delivery("-b", group="h"),
        delivery("a", target="slack"),
        supersede=[old.id, other.id],
        timings=[before, elsewhere],
        settled=[told("a", settled=True), told("b", settled=True), told("a", target="slack", settled=True)],
        settled_alerts=["alert-a", "alert-b"],
    )
    assert [(each.target, each.group_key) for each in enqueued] == [("mail", "h"), ("slack", "g")]
    assert states(store)[:2] == ["delivered" if delivered else "leased", "superseded"]
    assert store.timings() == [elsewhere]
    known = [each for each in store.told(["alert-a"]) if each.target == "mail"]
    assert known == ([told("a", severity=Severity.CRITICAL, firing_at=NOW)] if delivered else [])
    assert [each.settled for each in store.told(["alert-b"])] == [True]
    assert [each.id for each in store.open_alerts()] == ["alert-a"]


def test_nothing_is_settled_of_an_alert_that_a_message_in_flight_speaks_of(store: Store) -> None:
    """Else a target that hears just now that it fires would never hear of its end."""
    record(store, alert("a", State.RESOLVED))
    decide(store, delivery("a"))
    claimed = store.claim("mail", NOW, LEASE)
    decide(store, settled=[told("a", settled=True)], settled_alerts=["alert-a"])
    assert store.told(["alert-a"]) == []
    assert store.open_alerts() != []
    finish(store, claimed, told=[told("a", firing_at=NOW)])
    assert store.told(["alert-a"]) == [told("a", firing_at=NOW)]


def test_a_delivery_is_recorded_with_what_the_target_now_knows(store: Store) -> None:
    """The message, the notification log and the target's health in one transaction."""
    record(store, alert("a", State.RESOLVED))
    decide(store, delivery("-a"))
    health = TargetHealth(target="mail", last_success_at=NOW)
    heard = told("a", ended_at=NOW, settled=True)
    finish(store, store.claim("mail", NOW, LEASE), told=[heard], health=health)
    (row,) = store.deliveries()
    assert (row.state, row.delivered_at, row.leased_until, row.error) == (DeliveryState.DELIVERED, NOW, None, "")
    assert store.told(["alert-a"]) == [heard]
    assert store.health() == {"mail": health}


def test_a_failed_attempt_is_queued_again_or_dead(store: Store) -> None:
    """A possible arrival is never forgotten, and the target's health is kept."""
    decide(store, delivery("a"))
    failing = TargetHealth(
        target="mail", failures=1, failing_since=NOW, next_try_at=minutes(1), last_error="cut", last_success_at=NOW
    )
    finish(
        store,
        store.claim("mail", NOW, LEASE),
        DeliveryState.QUEUED,
        error="cut",
        due_at=minutes(1),
        maybe_sent=True,
        health=failing,
    )
    (row,) = store.pending_deliveries()
    assert (row.state, row.due_at, row.error, row.maybe_sent) == (DeliveryState.QUEUED, minutes(1), "cut", True)
    assert store.health() == {"mail": failing}
    finish(store, store.claim("mail", minutes(1), LEASE), DeliveryState.DEAD, error="no")
    (row,) = store.deliveries()
    assert (row.state, row.attempts, row.error, row.maybe_sent) == (DeliveryState.DEAD, 2, "no", True)
    assert store.pending_deliveries() == []


@pytest.mark.parametrize(
    ("all_", "later", "released"),
    [(True, timedelta(0), 1), (False, timedelta(0), 0), (False, 2 * LEASE, 1)],
    ids=["its holder is dead", "still leased", "lease over"],
)
def test_a_lease_whose_holder_is_gone_is_released(store: Store, all_: bool, later: timedelta, released: int) -> None:
    """As a possible repeat: whatever it says may have been heard, so an ending is owed, and another one is a repeat."""
    decide(store, delivery("a", "-b", "c"), settled=[told("c", severity=Severity.INFO, firing_at=NOW)])
    store.claim("mail", NOW, LEASE)
    assert store.release_leases(NOW + later, all_=all_) == released
    (row,) = store.pending_deliveries()
    assert (row.state is DeliveryState.QUEUED) is bool(released)
    assert row.maybe_sent is bool(released)
    known = {each.alert_id: each for each in store.told(["alert-a", "alert-b", "alert-c"])}
    if released:
        assert known == {
            "alert-a": told("a", maybe=True),
            "alert-b": told("b", maybe=True),
            "alert-c": told("c", maybe=True, severity=Severity.INFO, firing_at=NOW),
        }
        again = store.claim("mail", NOW + later, LEASE)
        assert again is not None
        assert again.attempts == 2


def test_a_late_failure_of_a_lost_lease_changes_nothing(store: Store) -> None:
    """The message is another holder's by now."""
    decide(store, delivery("a"))
    mine = store.claim("mail", NOW, LEASE)
    store.release_leases(minutes(2), all_=False)
    theirs = store.claim("mail", minutes(2), LEASE)
    finish(store, mine, DeliveryState.DEAD, error="late", told=[told("a", gave_up_at=NOW)])
    assert store.pending_deliveries() == [theirs]
    assert store.told(["alert-a"]) == [told("a", maybe=True)]


def test_a_late_delivery_of_a_lost_lease_saves_the_repeat(store: Store) -> None:
    """It arrived, whoever holds the message now."""
    decide(store, delivery("a"))
    mine = store.claim("mail", NOW, LEASE)
    store.release_leases(minutes(2), all_=False)
    finish(store, mine, told=[told("a", firing_at=NOW)])
    assert states(store) == ["delivered"]
    assert store.claim("mail", minutes(3), LEASE) is None
    assert store.told(["alert-a"]) == [told("a", firing_at=NOW)]


def test_deliveries_are_listed_newest_first(store: Store) -> None:
    """By state, by target, at most so many."""
    rows = decide(store, *(delivery("a", target=target, group=str(n)) for n, target in enumerate(["x", "y"] * 3)))
    finish(store, store.claim("x", NOW, LEASE))
    assert [each.id for each in store.deliveries(limit=2)] == [rows[5].id, rows[4].id]
    assert [each.id for each in store.deliveries(target="y")] == [rows[5].id, rows[3].id, rows[1].id]
    assert [each.id for each in store.deliveries(state=DeliveryState.DELIVERED)] == [rows[0].id]
    assert [each.id for each in store.deliveries(state=DeliveryState.QUEUED, target="x", limit=1)] == [rows[4].id]


@pytest.mark.parametrize("again_at", [NOW, minutes(5)])
def test_timings_are_kept_by_group_and_target(store: Store, again_at: datetime) -> None:
    """The latest counts."""
    one = Timing(group_key="g", target="mail", last_message_at=NOW)
    two = Timing(group_key="g", target="slack", last_message_at=NOW, reminders=2)
    decide(store, delivery("a"), delivery("a", target="slack"), timings=[one, two])
    later = replace(one, last_message_at=again_at, reminders=3)
    decide(store, delivery("a"), timings=[later])
    assert sorted(store.timings(), key=lambda each: each.target) == [later, two]


def test_messages_by_their_headlines(store: Store) -> None:
    """Newest first, of one state and target where they are asked for; how many of each; the last that arrived."""
    decide(store, delivery("a"), delivery("b", group="h"), delivery("c", target="slack"))
    finish(store, store.claim("mail", NOW, LEASE))
    finish(store, store.claim("mail", NOW, LEASE), DeliveryState.DEAD, error="no")
    mail, slack = store.headlines(limit=9, target="mail"), store.headlines(limit=9, state=DeliveryState.QUEUED)
    assert [(each.state, each.message.title, each.message.body) for each in mail] == [
        (DeliveryState.DEAD, "[CRITICAL] ×1", ""),
        (DeliveryState.DELIVERED, "[CRITICAL] ×1", ""),
    ]
    assert [each.target for each in slack] == ["slack"]
    assert [each.id for each in store.headlines(limit=1)] == [slack[0].id]
    assert {target: each.id for target, each in store.newest_delivered().items()} == {"mail": mail[1].id}
    assert store.message_counts() == {
        "mail": {DeliveryState.DEAD: 1, DeliveryState.DELIVERED: 1},
        "slack": {DeliveryState.QUEUED: 1},
    }

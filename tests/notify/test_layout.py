"""What one target's part of the outbox should look like: storms, and what overtakes what."""

from dataclasses import replace

import pytest

from alertd.model import Delivery, DeliveryState, Message, NotifyReason, Says, Severity, Timing
from alertd.notify.groups import STORM, Routing
from alertd.notify.known import Order
from tests.notify.standings import MINUTE, NOW, ROOT, ROUTING, an_alert, planned, was_told

MANY = [an_alert(f"LowVoltage/QT{number:02}") for number in range(12)]


def row(order: Order, number: int = 1, **more: object) -> Delivery:
    """The order as a row of the outbox."""
    made = Delivery(
        id=number,
        target=order.target,
        group_key=order.key,
        reason=order.reason,
        message=Message(title="", body=""),
        says=order.says,
        state=DeliveryState.QUEUED,
        decided_at=NOW,
        due_at=NOW,
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("groups", "tokens", "messages"), [(10, None, 10), (11, None, 1), (3, 2, 1), (2, 2, 2), (1, 0, 1), (12, 60, 1)]
)
def test_more_than_ten_or_than_the_rate_allows_become_one(groups: int, tokens: int | None, messages: int) -> None:
    """It bundles and drops nothing: every alert is in it."""
    result = planned(*MANY[:groups], tokens={} if tokens is None else {"mail": tokens})
    assert len(result.orders) == messages
    assert {alert.id for order in result.orders for alert in order.firing} == {alert.id for alert in MANY[:groups]}
    if messages == 1 < groups:
        assert (result.orders[0].key, result.orders[0].groups) == (STORM, groups)
        assert len(result.orders[0].timings) == groups


def test_endings_are_merged_too() -> None:
    """The worst reason counts: while anything fires it is a firing."""
    ended = [an_alert(f"Hot/QT{number:02}", over=True) for number in range(12)]
    told = tuple(was_told(alert.id) for alert in ended)
    assert [order.reason for order in planned(*ended, told=told).orders] == [NotifyReason.ALL_RESOLVED]
    (both,) = planned(*ended, *MANY, told=told).orders
    assert (both.reason, len(both.firing), len(both.resolved)) == (NotifyReason.FIRST, 12, 12)


def test_a_merged_message_that_waits_is_kept_while_it_is_true() -> None:
    """In one part or in several, and whatever the rate allows by now."""
    (order,) = planned(*MANY).orders
    assert planned(*MANY, outbox=[row(order)]).is_empty
    parts = [row(order, 1, says=order.says[:5]), row(order, 2, says=order.says[5:])]
    assert planned(*MANY, outbox=parts).is_empty


def test_a_merged_message_is_overtaken_as_a_whole() -> None:
    """When one of its alerts is over before it was sent."""
    (order,) = planned(*MANY).orders
    over = an_alert(MANY[0].id, over=True)
    result = planned(over, *MANY[1:], outbox=[row(order)])
    assert (result.supersede, len(result.orders)) == ((1,), 1)
    assert [alert.id for alert in result.orders[0].resolved] == [over.id]


def test_later_parts_wait_for_the_first_ones_outcome() -> None:
    """Nothing is written in their place while it is on its way."""
    (order,) = planned(*MANY).orders
    first = row(order, 1, says=order.says[:5], state=DeliveryState.LEASED)
    assert planned(*MANY, outbox=[first, row(order, 2, says=order.says[5:])]).is_empty


TOGETHER = replace(ROUTING, root=replace(ROOT, group_by=("alertname",)))


@pytest.mark.parametrize("arrived", [1, 5, 11])
@pytest.mark.parametrize("routing", [ROUTING, TOGETHER])
def test_later_parts_stand_once_the_first_has_arrived(routing: Routing, arrived: int) -> None:
    """What it told is known, so nothing is written anew, whether it was merged of many groups or is one group's own."""
    (order,) = planned(*MANY, routing=routing).orders
    heard = tuple(was_told(says.alert_id, firing_at=NOW) for says in order.says[:arrived])
    rest = row(order, 2, says=order.says[arrived:])
    assert planned(*MANY, routing=routing, told=heard, outbox=[rest], timings=order.timings).is_empty


def test_later_parts_of_a_reminder_stand() -> None:
    """Everything in it was known all along."""
    told = tuple(was_told(alert.id, firing_at=NOW - 600 * MINUTE) for alert in MANY)
    (order,) = planned(*MANY, routing=TOGETHER, told=told).orders
    assert order.reason is NotifyReason.REMINDER
    assert planned(
        *MANY, routing=TOGETHER, told=told, outbox=[row(order, 2, says=order.says[5:])], timings=order.timings
    ).is_empty


def test_later_parts_are_overtaken_by_what_is_new() -> None:
    """An alert of the part that arrived is over: that is news, and goes with all that waits."""
    (order,) = planned(*MANY, routing=TOGETHER).orders
    heard = tuple(was_told(says.alert_id, firing_at=NOW) for says in order.says[:5])
    over = an_alert(MANY[0].id, over=True)
    rest = row(order, 2, says=order.says[5:])
    result = planned(over, *MANY[1:], routing=TOGETHER, told=heard, outbox=[rest], timings=order.timings)
    assert (result.supersede, len(result.orders)) == ((2,), 1)
    assert [alert.id for alert in result.orders[0].resolved] == [over.id]
    assert {says.alert_id for says in result.orders[0].says} == {alert.id for alert in MANY}


def test_a_message_that_nobody_wants_any_more_goes() -> None:
    """Its alert was acknowledged, silenced, rerouted, or is gone."""
    gone = Delivery(
        id=9,
        target="mail",
        group_key="old",
        reason=NotifyReason.REMINDER,
        message=Message(title="", body=""),
        says=(Says(alert_id="x", severity=Severity.WARNING, ended=False),),
        state=DeliveryState.QUEUED,
        decided_at=NOW,
        due_at=NOW,
    )
    assert planned(outbox=[gone]).supersede == (9,)


def test_a_reminder_that_waits_is_kept_and_not_written_again() -> None:
    """Its group's time started over when it was decided."""
    told = was_told(MANY[0].id, firing_at=NOW - 600 * MINUTE)
    (order,) = planned(MANY[0], told=(told,)).orders
    assert order.reason is NotifyReason.REMINDER
    again = planned(MANY[0], told=(told,), outbox=[row(order)], timings=order.timings)
    assert again.is_empty


def test_a_thread_lasts_from_the_groups_beginning_to_its_end() -> None:
    """Each incident is a thread of its own."""
    (first,) = planned(MANY[0]).orders
    over = an_alert(MANY[0].id, over=True)
    later = Timing(
        group_key=first.key, target="mail", last_message_at=NOW - 60 * MINUTE, began_at=first.timings[0].began_at
    )
    (ending,) = planned(over, told=(was_told(over.id),), timings=[later]).orders
    assert ending.thread == first.thread
    (next_one,) = planned(MANY[0], timings=[replace(later, began_at=NOW - 120 * MINUTE)]).orders
    assert next_one.thread == first.thread
    assert next_one.timings[0].began_at == NOW

"""What the outbox should hold: one unsent message for each group and target, never out of date, never out of order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alertd.model import Alert, Delivery, DeliveryState, Message, NotifyReason, Says, Severity, State, Timing, Told
from alertd.notify.groups import Routing
from alertd.notify.hearing import told_after, told_given_up, told_maybe
from alertd.notify.known import Known, Plan
from alertd.notify.plan import plan
from alertd.notify.routes import Policy, Route

NOW = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy(group_wait=timedelta(0), group_interval=5 * MINUTE)
ROUTING = Routing(root=Route(receiver="team", policy=POLICY, group_by=("site",)), receivers={"team": ("mail", "chat")})
KEY = 'team{site="A"}'


def alert(name: str = "A", *, state: State = State.FIRING, lasted: int = 60, own: str = "") -> Alert:
    fired_at = NOW - 120 * MINUTE
    return Alert(
        id=name,
        rule=own or "LowVoltage",
        subject=name,
        state=state,
        severity=Severity.WARNING,
        labels={"site": "A"},
        values={},
        explanation="",
        active_at=fired_at,
        fired_at=fired_at,
        resolved_at=fired_at + lasted * MINUTE if state is State.RESOLVED else None,
        recorded_at=fired_at,
        own=bool(own),
    )


def row(target: str = "mail", *, says: tuple[Says, ...], state: DeliveryState = DeliveryState.QUEUED) -> Delivery:
    return Delivery(
        id=7,
        target=target,
        group_key=KEY,
        reason=NotifyReason.FIRST,
        message=Message(title="t", body="b"),
        says=says,
        state=state,
        decided_at=NOW - MINUTE,
        due_at=NOW,
    )


def says(name: str = "A", *, ended: bool = False) -> Says:
    return Says(alert_id=name, severity=Severity.WARNING, ended=ended)


def planned(
    alerts: list[Alert],
    told: tuple[Told, ...] = (),
    rows: tuple[Delivery, ...] = (),
    timings: tuple[Timing, ...] = (),
    routing: Routing = ROUTING,
) -> Plan:
    known = Known(
        alerts=alerts,
        told={(each.alert_id, each.target): each for each in told},
        outbox=rows,
        timings={(each.target, each.group_key): each for each in timings},
    )
    return plan(known, routing, NOW)


def heard(target: str, name: str = "A", **more: object) -> Told:
    return replace(Told(alert_id=name, target=target, severity=Severity.WARNING, firing_at=NOW - 60 * MINUTE), **more)  # type: ignore[arg-type]


def orders(each: Plan) -> list[tuple[str, str]]:
    return [(order.target, order.reason.value) for order in each.orders]


def test_each_target_is_told_once() -> None:
    """One message for each target of the receiver."""
    assert orders(planned([alert()])) == [("mail", "first"), ("chat", "first")]


def test_an_unsent_message_that_still_says_it_all_is_kept() -> None:
    """The same decision again writes nothing: a target that is down does not fill the outbox."""
    result = planned([alert()], rows=(row(says=(says(),)), row("chat", says=(says(),))))
    assert (result.orders, result.supersede) == ((), ())


def test_an_unsent_message_is_overtaken() -> None:
    """Fired and over while the target was down: one message says both, at once, in place of the first."""
    result = planned([alert(state=State.RESOLVED)], told=(heard("chat"),), rows=(row(says=(says(),)),))
    assert orders(result) == [("mail", "all_resolved"), ("chat", "all_resolved")]
    assert result.supersede == (7,)


def test_soon_over_is_told_to_nobody() -> None:
    """Shorter than group_wait and never told: the unsent message goes, nothing comes, the alert is settled."""
    routing = replace(ROUTING, root=replace(ROUTING.root, policy=replace(POLICY, group_wait=2 * MINUTE)))
    result = planned([alert(state=State.RESOLVED, lasted=1)], rows=(row(says=(says(),)),), routing=routing)
    assert (result.orders, result.supersede, result.settled_alerts) == ((), (7,), ("A",))


def test_a_message_in_flight_is_waited_for() -> None:
    """While it is with the channel nothing else is decided for that target; nothing is settled behind its back."""
    flight = row(says=(says(),), state=DeliveryState.LEASED)
    routing = replace(ROUTING, root=replace(ROUTING.root, policy=replace(POLICY, group_wait=2 * MINUTE)))
    result = planned([alert(state=State.RESOLVED, lasted=1)], rows=(flight,), routing=routing)
    assert (result.orders, result.supersede, result.settled_alerts) == ((), (), ())


def test_an_edit_of_group_by_announces_nothing_again() -> None:
    """What a target was told is kept by alert: another grouping finds it told. The unsent one of the old group goes."""
    routing = replace(ROUTING, root=replace(ROUTING.root, group_by=("alertname",)))
    result = planned([alert()], told=(heard("mail"),), rows=(row("chat", says=(says(),)),), routing=routing)
    assert orders(result) == [("chat", "first")]
    assert result.supersede == (7,)


def test_a_target_that_is_gone_keeps_its_ending_owed() -> None:
    """The alert stays open for it, and when a target of that name is back it gets its ending."""
    ended = alert(state=State.RESOLVED)
    others = (heard("mail", settled=True, ended_at=NOW), heard("chat", settled=True, ended_at=NOW), heard("gone"))
    assert planned([ended], told=others).settled_alerts == ()
    back = replace(ROUTING, receivers={"team": ("mail", "chat"), "old": ("gone",)})
    assert orders(planned([ended], told=others, routing=back)) == [("gone", "all_resolved")]


def test_a_failing_target_is_told_of_by_the_others() -> None:
    """TargetFailing goes to every target but its own; where there is no other, to its own."""
    failing = alert("mail", own="TargetFailing")
    assert orders(planned([failing])) == [("chat", "first")]
    alone = replace(ROUTING, receivers={"team": ("mail",)})
    assert orders(planned([failing], routing=alone)) == [("mail", "first")]
    elsewhere = replace(ROUTING, receivers={"team": ("mail",), "other": ("sms",)})
    assert orders(planned([failing], routing=elsewhere)) == [("sms", "first")]


def test_a_group_waits_for_its_interval_and_says_when() -> None:
    """What is not yet due wakes the dispatcher when it will be."""
    timing = Timing(group_key=KEY, target="mail", last_message_at=NOW - MINUTE)
    result = planned(
        [alert(state=State.RESOLVED)], told=(heard("mail"), heard("chat", settled=True)), timings=(timing,)
    )
    assert (result.orders, result.wake_at) == ((), NOW + 4 * MINUTE)


def test_pending_is_nobodys_business() -> None:
    """A pending alert makes no message."""
    assert planned([alert(state=State.PENDING)]).is_empty


def test_what_is_known_after_each_outcome() -> None:
    """Delivered: told. Broken off: either may be known. Given up: an ending is owed no more, a firing waits."""
    delivery = row(says=(says("A"), says("B", ended=True)))
    after = {each.alert_id: each for each in told_after(delivery, {}, NOW)}
    assert (after["A"].firing_at, after["A"].ended_at, after["A"].severity) == (NOW, None, Severity.WARNING)
    assert (after["B"].ended_at, after["B"].settled) == (NOW, True)
    assert [(each.alert_id, each.maybe) for each in told_maybe(delivery, {})] == [("A", True), ("B", True)]
    given_up = {each.alert_id: each for each in told_given_up(delivery, {}, NOW)}
    assert (given_up["A"].gave_up_at, given_up["A"].settled, given_up["B"].settled) == (NOW, False, True)

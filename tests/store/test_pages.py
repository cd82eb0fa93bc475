"""What the store shows page by page, and what is new in it since."""

import pytest

from alertd.model import DeliveryState, Severity, Source, State, Transition, TransitionKind
from alertd.store.pages import AlertFilter, Ends
from alertd.store.store import Store
from tests.store.making import LEASE, NOW, alert, decide, delivery, finish, minutes, record, sample

ANY = AlertFilter()


def step(name: str, reason: str) -> Transition:
    return Transition(
        alert_id=f"alert-{name}", kind=TransitionKind.FIRED, at=NOW, severity=Severity.CRITICAL, reason=reason
    )


def test_alerts_page_by_page(store: Store) -> None:
    """Newest first, those of one moment by id, each once; one that never fired is left out once it is over."""
    record(
        store,
        *(alert(name, active_at=minutes(-(number // 2))) for number, name in enumerate("abcde")),
        alert("f", State.RESOLVED, fired_at=None),
        alert("g", State.PENDING, active_at=minutes(-50)),
    )
    seen: list[str] = []
    after = None
    while page := store.alerts_page(ANY, after, 2):
        seen += [each.id for each in page]
        after = page[-1].active_at, page[-1].id
    assert seen == [f"alert-{name}" for name in "abcdeg"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (AlertFilter(states=[State.PENDING]), "b"),
        (AlertFilter(states=[State.FIRING, State.RESOLVED]), "acd"),
        (AlertFilter(severities=[Severity.WARNING]), "c"),
        (AlertFilter(rule="Hot"), "d"),
        (AlertFilter(instrument="QT-a"), "a"),
        (AlertFilter(instrument="mail"), ""),
        (AlertFilter(rule="Hot", states=[State.FIRING]), ""),
    ],
)
def test_alerts_by_filter(store: Store, wanted: AlertFilter, names: str) -> None:
    """Each filter narrows; an own alert is of no instrument."""
    record(
        store,
        alert("a"),
        alert("b", State.PENDING),
        alert("c", severity=Severity.WARNING, subject="mail", own=True),
        alert("d", State.RESOLVED, rule="Hot"),
    )
    assert sorted(each.id for each in store.alerts_page(wanted, None, 9)) == [f"alert-{name}" for name in names]


def test_messages_page_by_page(store: Store) -> None:
    """Newest first, of a state and target where they are given; with titles alone, one by its id with its text."""
    made = decide(store, *(delivery("a", target=target, group=target) for target in ("mail", "chat", "sms")))
    finish(store, store.claim("chat", NOW, LEASE))
    assert [each.id for each in store.deliveries_page(state=None, target=None, before=None, limit=2)] == [
        made[2].id,
        made[1].id,
    ]
    (last,) = store.deliveries_page(state=None, target=None, before=made[1].id, limit=2)
    assert (last.id, last.message.body) == (made[0].id, "")
    assert store.deliveries_page(state=DeliveryState.DELIVERED, target="mail", before=None, limit=9) == []
    whole = store.delivery(made[1].id)
    assert whole is not None
    assert (whole.state, whole.message.body) == (DeliveryState.DELIVERED, "body")
    assert store.delivery(10**9) is None


def test_newest_of_some(store: Store) -> None:
    """The newest record of each source of the instruments that are named, and of no other."""
    record(store, samples=[sample(serial, source=source, x=1) for serial in "ab" for source in Source])
    assert {(each.instrument, each.source) for each in store.newest_among(["a", "z"])} == {
        ("a", each) for each in Source
    }
    assert store.newest_among([]) == []


def test_what_is_new(store: Store) -> None:
    """Transitions and messages behind a place, oldest first, with whose they are."""
    assert store.ends() == Ends(0, 0)
    record(store, alert("a"), alert("b", own=True), transitions=[step("a", "one"), step("b", "two")])
    start = store.ends()
    record(store, transitions=[step("b", "three")])
    (new,) = store.steps_since(start.transition, None, 9)
    assert (new.transition.reason, new.rule, new.subject, new.own) == ("three", "LowVoltage", "QT-b", True)
    assert [each.transition.reason for each in store.steps_since(0, start.transition, 9)] == ["one", "two"]
    made = decide(store, delivery("a"), delivery("b", group="h", target="chat"))
    assert [each.id for each in store.deliveries_since(start.delivery, None, 9)] == [each.id for each in made]
    assert store.unsent() == {each.id for each in made}
    finish(store, store.claim("chat", NOW, LEASE))
    assert store.unsent() == {made[0].id}
    assert [each.state for each in store.deliveries_among([made[1].id])] == [DeliveryState.DELIVERED]

"""What the store knows of one monitor and one rule, also as it was."""

from datetime import timedelta

from alertd.alerts.flapping import Episode
from alertd.model import Severity, Source, State, Transition, TransitionKind
from alertd.store.store import Store
from tests.store.making import NOW, alert, decide, delivery, minutes, record, sample


def test_alerts_of_one_rule_and_subject(store: Store) -> None:
    """Newest first, and nobody else's."""
    older = alert("a", State.RESOLVED, active_at=minutes(-90), fired_at=minutes(-80))
    newer = alert("b", subject="QT-a")
    record(store, older, newer, alert("c"), alert("d", rule="Hot", subject="QT-a"))
    assert [each.id for each in store.alerts_of("LowVoltage", "QT-a")] == ["alert-b", "alert-a"]
    assert store.alerts_of("LowVoltage", "nobody") == []


def test_what_fired_at_a_time(store: Store) -> None:
    """From its firing until its end; pending is not firing."""
    over = alert("a", State.RESOLVED, active_at=minutes(-90), fired_at=minutes(-80), resolved_at=minutes(-40))
    record(store, over, alert("b"), alert("c", State.PENDING))

    def firing(at: float) -> list[str]:
        return [each.id for each in store.firing_at(minutes(at))]

    assert firing(-85) == []
    assert firing(-80) == ["alert-a"]
    assert firing(-41) == ["alert-a"]
    assert firing(-40) == []
    assert firing(-5) == ["alert-b"]


def test_messages_about_alerts(store: Store) -> None:
    """In the order of their decisions, whatever their state, with titles alone; an id within another is not it."""
    record(store, alert("a"), alert("b"), alert("aa"))
    decide(store, delivery("a"), delivery("aa", group="h"), delivery("b", "-a", group="i", target="chat"))
    found = store.messages_about(["alert-a"])
    assert [(each.id, each.target, each.message.title, each.message.body) for each in found] == [
        (1, "mail", "[CRITICAL] ×1", ""),
        (3, "chat", "[CRITICAL] ×1", ""),
    ]
    assert [each.id for each in store.messages_about(["alert-aa", "alert-b"])] == [2, 3]
    assert store.messages_about([]) == []
    assert store.messages_about(["alert-%"]) == []


def test_what_fired_in_shadow(store: Store) -> None:
    """Over or not; pending is not told of anyway."""
    record(
        store,
        alert("a", shadow=True),
        alert("b", State.RESOLVED, shadow=True, active_at=minutes(-90)),
        alert("c", State.PENDING, shadow=True),
        alert("d"),
    )
    assert [each.id for each in store.fired_in_shadow()] == ["alert-b", "alert-a"]


def test_changes_in_shadow_do_not_count(store: Store) -> None:
    """Flapping is counted of what is live."""
    fired = [
        Transition(
            alert_id=f"alert-{name}",
            kind=TransitionKind.FIRED,
            at=minutes(-10),
            severity=Severity.CRITICAL,
            reason="breached",
        )
        for name in "ab"
    ]
    record(store, alert("a", shadow=True), alert("b"), transitions=fired)
    assert [each[1] for each in store.standing.changes_since(minutes(-60))] == ["QT-b"]


def test_episodes_of_one(store: Store) -> None:
    """Settled ones too, oldest first."""
    for number in (2, 1):
        episode = Episode(
            id=f"f{number}",
            rule="LowVoltage",
            subject="QT-a",
            alert_id="alert-a",
            severity=Severity.CRITICAL,
            count=4,
            began_at=minutes(number),
            ended_at=minutes(number + 0.5),
        )
        store.record_round(samples=[], cursors={}, alerts=[], transitions=[], episodes=[episode], now=NOW)
    decide(store, settled_episodes=["f1"])
    assert [each.id for each in store.standing.episodes_of("LowVoltage", "QT-a")] == ["f1", "f2"]
    assert store.standing.episodes_of("LowVoltage", "QT-b") == []


def test_the_newest_record_of_a_span(store: Store) -> None:
    """With all that it held, and what it lacked; packed or not."""
    samples = [
        sample("QT1", minutes(-30), voltage=12.0, temp=50.0),
        sample("QT1", minutes(-20), voltage=None, temp=51.0),
        sample("QT2", minutes(-15), voltage=9.0),
    ]
    store.record_round(samples=samples[1:], cursors={}, alerts=[], transitions=[], history=samples, now=NOW)
    for _ in range(2):
        found = store.newest_record("QT1", Source.CURRENT, minutes(-60), minutes(-20))
        assert found is not None
        assert (found.instrument, found.at) == ("QT1", minutes(-20))
        assert (found.values.get("voltage"), found.values.get("temp")) == (None, 51.0)
        earlier = store.newest_record("QT1", Source.CURRENT, minutes(-60), minutes(-21))
        assert earlier is not None
        assert earlier.values.get("voltage") == 12.0
        assert store.newest_record("QT1", Source.CURRENT, minutes(-19), NOW) is None
        assert store.newest_record("QT1", Source.STATS, minutes(-60), NOW) is None
        while store.pack_history(NOW + timedelta(hours=2)):
            pass
    assert [each.instrument for each in store.newest_of("QT2")] == ["QT2"]
    assert store.newest_of("QT3") == []

"""Alerts, transitions and what was told of them, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.errors import StoreError
from alertd.model import EndReason, Severity, State, Transition, TransitionKind
from alertd.store.alert_log import Fired
from alertd.store.store import Store
from tests.store.making import NOW, alert, decide, minutes, record, sample, told


@pytest.mark.parametrize(
    "each",
    [
        alert(state=State.PENDING, recorded_at=None, levels={}, params={}, values={}, labels={}),
        alert(stale_since=NOW),
        alert(state=State.RESOLVED, resolved_reason=EndReason.RULE_REMOVED),
        alert(own=True, rule="TargetFailing", subject="field-mail"),
        alert(explanation="ein \N{GREEK SMALL LETTER OMEGA} 'quoted' \"%s\" ? :name"),
    ],
    ids=["pending", "stale", "resolved", "own", "odd text"],
)
def test_an_alert_comes_back_as_it_was(store: Store, each: object) -> None:
    """Every field, exactly."""
    stored = each
    record(store, stored)  # type: ignore[arg-type]
    assert store.alert("alert-a") == stored


def test_a_round_is_written_whole_or_not_at_all(store: Store) -> None:
    """Where one alert is refused, neither the samples nor the cursors of its round are there."""
    record(store, alert("a"))
    twin = replace(alert("a"), id="another")
    with pytest.raises(StoreError):
        record(store, twin, samples=[sample("A", cpu=1.0)])
    assert store.newest() == []
    assert [each.id for each in store.active_alerts()] == ["alert-a"]


def test_only_one_alert_of_a_rule_and_subject_lives(store: Store) -> None:
    """The next may begin in the very round in which the last one ends, whatever their order there."""
    record(store, alert("a"))
    ended = replace(alert("a"), state=State.RESOLVED, resolved_at=NOW, resolved_reason=EndReason.RECOVERED)
    following = replace(alert("a", State.PENDING), id="aa-following", active_at=NOW)
    record(store, following, ended)
    assert store.active_alerts() == [following]
    assert store.alerts() == [following, ended]


@pytest.mark.parametrize(
    ("state", "given", "active", "open_"),
    [
        (State.PENDING, {}, True, False),
        (State.FIRING, {}, True, True),
        (State.RESOLVED, {}, False, True),
        (State.RESOLVED, {"fired_at": None}, False, False),
    ],
    ids=["pending", "firing", "just ended", "never fired"],
)
def test_what_is_active_and_what_is_open(
    store: Store, state: State, given: dict[str, None], active: bool, open_: bool
) -> None:
    """Active is for judging, open is for telling; what never fired is told to nobody."""
    record(store, alert("a", state, **given))
    assert bool(store.active_alerts()) is active
    assert bool(store.open_alerts()) is open_


def test_a_settled_alert_is_open_no_more(store: Store) -> None:
    """Nor does writing it again open it; one that still fires cannot be settled."""
    over, firing = alert("a", State.RESOLVED), alert("b")
    record(store, over, firing)
    decide(store, settled_alerts=[over.id, firing.id])
    record(store, replace(over, name="renamed"))
    assert store.open_alerts() == [firing]
    assert store.alert(over.id) == replace(over, name="renamed")


def test_transitions_come_in_the_order_they_happened(store: Store) -> None:
    """Each with all it says; those of another alert are left out."""
    steps = [
        Transition(alert_id="alert-a", kind=kind, at=NOW, severity=Severity.WARNING, reason="for 10m", explanation="x")
        for kind in (TransitionKind.PENDING, TransitionKind.FIRED, TransitionKind.STALE, TransitionKind.RESOLVED)
    ]
    other = replace(steps[0], alert_id="alert-b")
    record(store, transitions=[*steps[:2], other])
    record(store, transitions=steps[2:])
    assert store.transitions("alert-a") == steps
    assert store.transitions("nothing") == []


def test_alerts_are_listed_newest_first(store: Store) -> None:
    """All of them, those in some states, at most so many."""
    old, middle, new = (alert(name, active_at=minutes(age)) for name, age in (("x", -3), ("y", -2), ("z", -1)))
    middle = replace(middle, state=State.RESOLVED, resolved_at=NOW)
    record(store, middle, new, old)
    assert store.alerts() == [new, middle, old]
    assert store.alerts(limit=2) == [new, middle]
    assert store.alerts(states=[State.FIRING]) == [new, old]
    assert store.alerts(states=(state for state in (State.RESOLVED, State.PENDING))) == [middle]
    assert store.alert("nothing") is None


def test_what_targets_know_is_found_for_any_number_of_alerts(store: Store) -> None:
    """More than a database takes in one question, some twice, some unknown."""
    known = [told(str(number), firing_at=NOW, severity=Severity.INFO) for number in range(1200)]
    decide(store, settled=known)
    asked = [each.alert_id for each in known] * 2 + ["nothing"]
    assert sorted(store.told(asked), key=lambda each: int(each.alert_id[6:])) == known
    assert store.told([]) == []


def test_the_latest_of_what_a_target_knows_counts(store: Store) -> None:
    """Each field, also within one call."""
    full = told(
        severity=Severity.CRITICAL, firing_at=NOW, ended_at=minutes(1), maybe=True, gave_up_at=NOW, settled=True
    )
    decide(store, settled=[told(), full])
    assert store.told(["alert-a"]) == [full]
    decide(store, settled=[told(), told(target="slack")])
    assert sorted(store.told(["alert-a"]), key=lambda each: each.target) == [told(), told(target="slack")]


def test_a_renamed_rule_keeps_its_alerts(store: Store) -> None:
    """Living ones and ended ones that are still to be told, with their label; settled ones stay history."""
    living, ended, history = alert("a"), alert("b", State.RESOLVED), alert("c", State.RESOLVED)
    record(store, living, ended, history)
    decide(store, settled_alerts=[history.id])
    assert store.rename_rule("LowVoltage", "Battery") == 2
    assert [(each.rule, each.labels["alertname"]) for each in store.open_alerts()] == [("Battery", "Battery")] * 2
    assert store.alert(history.id) == history
    assert store.rename_rule("LowVoltage", "Battery") == 0


def test_a_renamed_rule_whose_new_name_lives_already_does_not_collide(store: Store) -> None:
    """The old one keeps its name, and will end because its rule is gone."""
    record(store, alert("a"), replace(alert("a"), id="new", rule="Battery"), alert("b"))
    assert store.rename_rule("LowVoltage", "Battery") == 1
    assert {(each.id, each.rule) for each in store.active_alerts()} == {
        ("alert-a", "LowVoltage"),
        ("new", "Battery"),
        ("alert-b", "Battery"),
    }


def test_timers_keep_microseconds(store: Store) -> None:
    """A `for` of an odd length resumes where it stood."""
    level = replace(alert().levels[Severity.CRITICAL], breached_for=timedelta(days=40, microseconds=1))
    record(store, alert(levels={Severity.CRITICAL: level}))
    assert store.active_alerts()[0].levels == {Severity.CRITICAL: level}


def test_how_often_a_rule_fired(store: Store) -> None:
    """By rule, the time within the span alone; what was over before it is left out, and what never fired."""
    record(
        store,
        alert("now", rule="Low", fired_at=minutes(-10)),
        alert("long", State.RESOLVED, rule="Low", fired_at=minutes(-500), resolved_at=minutes(-50)),
        alert("old", State.RESOLVED, rule="Low", fired_at=minutes(-500), resolved_at=minutes(-200)),
        alert("wait", State.PENDING, rule="Low"),
        alert("hot", State.RESOLVED, rule="Hot", fired_at=minutes(-30), resolved_at=minutes(-20)),
    )
    fired = store.fired_since(minutes(-60), NOW)
    assert fired == {
        "Low": Fired(times=1, firing=1, lasted=timedelta(minutes=20), last=minutes(-10)),
        "Hot": Fired(times=1, firing=0, lasted=timedelta(minutes=10), last=minutes(-30)),
    }
    assert {each.id for each in store.alerts_of_rule("Low", limit=9)} == {
        "alert-now",
        "alert-long",
        "alert-old",
        "alert-wait",
    }
    assert len(store.alerts_of_rule("Low", limit=2)) == 2

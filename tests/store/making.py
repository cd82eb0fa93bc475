"""Values to store."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alertd.model import (
    Alert,
    Delivery,
    DeliveryState,
    EndReason,
    LevelState,
    Message,
    NotifyReason,
    Sample,
    Says,
    Severity,
    Source,
    State,
    TargetHealth,
    Told,
    Transition,
)
from alertd.notify.known import Plan
from alertd.store.store import Store

NOW = datetime(2026, 11, 24, 2, 10, 30, 123457, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def minutes(count: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(minutes=count)


def alert(name: str = "a", state: State = State.FIRING, **given: Any) -> Alert:
    """An alert of its own rule and subject with every field set; `given` replaces what is told of it."""
    usual: dict[str, Any] = {
        "id": f"alert-{name}",
        "rule": "LowVoltage",
        "subject": f"QT-{name}",
        "state": state,
        "severity": Severity.CRITICAL,
        "labels": {"alertname": "LowVoltage", "instrument": f"QT-{name}", "site": "Quarry Ä"},
        "values": {"current.voltage": 11.21, "status.online": True, "sic.status": "Error", "stats.ping": None},
        "explanation": "voltage 11.21 V < 11.3 V",
        "name": "Quarry A north",
        "model": "CR:900",
        "params": {"low": 11.3, "word": "x", "flag": False},
        "active_at": minutes(-20),
        "fired_at": None if state is State.PENDING else minutes(-10),
        "levels": {
            Severity.WARNING: LevelState(phase=State.FIRING, active_at=minutes(-30), clear_for=timedelta(seconds=1.5)),
            Severity.CRITICAL: LevelState(
                phase=State.PENDING, active_at=minutes(-20), breached_for=timedelta(minutes=3), observed_at=NOW
            ),
            Severity.INFO: LevelState(),
        },
        "recorded_at": NOW,
    }
    if state is State.RESOLVED:
        usual |= {"resolved_at": NOW, "resolved_reason": EndReason.RECOVERED}
    return Alert(**{**usual, **given})


def delivery(*says: str, target: str = "mail", group: str = "g", **given: Any) -> Delivery:
    """A queued message; `says` are names of alerts, `-a` for the end of a."""
    usual: dict[str, Any] = {
        "id": 0,
        "target": target,
        "group_key": group,
        "reason": NotifyReason.FIRST,
        "message": Message(title="[CRITICAL] ×1", body="body", html="<p>body</p>", type="failure"),
        "says": tuple(
            Says(alert_id=f"alert-{each.lstrip('-')}", severity=Severity.CRITICAL, ended=each.startswith("-"))
            for each in says
        ),
        "state": DeliveryState.QUEUED,
        "decided_at": NOW,
        "due_at": NOW,
    }
    return Delivery(**{**usual, **given})


def sample(serial: str, at: datetime = NOW, source: Source = Source.CURRENT, **values: Any) -> Sample:
    """One record."""
    return Sample(instrument=serial, source=source, at=at, values=values)


def record(
    store: Store,
    *alerts: Alert,
    samples: Sequence[Sample] = (),
    cursors: Mapping[tuple[Source, str], datetime] | None = None,
    transitions: Sequence[Transition] = (),
    now: datetime = NOW,
) -> None:
    """One round, of which only what matters is given."""
    store.record_round(samples=samples, cursors=cursors or {}, alerts=alerts, transitions=transitions, now=now)


def decide(store: Store, *new: Delivery, supersede: Iterable[int] = (), **given: Any) -> list[Delivery]:
    """Decisions, of which only what matters is given."""
    now = given.pop("now", NOW)
    timings = list(given.pop("timings", ()))
    messages = []
    for each in new:
        own = [timing for timing in timings if (timing.target, timing.group_key) == (each.target, each.group_key)]
        timings = [timing for timing in timings if timing not in own]
        messages.append((each, own))
    plan = Plan(supersede=tuple(supersede), **{name: tuple(values) for name, values in given.items()})
    assert not timings, "each belongs to a message"
    return store.record_decisions(plan, messages, now)


def finish(
    store: Store, claimed: Delivery | None, state: DeliveryState = DeliveryState.DELIVERED, **given: Any
) -> None:
    """The outcome of an attempt."""
    assert claimed is not None
    health = given.pop("health", TargetHealth(target=claimed.target))
    store.record_outcome(claimed, state=state, health=health, **{"now": NOW, **given})


def told(name: str = "a", target: str = "mail", **given: Any) -> Told:
    """What a target knows of an alert."""
    return Told(alert_id=f"alert-{name}", target=target, **given)

"""Whether a poll costs more the more there is on record: the same rounds over an empty store and over a full one."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from alertd.model import (
    Alert,
    Delivery,
    DeliveryState,
    EndReason,
    Message,
    NotifyReason,
    Sample,
    Says,
    Severity,
    Source,
    State,
    Timing,
    Transition,
    TransitionKind,
)
from alertd.notify.known import Plan
from alertd.store.store import Store
from benchmarks.config import ONLY_CURRENT, write_config
from benchmarks.simulation import Simulation
from benchmarks.table import Table
from benchmarks.worker import Costs, Worker, alternate

ROUNDS = 15
AT_ONCE = 1_000
STEPS = 4
"""Transitions of each alert."""


@dataclass(frozen=True)
class PastCosts:
    """The same rounds twice."""

    instruments: int
    alerts: int
    empty: Costs
    full: Costs


def measure(instruments: int, alerts: int, seconds: float, folder: Path) -> tuple[PastCosts, PastCosts]:
    """Polls, and looks of the dispatcher, without and with `alerts` of the past on record, all told and over."""
    with Simulation(instruments) as simulation:
        configs = [write_config(folder / name, simulation, batch=100, poll=ONLY_CURRENT) for name in ("empty", "full")]
        fill(folder / "full", simulation.serials, alerts)
        found = []
        for what in ("poll", "dispatch"):
            workers = [Worker.alertd(config) for config in configs]
            alternate(workers, ROUNDS, seconds, what)
            found.append(PastCosts(instruments, alerts, workers[0].costs, workers[1].costs))
        return found[0], found[1]


def table(polls: PastCosts, dispatch: PastCosts) -> Table:
    """One line for each job."""
    title = (
        f"An empty store against one with {polls.alerts:,} past alerts, {STEPS * polls.alerts:,} transitions, "
        f"{2 * polls.alerts:,} deliveries and {polls.alerts:,} samples of history; least (median)"
    )
    table = Table(title, ["job", "empty", "full", "full ÷ empty"])
    for name, costs, unit in (
        ("poll, µs an instrument", polls, 1e6 / polls.instruments),
        ("look of the dispatcher, ms", dispatch, 1e3),
    ):
        table.add(
            name,
            *(f"{min(each.cpu) * unit:.1f} ({median(each.cpu) * unit:.1f})" for each in (costs.empty, costs.full)),
            f"{min(costs.full.cpu) / min(costs.empty.cpu):.2f}",
        )
    return table


def fill(folder: Path, serials: Sequence[str], count: int) -> None:
    """A store with so many alerts that are over and told, their transitions, deliveries, and samples."""
    now = datetime.now(UTC)
    with Store.open("sqlite:///alertd.db", base=folder, work=True) as store:
        for start in range(0, count, AT_ONCE):
            numbers = range(start, min(count, start + AT_ONCE))
            alerts = [_alert(number, serials[number % len(serials)], now) for number in numbers]
            store.record_round(
                samples=[],
                cursors={},
                alerts=alerts,
                transitions=[step for alert in alerts for step in _transitions(alert)],
                history=[_sample(alert) for alert in alerts],
                now=now,
            )
            plan = Plan(settled_alerts=tuple(alert.id for alert in alerts))
            store.record_decisions(plan, [each for alert in alerts for each in _messages(alert, now)], now)
    with sqlite3.connect(folder / "alertd.db") as database:
        database.execute("UPDATE deliveries SET state = ?, delivered_at = decided_at", (DeliveryState.DELIVERED.value,))
    database.close()


def _alert(number: int, serial: str, now: datetime) -> Alert:
    began = now - timedelta(days=1, seconds=number)
    return Alert(
        id=f"past-{number}",
        rule="SupplyVoltage",
        subject=serial,
        state=State.RESOLVED,
        severity=Severity.WARNING,
        labels={"site": "Quarry A"},
        values={"current.voltage": 11.21},
        explanation="voltage 11.21 V < 11.3 V",
        name=f"Monitor {serial}",
        model="CR:900",
        params={"warning": 11.3},
        active_at=began,
        fired_at=began + timedelta(minutes=15),
        resolved_at=began + timedelta(hours=1),
        resolved_reason=EndReason.RECOVERED,
        recorded_at=began + timedelta(minutes=15),
    )


def _transitions(alert: Alert) -> Iterator[Transition]:
    kinds = (TransitionKind.PENDING, TransitionKind.FIRED, TransitionKind.STALE, TransitionKind.RESOLVED)
    for kind in kinds[:STEPS]:
        yield Transition(
            alert_id=alert.id,
            kind=kind,
            at=alert.active_at,
            severity=alert.severity,
            reason=kind.value,
            explanation=alert.explanation,
        )


def _sample(alert: Alert) -> Sample:
    values = {"cpu": 12.2, "mem": 8.3, "temp": 51.1, "voltage": 11.2, "disk": 0.2, "network": 3.7, "uptime": 900.0}
    return Sample(instrument=alert.subject, source=Source.CURRENT, at=alert.active_at, values=values)


def _messages(alert: Alert, now: datetime) -> Iterator[tuple[Delivery, Sequence[Timing]]]:
    timing = Timing(group_key=alert.subject, target="sink", last_message_at=now)
    for ended in (False, True):
        delivery = Delivery(
            id=0,
            target="sink",
            group_key=alert.subject,
            reason=NotifyReason.ALL_RESOLVED if ended else NotifyReason.FIRST,
            message=Message(title=f"SupplyVoltage {alert.subject}", body=alert.explanation),
            says=(Says(alert_id=alert.id, severity=alert.severity, ended=ended),),
            state=DeliveryState.QUEUED,
            decided_at=now,
            due_at=now,
        )
        yield delivery, [timing]

"""Alerts, silences and routes for the tests of what stands between an alert and its targets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alertd.alerts.flapping import Episode
from alertd.matchers import parse_matcher
from alertd.model import Alert, EndReason, Severity, State, Told
from alertd.notify.groups import Routing
from alertd.notify.known import Known, Plan
from alertd.notify.plan import plan
from alertd.notify.routes import Policy, Route
from alertd.notify.silences import Silence
from alertd.notify.standing import Held, HoldKind

NOW = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy(group_wait=timedelta(0), group_interval=5 * MINUTE)
ROOT = Route(receiver="team", policy=POLICY, group_by=("alertname", "instrument"))
ROUTING = Routing(root=ROOT, receivers={"team": ("mail",)})


def an_alert(
    name: str = "LowVoltage/QT1",
    *,
    over: bool = False,
    lasted: int = 60,
    severity: Severity = Severity.WARNING,
    breached_at: datetime = NOW,
    own: bool = False,
    **labels: str,
) -> Alert:
    """`RULE/SERIAL`, fired two hours ago; `over` after so many minutes."""
    rule, _, serial = name.partition("/")
    fired_at = NOW - 120 * MINUTE
    return Alert(
        id=name,
        rule=rule,
        subject=serial,
        state=State.RESOLVED if over else State.FIRING,
        severity=severity,
        labels={
            "alertname": rule,
            "instrument": "" if own else serial,
            "severity": severity.word,
            **({"source": "alertd"} if own else {}),
            **labels,
        },
        values={},
        explanation="",
        active_at=fired_at,
        fired_at=fired_at,
        resolved_at=fired_at + lasted * MINUTE if over else None,
        resolved_reason=EndReason.RECOVERED if over else None,
        recorded_at=fired_at,
        breached_at=breached_at,
        closed_at=fired_at + lasted * MINUTE if over else None,
        own=own,
    )


def a_silence(*matchers: str, hours: float | None = 2, until_resolved: bool = False, **more: object) -> Silence:
    """Began an hour ago; ends in so many hours."""
    silence = Silence(
        id="5115",
        matchers=tuple(map(parse_matcher, matchers or ('instrument="QT1"',))),
        starts_at=NOW - 60 * MINUTE,
        ends_at=None if hours is None or until_resolved else NOW + timedelta(hours=hours),
        until_resolved=until_resolved,
        reason="battery swap",
        created_at=NOW - 60 * MINUTE,
    )
    return replace(silence, **more)  # type: ignore[arg-type]


def was_told(name: str = "LowVoltage/QT1", target: str = "mail", **more: object) -> Told:
    """It was told that it fires, as a warning."""
    told = Told(alert_id=name, target=target, severity=Severity.WARNING, firing_at=NOW - 60 * MINUTE)
    return replace(told, **more)  # type: ignore[arg-type]


def was_held(
    of: str = "LowVoltage/QT1", target: str = "mail", kind: HoldKind = HoldKind.SILENCE, **more: object
) -> Held:
    """It was held until just now."""
    held = Held(alert_id=of, target=target, kind=kind, name="silence 5115", why="battery swap", since=NOW - 60 * MINUTE)
    return replace(held, **more)  # type: ignore[arg-type]


def an_episode(alert: Alert, **more: object) -> Episode:
    """Flapping since an hour ago, with this as its newest alert."""
    episode = Episode(
        id="episode",
        rule=alert.rule,
        subject=alert.subject,
        alert_id=alert.id,
        severity=alert.severity,
        count=4,
        began_at=NOW - 60 * MINUTE,
    )
    return replace(episode, **more)  # type: ignore[arg-type]


def planned(*alerts: Alert, routing: Routing = ROUTING, told: tuple[Told, ...] = (), **more: object) -> Plan:
    """What is decided now."""
    keyed = {
        name: {key(each): each for each in more.pop(name)}  # type: ignore[attr-defined]
        for name, key in (
            ("held", lambda each: (each.alert_id, each.target)),
            ("clocks", lambda each: (each.alert_id, each.receiver)),
            ("timings", lambda each: (each.target, each.group_key)),
        )
        if name in more
    }
    known = Known(alerts=alerts, told={(each.alert_id, each.target): each for each in told}, **keyed, **more)  # type: ignore[arg-type]
    return plan(known, routing, NOW)


def told_of(result: Plan) -> list[str]:
    """`target reason: +fires -ended` for each message."""
    return [
        f"{order.target} {order.reason.value}: "
        + " ".join([*(f"+{alert.id}" for alert in order.firing), *(f"-{alert.id}" for alert in order.resolved)])
        for order in result.orders
    ]

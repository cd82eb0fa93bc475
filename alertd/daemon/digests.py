"""What a receiver's digest says: lists of what is routed to it, from plain values. Pure.

Lists in the order in which they matter in the morning: what fires, what changed, then what will need a hand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertd.alerts.flapping import Episode
from alertd.model import Alert, Delivery, State
from alertd.notify.decide import worst_first
from alertd.notify.letter import Digest, Line, Section
from alertd.notify.plain_text import one_line
from alertd.notify.render_context import ENDED
from alertd.notify.render_title import first_reading, who
from alertd.notify.render_words import count, day, duration, number, stamp, thousands
from alertd.notify.standing import Ack
from alertd.notify.wallclock import zone_of

LOWEST = 10
"""Voltages that are listed."""
CALIBRATION_AHEAD = timedelta(days=14)
SIM_SHARE = 0.8
"""Of its quota: a SIM that used more is listed."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor, as a digest speaks of it."""

    serial: str
    name: str = ""
    voltage: float | None = None
    calibration_due_at: datetime | None = None
    """Its newest calibration and the limit of its rule on the age of one; None where there is neither."""
    sim_used: float | None = None
    """Megabytes."""
    sim_quota: float | None = None

    @property
    def who(self) -> str:
        """`Quarry A north (QT123456)`."""
        serial = one_line(self.serial)
        return f"{one_line(self.name)} ({serial})" if self.name else serial


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a digest is made from."""

    due_at: datetime
    since: datetime
    """When the digest before this one was due."""
    zone: str
    alerts: Sequence[Alert]
    """Routed to the receiver: firing, and ended since then."""
    held: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By alert id: what holds it back from the receiver."""
    flapping: Sequence[tuple[Episode, Alert]] = ()
    """Each with its newest alert."""
    acks: Mapping[str, Ack] = field(default_factory=dict)
    """By alert id, of those that stand."""
    monitors: Sequence[Monitor] = ()
    undelivered: Sequence[Delivery] = ()
    idle_rules: Sequence[str] = ()
    """Rules without a monitor."""


def digest_of(facts: Facts) -> Digest:
    """The digest, without the lists that would be empty."""
    firing = [alert for alert in facts.alerts if alert.state is State.FIRING]
    ended = [alert for alert in facts.alerts if alert.state is State.RESOLVED]
    lists = {
        "Firing": [_fires(alert, facts) for alert in worst_first(firing)],
        "Began": [_began(alert, facts) for alert in worst_first(facts.alerts) if _is_new(alert, facts)],
        "Ended": [_ended(alert, facts) for alert in worst_first(ended)],
        "Flapping": [_flaps(episode, newest, facts) for episode, newest in facts.flapping],
        "Acknowledged": [_acknowledged(alert, facts) for alert in worst_first(firing) if alert.id in facts.acks],
        "Lowest voltages": list(_voltages(facts.monitors)),
        "Calibrations due": list(_calibrations(facts)),
        "SIMs nearly used up": list(_sims(facts.monitors)),
        "Not delivered": [_undelivered(each, facts) for each in facts.undelivered],
        "Rules without a monitor": [Line(one_line(name)) for name in sorted(facts.idle_rules)],
    }
    return Digest(
        due_at=facts.due_at,
        firing=len(firing),
        ended=len(ended),
        zone=facts.zone,
        sections=tuple(Section(title, tuple(lines)) for title, lines in lists.items() if lines),
    )


def _fires(alert: Alert, facts: Facts) -> Line:
    held = f"; held by {one_line(', '.join(facts.held[alert.id]))}" if alert.id in facts.held else ""
    stale = f"; no data since {_stamp(alert.stale_since, alert, facts)}" if alert.stale_since else ""
    reading = first_reading(alert)
    what = f"{alert.severity.name} {_what(alert)}{f' {reading}' if reading else ''}"
    return Line(f"{what}, since {_stamp(alert.active_at, alert, facts)}{stale}{held}", alert.id)


def _began(alert: Alert, facts: Facts) -> Line:
    return Line(f"{_what(alert)}, {_stamp(alert.active_at, alert, facts)}", alert.id)


def _ended(alert: Alert, facts: Facts) -> Line:
    until = alert.resolved_at or facts.due_at
    why = ENDED[alert.resolved_reason] if alert.resolved_reason else "over"
    span = duration(until - alert.active_at)
    return Line(f"{_what(alert)}, until {_stamp(until, alert, facts)} ({span}): {why}", alert.id)


def _flaps(episode: Episode, newest: Alert, facts: Facts) -> Line:
    changes, since = count(episode.count, "change", "changes"), _stamp(episode.began_at, newest, facts)
    stands = "fires now" if newest.state is State.FIRING else "clear now"
    return Line(f"{_what(newest)}: {changes} since {since}, {stands}")


def _acknowledged(alert: Alert, facts: Facts) -> Line:
    ack = facts.acks[alert.id]
    until = f" until {_stamp(ack.until, alert, facts)}" if ack.until is not None else ""
    note = f": {one_line(ack.note)}" if ack.note else ""
    return Line(f"{_what(alert)}, by {one_line(ack.by)}{until}{note}", alert.id)


def _voltages(monitors: Iterable[Monitor]) -> Iterator[Line]:
    known = [(each.voltage, each.who) for each in monitors if each.voltage is not None]
    for voltage, subject in sorted(known)[:LOWEST]:
        yield Line(f"{number(voltage, 2)} V · {subject}")


def _calibrations(facts: Facts) -> Iterator[Line]:
    known = [(each.calibration_due_at, each.who) for each in facts.monitors if each.calibration_due_at is not None]
    for due_at, subject in sorted(known):
        if due_at <= facts.due_at + CALIBRATION_AHEAD:
            words = "overdue since" if due_at < facts.due_at else "due"
            yield Line(f"{subject}: {words} {day(due_at.astimezone(zone_of(facts.zone)))}")


def _sims(monitors: Iterable[Monitor]) -> Iterator[Line]:
    known = [
        (each.sim_used / each.sim_quota, each.sim_quota, each.who)
        for each in monitors
        if each.sim_used is not None and each.sim_quota
    ]
    for share, quota, subject in sorted(known, reverse=True):
        if share > SIM_SHARE:
            yield Line(f"{subject}: {number(100 * share, 0)} % of {thousands(round(quota))} MB")


def _undelivered(delivery: Delivery, facts: Facts) -> Line:
    at = stamp(delivery.decided_at.astimezone(zone_of(facts.zone)), facts.due_at)
    why = f" ({one_line(delivery.error)})" if delivery.error else ""
    return Line(f"{one_line(delivery.target)}, {at}: {one_line(delivery.message.title)}{why}")


def _is_new(alert: Alert, facts: Facts) -> bool:
    began_at = alert.recorded_at or alert.fired_at
    return began_at is not None and began_at > facts.since


def _what(alert: Alert) -> str:
    return f"{one_line(alert.rule)} · {who(alert)}"


def _stamp(at: datetime, alert: Alert, facts: Facts) -> str:
    zone = zone_of(alert.labels.get("timezone") or facts.zone)
    return stamp(at.astimezone(zone), facts.due_at)

"""What happened to an alert: the steps of its own life, and what people did about it meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.matchers import all_match
from alertd.model import Alert, Transition
from alertd.notify.standing import Ack
from alertd.web.house import House, StatedSilence


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened, at its time."""

    at: datetime
    what: str
    severity: str = ""
    """Of a step of the alert's own."""
    by: str = ""
    """Who did it; empty where nobody did."""
    until: datetime | None = None
    """Until when what a person did counts or counted."""
    lasts: str = ""
    """How long it does, where that is no time."""
    says: Sequence[str] = ()


def steps(house: House, alert: Alert) -> list[Step]:
    """All of them, oldest first; of the silences those that were made while it lasted."""
    found = [_of_life(each) for each in house.store.transitions(alert.id)]
    found += [_of_ack(each) for each in house.store.standing.acks([alert.id])]
    found += [_of_silence(each) for each in _silences(house, alert)]
    return sorted(found, key=lambda step: step.at)


def _silences(house: House, alert: Alert) -> Iterator[StatedSilence]:
    end = alert.closed_at or alert.resolved_at
    meant = [
        each
        for each in house.store.standing.silences()
        if alert.active_at <= each.created_at
        and (end is None or each.created_at <= end)
        and all_match(each.matchers, alert.labels)
    ]
    return iter(house.stated(meant))


def _of_life(transition: Transition) -> Step:
    return Step(
        at=transition.at,
        what=transition.kind.value,
        severity=transition.severity.word,
        says=[each for each in (transition.reason, transition.explanation) if each],
    )


def _of_ack(ack: Ack) -> Step:
    says = [ack.note] if ack.note else []
    return Step(at=ack.at, what="acknowledged", by=ack.by, until=ack.over_at, lasts="until it ends", says=says)


def _of_silence(stated: StatedSilence) -> Step:
    silence = stated.silence
    return Step(
        at=silence.created_at,
        what="silenced",
        by=silence.author,
        until=silence.expired_at if silence.rrule else stated.ends_at,
        lasts="again and again" if silence.rrule else "until nothing that matches fires",
        says=[silence.reason, ", ".join(map(str, silence.matchers))],
    )

"""Where each alert stands with each target: told of in the ordinary way, held, released, flapping, or done with. Pure.

Every (alert, target) is in one place at a time, so nothing is told twice and nothing falls between two.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from alertd.model import Alert, State, Told
from alertd.notify.decide import knows, outlasted, risen_above
from alertd.notify.holds import held_by
from alertd.notify.routes import Policy
from alertd.notify.standing import Held, Hold, HoldKind, QuietMode


class Place(Enum):
    """What becomes of an alert for a target now."""

    ORDINARY = "told of in its group"
    HELD = "not told of now"
    RELEASED = "told of in the message at a hold's end"
    COMPANION = "named in that message where there is one, else ordinary"
    IN_DIGEST = "told of in the receiver's next digest"
    SETTLED = "never told of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One alert and one target, with all that decides what the target hears of it."""

    alert: Alert
    target: str
    told: Told | None
    holds: tuple[Hold, ...] = ()
    held: Held | None = None
    cause_closed_at: datetime | None = None
    """When the end of what explained or inhibited it was recorded."""
    policy: Policy

    @property
    def over(self) -> bool:
        """Whether the alert has ended."""
        return self.alert.state is State.RESOLVED


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a pair stands, and what to remember of its holds."""

    place: Place
    held: Held | None = None


def place(pair: Pair, now: datetime) -> Placed:
    """Where one alert stands with one target."""
    if pair.holds:
        return _while_held(pair, held_by(pair.alert.id, pair.target, pair.holds, pair.held, now))
    if pair.held is None:
        return Placed(Place.ORDINARY)
    released_at = pair.held.released_at or pair.cause_closed_at or now
    return _released(pair, replace(pair.held, released_at=released_at))


def _while_held(pair: Pair, held: Held) -> Placed:
    if any(hold.timed for hold in pair.holds):
        return Placed(Place.HELD, held)
    if not pair.over:
        return Placed(Place.HELD, held)
    if knows(pair.told):
        return Placed(Place.ORDINARY)
    only_silenced = all(hold.kind is HoldKind.SILENCE for hold in pair.holds)
    return Placed(Place.HELD, held) if only_silenced and held.tells else Placed(Place.SETTLED)


def _released(pair: Pair, held: Held) -> Placed:
    if held.kind in (HoldKind.CAUSE, HoldKind.INHIBITION):
        return _let_go(pair, held)
    if held.kind is HoldKind.SILENCE:
        return _after_silence(pair, held)
    return _after_quiet(pair, held)


def _let_go(pair: Pair, held: Held) -> Placed:
    """A symptom whose cause ended is told once it was judged breached since; unknown waits, clear is never told."""
    if knows(pair.told):
        return Placed(Place.ORDINARY)
    if pair.over:
        return Placed(Place.SETTLED)
    breached_at, released_at = pair.alert.breached_at, held.released_at
    if breached_at is not None and released_at is not None and breached_at >= released_at:
        return Placed(Place.ORDINARY)
    return Placed(Place.HELD, held)


def _after_silence(pair: Pair, held: Held) -> Placed:
    if pair.over and knows(pair.told):
        return Placed(Place.ORDINARY)
    if pair.over and not (held.tells and outlasted(pair.alert, pair.policy)):
        return Placed(Place.SETTLED)
    return Placed(Place.RELEASED, held)


def _after_quiet(pair: Pair, held: Held) -> Placed:
    known = knows(pair.told)
    if pair.over and not known and (held.mode is QuietMode.DROP or not outlasted(pair.alert, pair.policy)):
        return Placed(Place.SETTLED)
    unchanged = known and not pair.over and not risen_above(pair.told, pair.alert)
    if held.mode is QuietMode.DIGEST:
        return Placed(Place.ORDINARY) if unchanged else Placed(Place.IN_DIGEST, held)
    return Placed(Place.COMPANION if unchanged else Place.RELEASED, held)

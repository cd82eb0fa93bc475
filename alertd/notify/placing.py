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
    routed: bool = True
    """False where the target was told once and the routes lead elsewhere now: only the ending is its business."""
    holds: tuple[Hold, ...] = ()
    held: Held | None = None
    hold_goes_on: bool = False
    """What held it goes on, though not for this alert any more: that is no hold's end."""
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
    if not pair.routed and not pair.over:
        return Placed(Place.ORDINARY)
    if pair.holds:
        return _while_held(pair, held_by(pair.alert.id, pair.target, pair.holds, pair.held, now))
    if pair.held is None or pair.hold_goes_on:
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
    cause_closed_at, breached_at = pair.cause_closed_at, pair.alert.breached_at
    if cause_closed_at is not None and (breached_at is None or breached_at < cause_closed_at):
        # Something explained it as well, and it was not judged breached since: it is a symptom that is let go.
        return _let_go(pair, replace(held, kind=HoldKind.CAUSE, released_at=cause_closed_at))
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
    if held.mode is QuietMode.DIGEST and pair.routed:  # a digest lists what is routed to its receiver
        at_once = unchanged or _is_news_since(held.released_at, pair)
        return Placed(Place.ORDINARY) if at_once else Placed(Place.IN_DIGEST, held)
    return Placed(Place.COMPANION if unchanged else Place.RELEASED, held)


def _is_news_since(quiet_ended_at: datetime | None, pair: Pair) -> bool:
    """Whether more happened after the quiet hours: it got worse, or what the target knew of ended."""
    if quiet_ended_at is None:
        return False
    alert = pair.alert
    if pair.over:
        return knows(pair.told) and alert.closed_at is not None and alert.closed_at > quiet_ended_at
    level = alert.levels.get(alert.severity)
    return level is not None and level.active_at is not None and level.active_at + level.breached_for > quiet_ended_at

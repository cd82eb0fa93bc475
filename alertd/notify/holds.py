"""What holds an alert back from a target now: silences, causes, inhibitions, times of day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.matchers import Matcher, all_match
from alertd.model import Alert
from alertd.notify.causes import Causes, cause_name
from alertd.notify.inhibition import Inhibitions, InhibitRule, inhibition_name
from alertd.notify.routes import Route
from alertd.notify.silences import Silence, holds, is_on
from alertd.notify.standing import Held, Hold, HoldKind, QuietMode
from alertd.notify.wallclock import TimeInterval

TIMEZONE_LABEL = "timezone"

MUTES, ACTIVATES = "mute", "active"
"""Whether an interval holds while it is on, or while it is not."""

_SAYS_THE_END = (
    HoldKind.QUIET_HOURS,
    HoldKind.INTERVAL,
    HoldKind.SILENCE,
    HoldKind.CAUSE,
    HoldKind.INHIBITION,
)
"""Which of several holds says how their end is told, first one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When a receiver wants to hear nothing, and what becomes of it."""

    intervals: tuple[TimeInterval, ...]
    mode: QuietMode = QuietMode.DEFER
    bypass: tuple[Matcher, ...] = ()
    """What matches all of these goes at once, its ending too; none: nothing does."""

    def hold(self, labels: Mapping[str, str], now: datetime) -> bool:
        """Whether they hold an alert with these labels now; without a location they are UTC."""
        if self.bypass and all_match(self.bypass, labels):
            return False
        return self.are_on(now)

    def are_on(self, now: datetime) -> bool:
        """Whether it is such a time."""
        return any(each.contains(now, "UTC") for each in self.intervals)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTerms:
    """What of the config holds messages back."""

    inhibit_rules: tuple[InhibitRule, ...] = ()
    intervals: Mapping[str, tuple[TimeInterval, ...]] = field(default_factory=dict)
    """Named time intervals."""
    quiet_hours: Mapping[str, QuietHours] = field(default_factory=dict)
    """By receiver."""


class Holds:
    """Everything that may hold an alert back at one moment."""

    def __init__(
        self,
        silences: Sequence[Silence],
        causes: Causes,
        inhibitions: Inhibitions,
        terms: HoldTerms,
        now: datetime,
    ) -> None:
        self._silences = silences
        self._silence_by_id = {silence.id: silence for silence in silences}
        self._causes = causes
        self._inhibitions = inhibitions
        self._terms = terms
        self._now = now

    def on_alert(self, alert: Alert) -> tuple[Hold, ...]:
        """What holds it back from everybody: silences, what explains it, what inhibits it."""
        found = [*self.silenced(alert.labels)]
        cause = self._causes.of(alert)
        if cause is not None:
            found.append(Hold(kind=HoldKind.CAUSE, name=cause_name(cause), ref=cause.id))
        source = self._inhibitions.of(alert)
        if source is not None:
            found.append(Hold(kind=HoldKind.INHIBITION, name=inhibition_name(source), ref=source.id))
        return tuple(found)

    def silenced(self, labels: Mapping[str, str]) -> list[Hold]:
        """The silences that hold an alert with these labels."""
        return [
            Hold(
                kind=HoldKind.SILENCE,
                name=f"silence {silence.id}",
                ref=silence.id,
                why=silence.reason,
                tells=not silence.until_resolved,
            )
            for silence in self._silences
            if holds(silence, labels, self._now)
        ]

    def on_way(
        self, labels: Mapping[str, str], route: Route | None, receiver: str, began_at: datetime | None = None
    ) -> tuple[Hold, ...]:
        """What holds it back on the way to one receiver: the route's times, the receiver's quiet hours.

        What began before quiet hours that drop, and could not be told, is deferred: only what began inside is left out.
        """
        found = [] if route is None else self._off_times(labels, route)
        quiet = self._terms.quiet_hours.get(receiver)
        if quiet is not None and quiet.hold(labels, self._now):
            drops = quiet.mode is QuietMode.DROP
            began_before = drops and began_at is not None and not quiet.hold(labels, began_at)
            mode = QuietMode.DEFER if began_before else quiet.mode
            found.append(Hold(kind=HoldKind.QUIET_HOURS, name=f"quiet_hours {receiver}", mode=mode))
        return tuple(found)

    def _off_times(self, labels: Mapping[str, str], route: Route) -> list[Hold]:
        zone = labels.get(TIMEZONE_LABEL) or "UTC"
        refs = {name: MUTES for name in route.mute_time_intervals if self._within(name, zone)}
        if route.active_time_intervals and not any(self._within(name, zone) for name in route.active_time_intervals):
            refs = dict.fromkeys(route.active_time_intervals, ACTIVATES) | refs
        return [
            Hold(kind=HoldKind.INTERVAL, name=f"interval {name}", ref=f"{ref} {name}") for name, ref in refs.items()
        ]

    def goes_on(self, held: Held, labels: Mapping[str, str], receiver: str) -> bool:
        """Whether what held an alert goes on, though not for this one any more: it got worse, or its labels changed."""
        if held.kind is HoldKind.SILENCE:
            silence = self._silence_by_id.get(held.ref)
            return silence is not None and is_on(silence, labels, self._now)
        if held.kind is HoldKind.QUIET_HOURS:
            quiet = self._terms.quiet_hours.get(receiver)
            return quiet is not None and quiet.are_on(self._now)
        when, _, name = held.ref.partition(" ")
        if held.kind is not HoldKind.INTERVAL or name not in self._terms.intervals:
            return False
        return self._within(name, labels.get(TIMEZONE_LABEL) or "UTC") is (when == MUTES)

    def _within(self, name: str, zone: str) -> bool:
        return any(each.contains(self._now, zone) for each in self._terms.intervals[name])


def held_by(alert_id: str, target: str, now_holding: Sequence[Hold], before: Held | None, now: datetime) -> Held:
    """What to keep of a hold, so that its end can be told; what held before and still does goes on."""
    first = min(now_holding, key=lambda hold: (_SAYS_THE_END.index(hold.kind), not hold.tells))
    return Held(
        alert_id=alert_id,
        target=target,
        kind=first.kind,
        name=first.name,
        ref=first.ref,
        why=first.why,
        mode=first.mode,
        tells=first.tells,
        since=before.since if before is not None else now,
    )

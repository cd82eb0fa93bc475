"""How each silence stands, with the one time that it is on now or will be on next."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from alertd.daemon.muting import state_among
from alertd.daemon.silencing import zones_of
from alertd.model import Instrument
from alertd.notify.silences import Silence, SilenceState, next_start, occurrence
from alertd.rules.rule import Rule
from alertd.web.house import StatedSilence

Span = tuple[datetime, datetime | None]


def in_each_zone(silence: Silence) -> bool:
    """Whether it is on by the clocks of each monitor that it covers: the fleet says where it stands."""
    return silence.rrule is not None and not silence.timezone


def stated(
    silences: Iterable[Silence], fleet: Sequence[Instrument], rules: Sequence[Rule], now: datetime
) -> list[StatedSilence]:
    """Each with its state; of a series in each monitor's zone by the clocks of the monitors that it covers."""
    return [_stated(silence, sorted(zones_of(silence, fleet, rules)), now) for silence in silences]


def _stated(silence: Silence, zones: Sequence[str], now: datetime) -> StatedSilence:
    state = state_among(silence, zones, now)
    starts_at, ends_at = _span(silence, state, zones, now)
    return StatedSilence(silence=silence, state=state, starts_at=starts_at, ends_at=ends_at)


def _span(silence: Silence, state: SilenceState, zones: Sequence[str], now: datetime) -> Span:
    if state == "expired":
        return _span_of_what_was(silence, now)
    if silence.rrule is None:
        return silence.starts_at, silence.ends_at
    return _present_or_next(silence, zones or ["UTC"], now)


def _span_of_what_was(silence: Silence, now: datetime) -> Span:
    ends = [at for at in (silence.ends_at, silence.expired_at) if at is not None]
    if not ends:  # the end of a series stands in its rule alone: its first occurrence is what is sure to be over
        ends = [min(now, silence.starts_at + silence.length)] if silence.length is not None else [now]
    return min(silence.starts_at, *ends), min(ends)


def _present_or_next(silence: Silence, zones: Sequence[str], now: datetime) -> Span:
    """From the first zone in which an occurrence is on to the last one; where none is on, the next one anywhere."""
    on = [span for zone in zones if (span := occurrence(silence, zone, now)) is not None]
    if on:
        ends = [end for _, end in on if end is not None]
        return min(start for start, _ in on), max(ends, default=None)
    coming = [(start, zone) for zone in zones if (start := next_start(silence, zone, now)) is not None]
    if not coming:
        return silence.starts_at, silence.ends_at
    start, zone = min(coming)
    return occurrence(silence, zone, start) or (start, silence.ends_at)

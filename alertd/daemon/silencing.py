"""What a silence would hold now, and where each is in its life: for the command line and for pages alike."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.config.settings import Settings
from alertd.daemon.fleet import fleet_of
from alertd.daemon.muting import Muting, state_among
from alertd.daemon.silence_terms import Asked, silence_of
from alertd.daemon.supposed import covered
from alertd.errors import UsageError
from alertd.matchers import Matcher, all_match
from alertd.model import Alert, Instrument
from alertd.notify.silences import TIMEZONE_LABEL, Silence, SilenceState
from alertd.rules.rule import Rule
from alertd.store.store import Store

ID_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a silence would hold back now."""

    alerts: tuple[Alert, ...]
    """Pending, firing or flapping."""
    instruments: tuple[Instrument, ...]
    """Monitors of which an alert could be held."""


def waited_for(store: Store, matchers: Sequence[Matcher]) -> list[Alert]:
    """What a silence could wait for: pending and firing alerts that match, and the newest of each that flaps.

    Nobody waits for what is in shadow.
    """
    newest = {episode.alert_id for episode in store.standing.episodes() if episode.ended_at is None}
    alerts = {alert.id: alert for alert in (*store.active_alerts(), *store.alerts_by_id(newest))}
    return [alert for alert in alerts.values() if not alert.shadow and all_match(matchers, alert.labels)]


def held(store: Store, settings: Settings, rules: Sequence[Rule], matchers: Sequence[Matcher], muting: Muting) -> Held:
    """What a silence of what meets every matcher would hold back, as of the moment of `muting`."""
    fleet = fleet_of(store.instruments(), settings.instruments)
    alerts = (alert for alert in waited_for(store, matchers) if not muting.in_shadow(alert))
    return Held(alerts=tuple(alerts), instruments=tuple(covered(matchers, fleet, rules)))


def zones_of(silence: Silence, fleet: Iterable[Instrument], rules: Sequence[Rule]) -> set[str]:
    """Whose clocks a series goes by: its own zone's, else those of the monitors that it covers."""
    if silence.rrule is None:
        return set()
    if silence.timezone:
        return {silence.timezone}
    return {each.labels.get(TIMEZONE_LABEL) or "UTC" for each in covered(silence.matchers, fleet, rules)}


def with_states(
    silences: Iterable[Silence], fleet: Sequence[Instrument], rules: Sequence[Rule], now: datetime
) -> Iterator[tuple[Silence, SilenceState]]:
    """Each with its state; of a series in each monitor's zone by the clocks of the monitors that it covers."""
    for silence in silences:
        yield silence, state_among(silence, zones_of(silence, fleet, rules), now)


def add_silence(store: Store, asked: Asked, now: datetime) -> Silence:
    """Make the silence that was asked for, and record it.

    Raises:
        UsageError: with one line that says what is wrong.
    """
    silence = silence_of(asked, secrets.token_hex(ID_BYTES), now)
    if silence.until_resolved and not waited_for(store, silence.matchers):
        raise UsageError("--until-resolved: nothing that matches is pending or firing")
    store.standing.add_silence(silence)
    return silence


def expire_silence(store: Store, silence_id: str, state: SilenceState, now: datetime) -> None:
    """End a silence now.

    Raises:
        UsageError: it is over already.
    """
    if state == "expired" or not store.standing.expire_silence(silence_id, now):
        raise UsageError(f"silence {silence_id} is over already")

"""alertd's alerts as Alertmanager shows them: gettableAlert and alertGroup. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from alertd.matchers import all_match
from alertd.notify.standing import Hold, HoldKind
from alertd.present import Json, time_text
from alertd.web.alertmanager.asked import Asked
from alertd.web.house import RoutedAlert

UNHEARD_OF_FOR = timedelta(minutes=5)
"""Alertmanager's resolve_timeout: what fires is said to end so much later, unless it is heard of again."""

_INHIBITS = (HoldKind.CAUSE, HoldKind.INHIBITION)
_FNV_START, _FNV_PRIME, _64_BITS = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF


def alerts_shown(alerts: Iterable[RoutedAlert], asked: Asked, external_url: str, now: datetime) -> list[Json]:
    """`GET /alerts`: those that are wanted, by fingerprint."""
    alerts = list(alerts)
    prints = _fingerprints(alerts)
    shown = [
        _gettable(each, (), prints, external_url, now)
        for each in alerts
        if any(asked.takes_receiver(way.receiver) for way in each.ways) and _wanted(each, asked)
    ]
    return sorted(shown, key=lambda alert: str(alert["fingerprint"]))


def groups_shown(alerts: Iterable[RoutedAlert], asked: Asked, external_url: str, now: datetime) -> list[Json]:
    """`GET /alerts/groups`: what is wanted, bundled as each receiver would hear of it."""
    alerts = list(alerts)
    prints = _fingerprints(alerts)
    groups: dict[tuple[tuple[tuple[str, str], ...], str], list[Json]] = {}
    for each in alerts:
        if not _wanted(each, asked):
            continue
        for way in each.ways:
            muted_by = _names(way.holds)
            if asked.takes_receiver(way.receiver) and (asked.muted or not muted_by):
                key = (_items(way.group_labels), way.receiver)
                groups.setdefault(key, []).append(_gettable(each, muted_by, prints, external_url, now))
    return [
        {
            "labels": dict(labels),
            "receiver": {"name": receiver},
            "alerts": sorted(members, key=lambda alert: str(alert["fingerprint"])),
        }
        for (labels, receiver), members in sorted(groups.items())
    ]


def fingerprint(labels: Mapping[str, str]) -> str:
    """The one that Prometheus and Alertmanager give to a set of labels: FNV-1a over names and values, 16 hex digits."""
    return _fingerprint(_items(labels))


@lru_cache(maxsize=4096)
def _fingerprint(items: tuple[tuple[str, str], ...]) -> str:
    found = _FNV_START
    for name, text in items:
        for byte in (*name.encode(), 0xFF, *text.encode(), 0xFF):
            found = ((found ^ byte) * _FNV_PRIME) & _64_BITS
    return f"{found:016x}"


def _fingerprints(alerts: Iterable[RoutedAlert]) -> dict[str, str]:
    """By an alert's id."""
    return {each.alert.id: fingerprint(each.alert.labels) for each in alerts}


def _items(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """In order; to Alertmanager an empty label is none."""
    return tuple(sorted((name, text) for name, text in labels.items() if text))


def _wanted(routed: RoutedAlert, asked: Asked) -> bool:
    kinds = {hold.kind for hold in routed.holds}
    is_silenced = HoldKind.SILENCE in kinds
    is_inhibited = not kinds.isdisjoint(_INHIBITS)
    left_out = (
        (is_silenced and not asked.silenced)
        or (is_inhibited and not asked.inhibited)
        or (not is_silenced and not is_inhibited and not asked.active)
    )
    return not left_out and all_match(asked.matchers, routed.alert.labels)


def _gettable(
    routed: RoutedAlert, muted_by: Sequence[str], prints: Mapping[str, str], external_url: str, now: datetime
) -> Json:
    alert = routed.alert
    silenced_by = [hold.ref for hold in routed.holds if hold.kind is HoldKind.SILENCE]
    inhibited_by = [prints.get(hold.ref, hold.ref) for hold in routed.holds if hold.kind in _INHIBITS]
    began_at = alert.fired_at or alert.active_at
    shown: Json = {
        "annotations": _annotations(routed),
        "endsAt": time_text(now + UNHEARD_OF_FOR),
        "fingerprint": prints[alert.id],
        "receivers": [{"name": name} for name in dict.fromkeys(way.receiver for way in routed.ways)],
        "startsAt": time_text(began_at),
        "status": {
            "inhibitedBy": inhibited_by,
            "mutedBy": list(muted_by),
            "silencedBy": silenced_by,
            "state": "suppressed" if silenced_by or inhibited_by or muted_by else "active",
        },
        "updatedAt": time_text(alert.breached_at or alert.recorded_at or began_at),
        "labels": dict(_items(alert.labels)),
    }
    if external_url:
        shown["generatorURL"] = f"{external_url.rstrip('/')}/alerts/{quote(alert.id, safe='')}"
    return shown


def _annotations(routed: RoutedAlert) -> dict[str, str]:
    """What Alertmanager's readers know of it beyond its labels; there is no place for an acknowledgement but here."""
    found = {"summary": routed.alert.explanation}
    if routed.ack is not None:
        found["acknowledged"] = f"by {routed.ack.by}" + (f": {routed.ack.note}" if routed.ack.note else "")
    if routed.alert.stale_since is not None:
        found["stale_since"] = time_text(routed.alert.stale_since) or ""
    return found


def _names(holds: Iterable[Hold]) -> list[str]:
    """Time intervals by their names, as Alertmanager shows them; quiet hours with their receiver's."""
    return list(dict.fromkeys(hold.name.removeprefix("interval ") for hold in holds))

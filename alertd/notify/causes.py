"""The cause, not the symptoms: which firing alert explains another one. Pure.

Cloud, site, monitor, metric: the highest speaks. A cause explains only while it fires, whatever holds its own messages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alertd.model import Alert, State

WHOLE_API = frozenset({"ApiUnreachable", "ApiKeyRefused"})
SITE_DOWN = "SiteDown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseTerms:
    """What of config and rules decides who explains whom."""

    site_label: str = "site"
    explains_instrument: frozenset[str] = frozenset()
    """Rules whose firing alert explains everything else of its instrument."""
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Rule → the sources it reads, by name."""


class Causes:
    """The causes that fire now, looked up by what they explain."""

    def __init__(self, alerts: Iterable[Alert], offline: frozenset[str], terms: CauseTerms) -> None:
        self._terms = terms
        self._offline = offline
        self._api: Alert | None = None
        self._endpoints: dict[str, Alert] = {}
        self._sites: dict[str, Alert] = {}
        self._instruments: dict[str, Alert] = {}
        for alert in alerts:
            if alert.state is State.FIRING:
                self._take(alert)

    def _take(self, alert: Alert) -> None:
        endpoint = alert.labels.get("endpoint", "")
        if alert.own and alert.rule in WHOLE_API and not endpoint:
            self._api = alert if self._api is None else min(self._api, alert, key=lambda each: each.active_at)
        elif alert.own and alert.rule in WHOLE_API:
            self._endpoints[endpoint] = alert
        elif alert.own and alert.rule == SITE_DOWN:
            self._sites[alert.subject] = alert
        elif alert.rule in self._terms.explains_instrument:
            first = self._instruments.setdefault(alert.subject, alert)
            self._instruments[alert.subject] = min(first, alert, key=lambda each: (each.active_at, each.rule))

    def of(self, alert: Alert) -> Alert | None:
        """The highest alert that explains this one; None where it speaks for itself, as alertd's own always do."""
        if alert.own:
            return None
        return self._api or self._endpoint_of(alert) or self._site_of(alert) or self._instrument_of(alert)

    def _endpoint_of(self, alert: Alert) -> Alert | None:
        """A key refused for one source explains only what reads that source."""
        if not self._endpoints:
            return None
        reads = self._terms.sources.get(alert.rule, frozenset())
        return next((cause for endpoint, cause in self._endpoints.items() if endpoint in reads), None)

    def _site_of(self, alert: Alert) -> Alert | None:
        """A site that is down explains its monitors that are offline, not the one that still answers."""
        cause = self._sites.get(alert.labels.get(self._terms.site_label, ""))
        if cause is None:
            return None
        gone = alert.subject in self._offline or alert.rule in self._terms.explains_instrument
        return cause if gone else None

    def _instrument_of(self, alert: Alert) -> Alert | None:
        cause = self._instruments.get(alert.subject)
        if cause is None or cause.id == alert.id or alert.rule in self._terms.explains_instrument:
            return None
        return cause


def cause_name(cause: Alert) -> str:
    """As `muted_by` shows it: `cause SiteDown/Quarry A`."""
    return f"cause {cause.rule}/{cause.subject}"

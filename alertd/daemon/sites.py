"""Which monitors are offline since when, and which sites are down: the poller's memory of both."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from alertd.alerts.own import Condition
from alertd.alerts.sites import SITE_DOWN, SiteTerms, sites_down
from alertd.model import Alert
from alertd.mycirrus.answer import Answer


class Sites:
    """Hears every answer of `status`. Not thread-safe: the poller's lock guards it."""

    def __init__(self, terms: SiteTerms | None, label: str, remembered: object) -> None:
        self._terms = terms
        self._label = label
        self._offline_since = _times(remembered)
        self._changed = False
        self._at: dict[str, Collection[str]] = {}
        self._site: dict[str, str] = {}

    def watch(self, labels: Mapping[str, Mapping[str, str]]) -> None:
        """The fleet as it is watched now: serial → labels."""
        self._site = {serial: own.get(self._label, "") for serial, own in labels.items()}
        at: dict[str, set[str]] = {}
        for serial, site in self._site.items():
            if site:
                at.setdefault(site, set()).add(serial)
        self._at = dict(at)
        gone = self._offline_since.keys() - labels.keys()
        for serial in gone:
            del self._offline_since[serial]
        self._changed = self._changed or bool(gone)

    def site_of(self, serial: str) -> str:
        """The site of a monitor; empty for none."""
        return self._site.get(serial, "")

    def hear(self, answers: Iterable[Answer]) -> None:
        """Take in what `status` says; unknown is neither offline nor online."""
        for answer in answers:
            online = answer.samples[-1].values.get("online") if answer.samples else None
            if online is False and answer.instrument not in self._offline_since:
                self._offline_since[answer.instrument] = answer.samples[-1].at
                self._changed = True
            elif online is True and answer.instrument in self._offline_since:
                del self._offline_since[answer.instrument]
                self._changed = True

    def down(self, active: Iterable[Alert]) -> list[Condition]:
        """The sites that are down, given the own alerts that fire."""
        if self._terms is None:
            return []
        standing = {alert.subject for alert in active if alert.own and alert.rule == SITE_DOWN}
        return sites_down(self._at, self._offline_since, standing, self._terms)

    def to_remember(self) -> dict[str, str] | None:
        """What to keep over a restart, where it changed since it was asked last."""
        if not self._changed:
            return None
        self._changed = False
        return {serial: at.isoformat() for serial, at in self._offline_since.items()}


def _times(remembered: object) -> dict[str, datetime]:
    if not isinstance(remembered, dict):
        return {}
    return {serial: datetime.fromisoformat(at) for serial, at in remembered.items()}

"""Inhibition as in Alertmanager: while a source fires, targets that are equal to it in some labels are not told of.

Unlike there, a label that is missing on both sides does not make them equal: a misspelt one would hold everything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alertd.matchers import Matcher, all_match
from alertd.model import Alert, State


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """Who holds whom."""

    source_matchers: tuple[Matcher, ...]
    target_matchers: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


class Inhibitions:
    """The inhibitions that stand now."""

    def __init__(self, alerts: Iterable[Alert], rules: Sequence[InhibitRule]) -> None:
        firing = [alert for alert in alerts if alert.state is State.FIRING] if rules else []
        self._rules = [(rule, _sources(rule, firing)) for rule in rules]

    def of(self, alert: Alert) -> Alert | None:
        """The first firing alert that inhibits this one."""
        for rule, sources in self._rules:
            if sources and all_match(rule.target_matchers, alert.labels):
                both = all_match(rule.source_matchers, alert.labels)
                for source, source_is_target in sources.get(_key(rule, alert), ()):
                    # One that is on both sides cannot be inhibited by another that is: two would hold each other.
                    if source.id != alert.id and not (both and source_is_target):
                        return source
        return None


def inhibition_name(source: Alert) -> str:
    """As `muted_by` shows it: `inhibited by MainsLost/QT123456`."""
    return f"inhibited by {source.rule}/{source.subject}"


def _sources(rule: InhibitRule, firing: Sequence[Alert]) -> dict[tuple[str, ...] | None, list[tuple[Alert, bool]]]:
    """Firing sources by the labels in which targets must be equal; those that lack one of them hold nobody."""
    found: dict[tuple[str, ...] | None, list[tuple[Alert, bool]]] = {}
    for alert in firing:
        key = _key(rule, alert)
        if key is not None and all_match(rule.source_matchers, alert.labels):
            found.setdefault(key, []).append((alert, all_match(rule.target_matchers, alert.labels)))
    return found


def _key(rule: InhibitRule, alert: Alert) -> tuple[str, ...] | None:
    values = tuple(alert.labels.get(label, "") for label in rule.equal)
    return values if all(values) else None

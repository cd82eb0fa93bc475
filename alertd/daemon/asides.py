"""Sentences of fact from the monitors' history: what the supply did before one went offline, how a value moves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import isfinite
from statistics import median

from alertd.daemon.compared import Compared, compared_of, reads
from alertd.model import Alert, Source, State
from alertd.notify.groups import in_shadow
from alertd.notify.render_words import number
from alertd.rules.rule import Rule
from alertd.store.history import Points
from alertd.store.store import Store

Numbers = Sequence[tuple[datetime, float]]

BEFORE = timedelta(hours=12)
FALLEN = 0.3
"""Volts; a supply that fell by so much may be why a monitor is gone."""
TREND_OVER = timedelta(hours=24)
_SHORTEST_TREND = timedelta(hours=6)
_FEWEST = 3
_MOST = 50
"""Alerts of one message that are looked up, worst first; more would be read by nobody."""
_SUPPLY = (Source.CURRENT, Source.STATS)


class Asides:
    """Finds what is worth a sentence, a few reads a message."""

    def __init__(self, store: Store, rules: Mapping[str, Rule]) -> None:
        self._store = store
        self._rules = rules
        self._shadow = frozenset(name for name, rule in rules.items() if rule.shadow)

    def supplies(self, alerts: Iterable[Alert]) -> dict[str, tuple[str, ...]]:
        """By alert id: the supply voltage before the monitor went offline, where that may say why."""
        offline = [alert for alert in alerts if self._is_offline(alert)][:_MOST]
        if not offline:
            return {}
        low = self._voltage_alerts()
        found: dict[str, tuple[str, ...]] = {}
        for alert in offline:
            sentence = supply_before(self._voltages(alert), suspected=alert.subject in low)
            if sentence:
                found[alert.id] = (sentence,)
        return found

    def trends(self, alerts: Iterable[Alert], now: datetime) -> dict[str, str]:
        """By alert id: how the value that it is about moves."""
        found = {}
        for alert in [each for each in alerts if each.state is State.FIRING and not each.own][:_MOST]:
            compared = next(iter(compared_of(alert, self._rules.get(alert.rule))), None)
            if compared is not None:
                points = self._history(alert, compared.source, compared.name, now - TREND_OVER, now)
                words = trend(points, compared)
                found.update({alert.id: words} if words else {})
        return found

    def _is_offline(self, alert: Alert) -> bool:
        return alert.state is State.FIRING and not alert.own and reads(self._rules.get(alert.rule), "online")

    def _voltage_alerts(self) -> set[str]:
        """Serials for which a rule on voltage is pending or firing, not in shadow."""
        active = self._store.active_alerts()
        live = (alert for alert in active if not in_shadow(alert, self._shadow))
        return {alert.subject for alert in live if reads(self._rules.get(alert.rule), "voltage")}

    def _voltages(self, alert: Alert) -> Numbers:
        start, end = alert.active_at - BEFORE, alert.active_at
        found = (self._history(alert, source, "voltage", start, end) for source in _SUPPLY)
        return next((points for points in found if points), [])

    def _history(self, alert: Alert, source: Source, name: str, start: datetime, end: datetime) -> Numbers:
        return numbers(self._store.history(alert.subject, source, name, start, end))


def numbers(points: Points) -> Numbers:
    """Those that are finite numbers."""
    return [
        (at, float(value))
        for at, value in points
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    ]


def supply_before(points: Numbers, *, suspected: bool) -> str:
    """`supply voltage fell from 12.1 to 11.4 V in the 12 h before`; empty where it did not and nobody suspects it."""
    if not points:
        return ""
    first, last = points[0][1], points[-1][1]
    if round(first - last, 6) < FALLEN and not suspected:
        return ""
    before, after = number(first, 1), number(last, 1)
    if before == after:
        return f"supply voltage stayed at {after} V in the 12 h before"
    return f"supply voltage {'fell' if last < first else 'rose'} from {before} to {after} V in the 12 h before"


def trend(points: Numbers, compared: Compared) -> str:
    """`still falling 0.1 V a day`; `still` where it moves further beyond its limit; empty where too little is known.

    Half an hour's cloud is no trend: what counts is the middle of the first values against that of the last.
    """
    if len(points) < _FEWEST:
        return ""
    share = max(1, len(points) // 10)
    (began_at, first), (ended_at, last) = _middle(points[:share]), _middle(points[-share:])
    if ended_at - began_at < _SHORTEST_TREND:
        return ""
    change = (last - first) * (timedelta(days=1) / (ended_at - began_at))
    unit = f" {compared.field.unit}" if compared.field.unit else ""
    if not round(abs(change), 1):
        return "steady over the last day"
    still = "still " if (change > 0) is compared.above else ""
    return f"{still}{'rising' if change > 0 else 'falling'} {number(round(abs(change), 1))}{unit} a day"


def _middle(points: Numbers) -> tuple[datetime, float]:
    return points[len(points) // 2][0], median(value for _, value in points)

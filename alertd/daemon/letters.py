"""From an order to a letter: everything its words need beside the alerts themselves, read from the store."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from alertd.alerts.flapping import Episode
from alertd.clock import Clock
from alertd.daemon.asides import Asides
from alertd.daemon.charts import Charts
from alertd.daemon.digest_facts import Digests
from alertd.model import Alert, NotifyReason, State
from alertd.notify.groups import Routing, Track, in_shadow, led_to
from alertd.notify.known import Order
from alertd.notify.letter import Digest, Letter, RuleTexts
from alertd.notify.render_context import LINKED
from alertd.notify.standing import Ack, Explained
from alertd.rules.rule import Rule
from alertd.store.store import Store
from alertd.web.signing import Signing


class Letters:
    """Writes letters. With a clock their links carry a key, which opens the alert's page without a log-in."""

    def __init__(
        self,
        *,
        store: Store,
        texts: Mapping[str, RuleTexts],
        external_url: str | None,
        rules: Iterable[Rule] = (),
        site_label: str = "site",
        digests: Digests | None = None,
        clock: Clock | None = None,
    ) -> None:
        by_name = {rule.name: rule for rule in rules}
        self._store = store
        self._texts = texts
        self._external_url = external_url
        self._site_label = site_label
        self._shadow = frozenset(name for name, rule in by_name.items() if rule.shadow)
        self._asides = Asides(store, by_name)
        self._charts = Charts(store, by_name)
        self._digests = digests
        self._clock = clock

    def letter(self, order: Order, kind: str, now: datetime, explained: Iterable[Explained] = ()) -> Letter:
        """The letter of one order for a channel of this kind; `explained` is what is decided with it."""
        alerts = (*order.firing, *order.resolved)
        draws = kind == "email" and order.reason is not NotifyReason.DIGEST
        reminds = order.reason is NotifyReason.REMINDER
        return Letter(
            target=order.target,
            receiver=order.receiver,
            reason=order.reason,
            group_labels=order.labels,
            firing=order.firing,
            resolved=order.resolved,
            now=now,
            external_url=self._external_url,
            keys=self._keys(order),
            texts=self._texts,
            why=order.why,
            groups=order.groups,
            reminders=order.reminders,
            unacknowledged_since=order.unacknowledged_since,
            episodes={each.alert_id: each for each in order.episodes},
            acks={ack.alert_id: ack for ack in order.acks},
            explains=self._explained(alerts, explained),
            site_label=self._site_label,
            asides=self._asides.supplies(order.firing),
            trends=self._asides.trends(order.firing, now) if reminds else {},
            charts=self._charts.of(alerts, "UTC", now) if draws else {},
            digest=self._digest(order, now),
        )

    def _keys(self, order: Order) -> Mapping[str, str]:
        """What opens the alerts' pages; none for letters that only show what one would look like."""
        alerts = (*order.firing, *order.resolved)
        if self._clock is None or self._external_url is None or not alerts or len(alerts) > LINKED:
            return {}
        signing = Signing(self._store.signing_key(), self._clock)
        return {alert.id: signing.link(alert.id) for alert in alerts}

    def _digest(self, order: Order, now: datetime) -> Digest | None:
        if self._digests is None or order.digest_due_at is None:
            return None
        return self._digests.digest(order.receiver, order.digest_due_at, now)

    def _explained(self, alerts: Iterable[Alert], beside: Iterable[Explained]) -> Mapping[str, tuple[Alert, ...]]:
        """What each of the order's alerts explains, in the order it began; of what is in shadow nobody hears."""
        causes = {alert.id for alert in alerts}
        pairs = {(each.cause_id, each.alert_id) for each in beside if each.cause_id in causes}
        pairs |= {(each.cause_id, each.alert_id) for each in self._store.standing.explained_by(causes)}
        known = {alert.id: alert for alert in self._store.alerts_by_id({alert_id for _, alert_id in pairs})}
        found: dict[str, list[Alert]] = {}
        for cause_id, alert_id in pairs:
            if alert_id in known and not in_shadow(known[alert_id], self._shadow):
                found.setdefault(cause_id, []).append(known[alert_id])
        return {
            cause: tuple(sorted(explains, key=lambda alert: (alert.active_at, alert.id)))
            for cause, explains in found.items()
        }


def order_of(
    alert: Alert, *, routing: Routing, acks: Iterable[Ack] = (), episodes: Iterable[Episode] = (), target: str = ""
) -> Order:
    """What a target that knows nothing would hear of one alert now, were it all that there is to tell."""
    ways = list(led_to(alert, routing))
    route = next((route for each, route in ways if each == target), ways[0][1] if ways else routing.root)
    over = alert.state is State.RESOLVED
    mine = [each for each in episodes if each.alert_id == alert.id and each.ended_at is None]
    ordinary = NotifyReason.ALL_RESOLVED if over else NotifyReason.FIRST
    return Order(
        target=target or next((each for each, _ in ways), ""),
        key="",
        thread="",
        receiver=route.receiver,
        labels=route.group_labels(alert.labels),
        track=Track.FLAPPING if mine else Track.ORDINARY,
        reason=NotifyReason.FLAPPING if mine else ordinary,
        firing=() if over else (alert,),
        resolved=(alert,) if over else (),
        says=(),
        repeats=False,
        episodes=tuple(mine),
        acks=tuple(acks),
    )

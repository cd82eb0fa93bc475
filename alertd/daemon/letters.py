"""From an order to a letter: everything its words need beside the alerts themselves, read from the store."""

from collections.abc import Mapping
from datetime import datetime

from alertd.model import Alert
from alertd.notify.known import Order
from alertd.notify.letter import Letter, RuleTexts
from alertd.store.store import Store


class Letters:
    """Writes letters."""

    def __init__(self, *, store: Store, texts: Mapping[str, RuleTexts], external_url: str | None) -> None:
        self._store = store
        self._texts = texts
        self._external_url = external_url

    def letter(self, order: Order, kind: str, now: datetime) -> Letter:
        """The letter of one order for a channel of this kind."""
        return Letter(
            target=order.target,
            receiver=order.receiver,
            reason=order.reason,
            group_labels=order.labels,
            firing=order.firing,
            resolved=order.resolved,
            now=now,
            external_url=self._external_url,
            texts=self._texts,
            why=order.why,
            groups=order.groups,
            reminders=order.reminders,
            unacknowledged_since=order.unacknowledged_since,
            episodes={each.alert_id: each for each in order.episodes},
            acks={ack.alert_id: ack for ack in order.acks},
            explains=self._explained(order),
        )

    def _explained(self, order: Order) -> Mapping[str, tuple[Alert, ...]]:
        """What each of the order's alerts explains, in the order it began."""
        causes = {alert.id for alert in (*order.firing, *order.resolved)}
        pairs = self._store.standing.explained_by(causes)
        alerts = {alert.id: alert for alert in self._store.alerts_by_id({each.alert_id for each in pairs})}
        found: dict[str, list[Alert]] = {}
        for each in pairs:
            if each.alert_id in alerts:
                found.setdefault(each.cause_id, []).append(alerts[each.alert_id])
        return {
            cause: tuple(sorted(explained, key=lambda alert: (alert.active_at, alert.id)))
            for cause, explained in found.items()
        }

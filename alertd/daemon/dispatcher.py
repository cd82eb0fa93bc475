"""Looks at what is open, decides, renders and fills the outbox: the second half of the way of the data."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.daemon.breakage import Breakage
from alertd.logs import logger
from alertd.model import Delivery, DeliveryState
from alertd.notify.channels import Channels
from alertd.notify.groups import Routing
from alertd.notify.plan import Known, Order, plan
from alertd.notify.render import Letter, Renderer, RuleTexts
from alertd.notify.routes import Route
from alertd.store.store import Store

log = logger(__name__)

LOOK_AT_LEAST_EVERY = timedelta(seconds=60)


class Dispatcher:
    """Turns open alerts into messages. One dispatch at a time."""

    def __init__(
        self,
        *,
        store: Store,
        routing: Routing,
        renderer: Renderer,
        channels: Channels,
        texts: Mapping[str, RuleTexts],
        breakage: Breakage,
        external_url: str | None,
    ) -> None:
        self._store = store
        self._routing = routing
        self._renderer = renderer
        self._channels = channels
        self._texts = texts
        self._breakage = breakage
        self._external_url = external_url
        self._lock = threading.Lock()

    def dispatch(self, now: datetime) -> tuple[list[Delivery], datetime]:
        """Write every message that is due; returns them, and when to look again at the latest."""
        with self._lock:
            known = self._known()
            planned = plan(known, self._routing, now)
            enqueued: list[Delivery] = []
            if not planned.is_empty:
                enqueued = self._store.record_decisions(
                    supersede=planned.supersede,
                    enqueue=[self._compose(order, now) for order in planned.orders],
                    timings=[order.timing for order in planned.orders],
                    settled=planned.settled,
                    settled_alerts=planned.settled_alerts,
                    now=now,
                )
        for delivery in enqueued:
            log.info(
                "message.queued", target=delivery.target, reason=delivery.reason.value, title=delivery.message.title
            )
        return enqueued, min(planned.wake_at or now + LOOK_AT_LEAST_EVERY, now + LOOK_AT_LEAST_EVERY)

    def without_group_wait(self) -> None:
        """From now on group_wait counts as over: `poll` has no later."""
        self._routing = replace(self._routing, root=_unwaiting(self._routing.root))

    def _known(self) -> Known:
        # The outbox first: what a lane delivers from here on is still seen as waiting, and not told a second time.
        pending = self._store.pending_deliveries()
        alerts = self._store.open_alerts()
        told = self._store.told([alert.id for alert in alerts])
        return Known(
            alerts=alerts,
            told={(each.alert_id, each.target): each for each in told},
            pending={(row.target, row.group_key): row for row in pending},
            timings={(each.target, each.group_key): each for each in self._store.timings()},
        )

    def _compose(self, order: Order, now: datetime) -> Delivery:
        group, decision = order.group, order.decision
        letter = Letter(
            target=group.target,
            receiver=group.receiver,
            reason=decision.reason,
            group_labels=group.labels,
            firing=decision.firing,
            resolved=decision.resolved,
            now=now,
            external_url=self._external_url,
            texts=self._texts,
        )
        rendered = self._renderer.render(
            letter, self._channels.kind(group.target), limit=self._channels.limit(group.target)
        )
        self._breakage.rendered(rendered, [alert.id for alert in (*decision.firing, *decision.resolved)])
        return Delivery(
            id=0,
            target=group.target,
            group_key=group.key,
            reason=decision.reason,
            message=rendered.message,
            says=decision.says,
            state=DeliveryState.QUEUED,
            decided_at=now,
            due_at=now,
            maybe_sent=decision.repeats,
        )


def _unwaiting(route: Route) -> Route:
    return replace(
        route, policy=replace(route.policy, waits=False), routes=tuple(_unwaiting(child) for child in route.routes)
    )

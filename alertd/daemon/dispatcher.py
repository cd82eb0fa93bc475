"""Looks at what is open, decides, renders and fills the outbox: the second half of the way of the data."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.daemon.breakage import Breakage
from alertd.daemon.letters import Letters
from alertd.daemon.muting import next_edge
from alertd.daemon.tally import Counts, Tally
from alertd.logs import logger
from alertd.model import Delivery, DeliveryState, Says
from alertd.notify.channels import Channels
from alertd.notify.groups import Routing
from alertd.notify.known import Order, Plan
from alertd.notify.letter import Part
from alertd.notify.plan import plan
from alertd.notify.render import Renderer
from alertd.notify.routes import Route
from alertd.store.store import Store

log = logger(__name__)

LOOK_AT_LEAST_EVERY = timedelta(seconds=60)


class Dispatcher:
    """Turns open alerts into messages. One dispatch at a time."""

    def __init__(  # noqa: PLR0913 - the composition root names each
        self,
        *,
        store: Store,
        routing: Routing,
        renderer: Renderer,
        channels: Channels,
        letters: Letters,
        tokens: Callable[[], Mapping[str, int]] = dict,
        digests: Callable[[datetime], Mapping[str, datetime]] = lambda _now: {},
        breakage: Breakage,
        look_every: timedelta = LOOK_AT_LEAST_EVERY,
        tally: Counts | None = None,
    ) -> None:
        self._store = store
        self._routing = routing
        self._renderer = renderer
        self._channels = channels
        self._letters = letters
        self._tokens = tokens
        self._digests = digests
        self._breakage = breakage
        self._look_every = look_every
        self._tally = tally or Tally()
        self._lock = threading.Lock()

    def dispatch(self, now: datetime) -> tuple[list[Delivery], datetime]:
        """Write every message that is due; returns them, and when to look again at the latest."""
        with self._lock:
            known = replace(self._store.known(now, self._tokens()), digests_due=self._digests(now))
            planned = plan(known, self._routing, now)
            enqueued: list[Delivery] = []
            if not planned.is_empty:
                messages = [
                    (self._delivery(order, part, says, now), order.timings)
                    for order in planned.orders
                    for part, says in self._parts(order, planned, now)
                ]
                enqueued = self._store.record_decisions(planned, messages, now)
        for delivery in enqueued:
            self._tally.count("notifications", delivery.target, delivery.reason.value)
            log.info(
                "message.queued", target=delivery.target, reason=delivery.reason.value, title=delivery.message.title
            )
        edge = next_edge(known.silences, known.acks, now)
        return enqueued, min(
            at for at in (planned.wake_at, edge, _whole_minute(now) + self._look_every) if at is not None
        )

    def without_group_wait(self) -> None:
        """From now on group_wait counts as over: `poll` has no later."""
        self._routing = replace(self._routing, root=_unwaiting(self._routing.root))

    def _parts(self, order: Order, planned: Plan, now: datetime) -> Iterator[tuple[Part, tuple[Says, ...]]]:
        """The order in words, a large one in several messages, and what each of them says."""
        kind, limit = self._channels.kind(order.target), self._channels.limit(order.target)
        letter = self._letters.letter(order, kind, now, planned.explained)
        rendered = self._renderer.render_parts(letter, kind, limit=limit)
        self._breakage.rendered(rendered, [alert.id for alert in (*order.firing, *order.resolved)])
        for number, part in enumerate(rendered.parts):
            yield part, _says(order, part, first=number == 0)

    def _delivery(self, order: Order, part: Part, says: tuple[Says, ...], now: datetime) -> Delivery:
        return Delivery(
            id=0,
            target=order.target,
            group_key=order.key,
            thread=order.thread,
            reason=order.reason,
            message=part.message,
            says=says,
            state=DeliveryState.QUEUED,
            decided_at=now,
            due_at=now,
            maybe_sent=order.repeats,
        )


def _says(order: Order, part: Part, *, first: bool) -> tuple[Says, ...]:
    """What one part says: of the alerts that it names and their flapping; the first also of what is in no list."""
    if part.alert_ids is None:
        return order.says
    named = {alert.id for alert in (*order.firing, *order.resolved)}
    flapping = {episode.id: episode.alert_id for episode in order.episodes}
    owners = [(flapping.get(says.alert_id, says.alert_id), says) for says in order.says]
    return tuple(says for owner, says in owners if (owner in part.alert_ids if owner in named else first))


def next_minute(now: datetime) -> datetime:
    """When times of day may begin or end next: they do so on whole minutes."""
    return _whole_minute(now) + LOOK_AT_LEAST_EVERY


def _whole_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _unwaiting(route: Route) -> Route:
    return replace(
        route, policy=replace(route.policy, waits=False), routes=tuple(_unwaiting(child) for child in route.routes)
    )

"""From what is known to what should change: messages to write, unsent ones that are overtaken, what is settled. Pure.

alerts ──sort──▶ groups ──decide──▶ decisions ──lay out──▶ orders and superseded rows, for each target
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertd.model import Delivery, DeliveryState, NotifyReason, State, Timing
from alertd.notify.decide import Decision, Member, after, decide, decision, in_order
from alertd.notify.escalation import escalate, started
from alertd.notify.flapping_news import says_of_episodes, says_of_flapping
from alertd.notify.groups import REASONS, STORM, Group, Routing, Track, in_shadow
from alertd.notify.known import Known, Order, Plan
from alertd.notify.layout import DIGEST, Entry, Wanted, lay_out, merged
from alertd.notify.settling import settle
from alertd.notify.silences import holds
from alertd.notify.sorting import Sorted, Sorter
from alertd.notify.standing import EscalationClock

_FLAPPING = frozenset({Track.FLAPPING, Track.FLAPPING_WORSE, Track.FLAPPING_OVER, Track.FLAPPING_ON})


def plan(known: Known, routing: Routing, now: datetime) -> Plan:
    """Decide for every (group, target)."""
    sorter = Sorter(known, routing, now)
    sorted_ = sorter.sort()
    escalations = escalate(sorter, sorted_, known, routing, now)
    drafts = _Drafts(known, routing, now, sorter)
    for target, wanted in _wanted(sorted_, known, now).items():
        drafts.add(target, wanted)
    drafts.supersede_strangers()
    for receiver, due_at in known.digests_due.items():
        for target in routing.receivers.get(receiver, ()):
            drafts.add_digest(target, receiver, due_at, sorted_.in_digest.get(target, ()))
    settled = settle(known, sorted_, routing)
    return Plan(
        orders=tuple(drafts.orders),
        supersede=tuple(drafts.supersede),
        settled=settled.told,
        settled_alerts=settled.alerts,
        settled_episodes=settled.episodes,
        held=tuple(sorted_.held),
        no_longer_held=tuple(sorted_.no_longer_held),
        clocks=(*escalations.clocks, *drafts.clocks),
        explained=tuple(sorted_.explained),
        ended_acks=tuple(_ended_acks(known, now)),
        expired_silences=tuple(_expired_silences(known, routing, now)),
        digests=known.digests_due,
        wake_at=min([*drafts.waits, *escalations.wakes], default=None),
    )


def _wanted(sorted_: Sorted, known: Known, now: datetime) -> dict[str, list[Wanted]]:
    """What each target's groups would send, due or not."""
    found: dict[str, list[Wanted]] = {}
    heard_at: dict[str, datetime] = {}
    for each in known.timings.values():
        heard_at[each.target] = max(each.last_message_at, heard_at.get(each.target, each.last_message_at))
    for group in sorted_.groups:
        timing = known.timings.get((group.target, group.timing_keys[0])) if group.timing_keys else None
        made = _decide(group, timing, now, heard_at.get(group.target))
        if made is not None:
            found.setdefault(group.target, []).append(Wanted(group, made))
    return found


def _decide(group: Group, timing: Timing | None, now: datetime, heard_at: datetime | None) -> Decision | None:
    if group.track is Track.ORDINARY:
        return decide(group.members, timing, group.policy, now, heard_at)
    if not group.members:
        return None
    firing = [each for each in group.members if each.alert.state is State.FIRING]
    over = [each for each in group.members if each.alert.state is State.RESOLVED]
    reason = REASONS[group.track]
    if group.track not in _FLAPPING:
        return decision(reason, now, firing, over, says_of_episodes(group.members))
    due_at = after(timing.last_message_at, group.policy.group_interval, now) if timing else now
    says = [each for member in group.members for each in says_of_flapping(group.track, member)]
    return replace(decision(reason, due_at, firing, over), says=in_order(says))


@dataclass(slots=True)
class _Drafts:
    """Orders while they are drawn up; a class because each step adds to several lists."""

    known: Known
    routing: Routing
    now: datetime
    sorter: Sorter
    orders: list[Order] = field(default_factory=list)
    supersede: list[int] = field(default_factory=list)
    waits: list[datetime] = field(default_factory=list)
    clocks: list[EscalationClock] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _started: set[tuple[str, str]] = field(default_factory=set)

    def add(self, target: str, wanted: Sequence[Wanted]) -> None:
        """Draw up what one target is to get."""
        self._seen.add(target)
        layout = lay_out(wanted, self._rows(target), self.known.tokens.get(target), self.now)
        self.supersede += layout.supersede
        self.waits += layout.waits
        for entry in layout.write:
            self.orders.append(self._order(target, entry))
            self._start_clocks(entry)

    def add_digest(self, target: str, receiver: str, due_at: datetime, told_by_it: Sequence[Member]) -> None:
        """Draw up a digest in place of an older unsent one; `told_by_it` is what quiet hours put into it."""
        key = f"{DIGEST} {receiver}"
        rows = [row for row in self._rows(target) if row.group_key == key]
        if any(row.state is DeliveryState.LEASED for row in rows):
            told_by_it = ()  # the one on its way tells it
        self.supersede += [row.id for row in rows if row.state is DeliveryState.QUEUED]
        firing = [each for each in told_by_it if each.alert.state is State.FIRING]
        over = [each for each in told_by_it if each.alert.state is State.RESOLVED]
        made = decision(NotifyReason.DIGEST, self.now, firing, over)
        self.orders.append(
            Order(
                target=target,
                key=key,
                thread="",
                receiver=receiver,
                labels={},
                track=Track.ORDINARY,
                reason=made.reason,
                firing=made.firing,
                resolved=made.resolved,
                says=made.says,
                repeats=made.repeats,
                digest_due_at=due_at,
            )
        )

    def supersede_strangers(self) -> None:
        """Unsent messages of targets that want nothing any more: routes were edited, nothing is left to say."""
        for target in dict.fromkeys(row.target for row in self.known.outbox):
            if target not in self._seen:
                layout = lay_out((), self._rows(target), None, self.now)
                self.supersede += layout.supersede

    def _rows(self, target: str) -> list[Delivery]:
        return [row for row in self.known.outbox if row.target == target]

    def _order(self, target: str, entry: Entry) -> Order:
        first = entry.wanted[0]
        made = first.decision if len(entry.wanted) == 1 else merged(entry.wanted)
        members = [member for each in entry.wanted for member in each.group.members]
        timings = self._timings(target, entry)
        is_storm = entry.key == STORM
        begun = min((each.began_at for each in timings if each.began_at is not None), default=self.now)
        named = {alert.id for alert in (*made.firing, *made.resolved)}
        return Order(
            target=target,
            key=entry.key,
            thread=f"{entry.key if is_storm or not timings else timings[0].group_key} {begun.isoformat()}",
            receiver=first.group.receiver,
            labels={} if is_storm else first.group.labels,
            track=first.group.track,
            reason=made.reason,
            firing=made.firing,
            resolved=made.resolved,
            says=entry.says,
            repeats=made.repeats,
            why=first.group.why,
            episodes=tuple(each.episode for each in members if each.episode is not None),
            unacknowledged_since=min(
                (each.unacknowledged_since for each in members if each.unacknowledged_since), default=None
            ),
            acks=tuple(ack for each in members if each.alert.id in named for ack in each.acks if ack.stands(self.now)),
            reminders=max((each.reminders for each in timings), default=0),
            groups=len(entry.wanted),
            timings=timings,
        )

    def _timings(self, target: str, entry: Entry) -> tuple[Timing, ...]:
        """When each group that the message speaks of was last told, and when it began to fire."""
        found: dict[str, Timing] = {}
        for each in entry.wanted:
            for key in each.group.timing_keys:
                before = self.known.timings.get((target, key))
                goes_on = before is not None and each.decision.reason is not NotifyReason.FIRST
                found[key] = Timing(
                    group_key=key,
                    target=target,
                    last_message_at=self.now,
                    reminders=_reminders(before, each.decision.reason),
                    began_at=before.began_at if before is not None and goes_on else self.now,
                )
        return tuple(found.values())

    def _start_clocks(self, entry: Entry) -> None:
        """The decision to tell step 1 starts the clock of each alert that it tells of."""
        for each in entry.wanted:
            if each.group.track is Track.ESCALATION:
                continue
            for member in each.group.members:
                flaps = member.episode is not None and member.episode.ended_at is None
                if member.routed and (flaps or member.alert.state is State.FIRING):
                    self._start_clock(member, each.group)

    def _start_clock(self, member: Member, group: Group) -> None:
        for route in self.sorter.escalating(member.alert):
            key = (member.alert.id, route.receiver)
            if route.receiver == group.receiver and key not in self._started:
                clock = started(member, route, self.known, self.now)
                if clock is not None:
                    self._started.add(key)
                    self.clocks.append(clock)


def _reminders(before: Timing | None, reason: NotifyReason) -> int:
    return (before.reminders if before else 0) + 1 if reason is NotifyReason.REMINDER else 0


def _ended_acks(known: Known, now: datetime) -> Iterable[int]:
    """Acknowledgements of alerts that got worse since."""
    severity = {alert.id: alert.severity for alert in known.alerts if alert.state is State.FIRING}
    return [ack.id for ack in known.acks if ack.stands(now) and severity.get(ack.alert_id, ack.severity) > ack.severity]


def _expired_silences(known: Known, routing: Routing, now: datetime) -> Iterable[str]:
    """Silences until all has resolved, once nothing that they match is pending or fires, but in shadow."""
    flapping = {episode.alert_id for episode in known.episodes if episode.ended_at is None}
    living = [
        alert
        for alert in known.alerts
        if (alert.state is not State.RESOLVED or alert.id in flapping) and not in_shadow(alert, routing.shadow)
    ]
    return [
        silence.id
        for silence in known.silences
        if silence.until_resolved
        and silence.starts_at <= now
        and not any(holds(silence, alert.labels, now) for alert in living)
    ]

"""What one target's part of the outbox should look like: messages to write, unsent ones that are overtaken. Pure.

There is never more than one unsent message for a (target, group), and no alert is in two. It always says the whole of
what the target does not know yet; when that changes a new one takes its place, so a "firing" cannot arrive after its
"resolved". Where too much is due at once, all of it becomes one message.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.model import Delivery, DeliveryState, NotifyReason, Says, Told
from alertd.notify.decide import Decision, in_order, worst_first
from alertd.notify.groups import STORM, Group, Track

AT_ONCE = 10
"""Messages that a target gets at once before what waits is merged into one."""

DIGEST = "digest"
"""The key of a receiver's digest; it stands beside the other messages."""

_FIRST_REASON = (
    NotifyReason.FIRST,
    NotifyReason.NEW_ALERTS,
    NotifyReason.ESCALATED,
    NotifyReason.SOME_RESOLVED,
    NotifyReason.ALL_RESOLVED,
    NotifyReason.REMINDER,
)
"""Which reason a merged message has: the first of these that one of its parts has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message that a group would send."""

    group: Group
    decision: Decision


@dataclass(frozen=True, slots=True)
class Entry:
    """One message that the outbox should hold."""

    key: str
    wanted: tuple[Wanted, ...]

    @property
    def says(self) -> tuple[Says, ...]:
        """All that it says."""
        return in_order(says for each in self.wanted for says in each.decision.says)


@dataclass(slots=True)
class Layout:
    """What to change for one target."""

    write: list[Entry] = field(default_factory=list)
    supersede: list[int] = field(default_factory=list)
    waits: list[datetime] = field(default_factory=list)


def lay_out(wanted: Sequence[Wanted], rows: Sequence[Delivery], tokens: int | None, now: datetime) -> Layout:
    """Bring one target's unsent messages in line with what its groups would send.

    `rows` are its queued and leased messages; `tokens` how many it may get at once now, None for a target without rate.
    """
    layout = Layout()
    queued = [row for row in rows if row.state is DeliveryState.QUEUED and not row.group_key.startswith(DIGEST)]
    flying = {row.group_key for row in rows if row.state is DeliveryState.LEASED}
    # A later part of a message whose first part is on its way waits for that one's outcome.
    in_flight = {says.alert_id for row in rows if row.group_key in flying for says in row.says}
    due: list[Wanted] = []
    for each in wanted:
        if in_flight.intersection(says.alert_id for says in each.decision.says):
            continue  # its outcome decides
        if each.decision.due_at <= now or _is_waiting(each, queued):
            due.append(each)
        else:
            layout.waits.append(each.decision.due_at)
    kept: set[int] = set()
    for entry in _entries(due, queued, tokens):
        same = [row for row in queued if row.group_key == entry.key]
        if _stand(same, entry.wanted):
            kept.update(row.id for row in same)
        else:
            layout.write.append(entry)
    layout.supersede += [row.id for row in queued if row.id not in kept and row.group_key not in flying]
    return layout


def _entries(due: Sequence[Wanted], queued: Sequence[Delivery], tokens: int | None) -> Iterable[Entry]:
    plain = [each for each in due if each.group.track is Track.ORDINARY]
    others = [each for each in due if each.group.track is not Track.ORDINARY]
    most = AT_ONCE if tokens is None else min(AT_ONCE, max(tokens, 1))
    merged_before = [row for row in queued if row.group_key == STORM]
    if len(plain) > most or (merged_before and len(plain) > 1) or _stand(merged_before, plain):
        yield Entry(STORM, tuple(plain))
    else:
        yield from (Entry(each.group.key, (each,)) for each in plain)
    yield from (Entry(each.group.key, (each,)) for each in others)


def _stand(rows: Sequence[Delivery], wanted: Sequence[Wanted]) -> bool:
    """Whether unsent messages say what is wanted: all of it, but for what the target knows from the parts before them.

    Told is told: were they written anew, the first part would go again, and again after each time that it arrived.
    """
    said = {says for row in rows for says in row.says}
    wish = {says for each in wanted for says in each.decision.says}
    if not said or not said <= wish:
        return False
    rest = wish - said
    if rest and any(row.reason is NotifyReason.ALL_RESOLVED for row in rows):
        return False  # it would say that nothing fires
    told = {member.alert.id: member.told for each in wanted for member in each.group.members}
    return not any(_is_news(says, told.get(says.alert_id)) for says in rest)


def _is_news(says: Says, told: Told | None) -> bool:
    """Whether the target does not know this yet."""
    return (
        says.ended
        or told is None
        or told.firing_at is None
        or told.ended_at is not None
        or told.severity is None
        or told.severity < says.severity
    )


def _is_waiting(wanted: Wanted, queued: Iterable[Delivery]) -> bool:
    """Whether an unsent message stands for this group already, which may have to be overtaken."""
    ids = {says.alert_id for says in wanted.decision.says}
    return any(
        row.group_key == wanted.group.key
        or (row.group_key == STORM and wanted.group.track is Track.ORDINARY and _names(row, ids))
        for row in queued
    )


def _names(row: Delivery, ids: set[str]) -> bool:
    return any(says.alert_id in ids for says in row.says)


def merged(wanted: Sequence[Wanted]) -> Decision:
    """One decision for several groups, worst first."""
    firing = worst_first(alert for each in wanted for alert in each.decision.firing)
    reasons = {each.decision.reason for each in wanted}
    return Decision(
        reason=next(reason for reason in _FIRST_REASON if reason in reasons),
        due_at=min(each.decision.due_at for each in wanted),
        firing=firing,
        resolved=worst_first(alert for each in wanted for alert in each.decision.resolved),
        says=in_order(says for each in wanted for says in each.decision.says),
        repeats=any(each.decision.repeats for each in wanted),
    )

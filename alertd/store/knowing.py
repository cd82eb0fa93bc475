"""All that a dispatch decides from, as of one moment.

In one transaction that sees one state of the database: between two, a lane could record that a message was delivered,
and it would be told again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, false

from alertd.alerts.flapping import Episode
from alertd.model import Alert
from alertd.notify.backoff import is_failing
from alertd.notify.known import Known
from alertd.notify.standing import Ack, EscalationClock, Held
from alertd.store import alert_log, outbox, standing, upkeep
from alertd.store.rows import query, read, values_of
from alertd.store.standing_schema import ACKS, CLOCKS, EPISODES, HELD

OFFLINE_SINCE = "offline.since"
"""What is remembered under this name: serial → since when a monitor is offline."""

_EPISODES = query(EPISODES, Episode, EPISODES.c.settled == false()).order_by(EPISODES.c.began_at)


def known(connection: Connection, unsettled: Sequence[Alert], now: datetime, tokens: Mapping[str, int]) -> Known:
    """What is known now, of these alerts."""
    alerts = list(unsettled)
    episodes = values_of(connection, _EPISODES, Episode)
    ids = {alert.id for alert in alerts}
    newest = {episode.alert_id for episode in episodes} - ids
    if newest:
        alerts += alert_log.by_id(connection, newest)
        ids |= newest
    offline = upkeep.recall(connection, OFFLINE_SINCE)
    # Of every group that was told of anything within the retention: without an alert there is no group to time.
    timings = outbox.timings(connection) if alerts or episodes else ()
    subjects = {(alert.rule, alert.subject) for alert in alerts}
    return Known(
        alerts=alerts,
        told={
            (each.alert_id, each.target): each
            for each in alert_log.told(connection, ids | {episode.id for episode in episodes})
        },
        outbox=outbox.pending(connection, whole=False),
        timings={(each.target, each.group_key): each for each in timings},
        held={(each.alert_id, each.target): each for each in read(connection, HELD, Held)},
        acks=[ack for ack in read(connection, ACKS, Ack) if (ack.rule, ack.subject) in subjects],
        silences=standing.standing_silences(connection, now),
        clocks={(each.alert_id, each.receiver): each for each in read(connection, CLOCKS, EscalationClock)},
        episodes=episodes,
        explained=frozenset((each.alert_id, each.cause_id) for each in standing.explained(connection, ids)),
        offline=frozenset(offline) if isinstance(offline, dict) else frozenset(),
        failing=frozenset(name for name, health in outbox.health(connection).items() if is_failing(health, now)),
        tokens=tokens,
    )

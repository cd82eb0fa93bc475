"""The tables of what stands between alerts and targets; they belong to the same METADATA as schema.py's."""

from sqlalchemy import Boolean, Column, Index, Integer, Table

from alertd.notify.standing import HoldKind, QuietMode
from alertd.store.columns import Badness, Moment, OneOf, Span, Texts, Words
from alertd.store.schema import METADATA, ROW_ID

SILENCES = Table(
    "silences",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("matchers", Texts, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Column("until_resolved", Boolean, nullable=False),
    Column("rrule", Words),
    Column("length", Span),
    Column("start_local", Words),  # ISO 8601 without a zone
    Column("ends_local", Words),  # the same
    Column("timezone", Words),
    Column("author", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expired_at", Moment),
    sqlite_with_rowid=False,
)

ACKS = Table(
    "acks",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("alert_id", Words, nullable=False),
    Column("rule", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment),
    Column("note", Words, nullable=False),
    Column("severity", Badness, nullable=False),
    Column("ended_at", Moment),
    Index("acks_of_subject", "rule", "subject"),
    sqlite_autoincrement=True,
)

HELD = Table(
    "held",
    METADATA,
    Column("alert_id", Words, primary_key=True),
    Column("target", Words, primary_key=True),
    Column("kind", OneOf(HoldKind), nullable=False),
    Column("name", Words, nullable=False),
    Column("ref", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("mode", OneOf(QuietMode), nullable=False),
    Column("tells", Boolean, nullable=False),
    Column("since", Moment, nullable=False),
    Column("released_at", Moment),
    sqlite_with_rowid=False,
)

CLOCKS = Table(
    "escalation_clocks",
    METADATA,
    Column("alert_id", Words, primary_key=True),
    Column("receiver", Words, primary_key=True),
    Column("decided_at", Moment, nullable=False),
    Column("waited", Span, nullable=False),
    Column("running_since", Moment),
    sqlite_with_rowid=False,
)

EPISODES = Table(
    "episodes",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("rule", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("alert_id", Words, nullable=False),
    Column("severity", Badness, nullable=False),
    Column("count", Integer, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("quiet_for", Span, nullable=False),
    Column("observed_at", Moment),
    Column("ended_at", Moment),
    Column("settled", Boolean, nullable=False),  # over, and everybody who was told of it knows
    Index("episodes_open", "settled"),
    sqlite_with_rowid=False,
)

EXPLAINED = Table(
    "explained",
    METADATA,
    Column("alert_id", Words, primary_key=True),
    Column("cause_id", Words, primary_key=True),
    Index("explained_by", "cause_id"),
    sqlite_with_rowid=False,
)

ALERT_IDS = (ACKS.c.alert_id, HELD.c.alert_id, CLOCKS.c.alert_id, EXPLAINED.c.alert_id, EXPLAINED.c.cause_id)
"""What belongs to one alert and is forgotten with it."""

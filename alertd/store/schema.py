"""The tables. A change here needs a new script in migrations/versions; a test holds the two together.

No foreign keys: told and transitions may outlive a pruned alert by one transaction, and nothing reads them without it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    false,
    text,
)

from alertd.model import DeliveryState, EndReason, NotifyReason, Source, State, TransitionKind
from alertd.store.columns import Badness, Images, Json, Levels, Moment, OneOf, SaysList, Texts, Words

METADATA = MetaData()

ROW_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives numbers by itself only to a column of exactly this type."""

INSTRUMENTS = Table(
    "instruments",
    METADATA,
    Column("serial", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("model", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("subscription", Words),
    Column("features", Texts, nullable=False),
    Column("missed", SmallInteger, nullable=False),  # good listings in a row without it
    Column("removed_at", Moment),
    sqlite_with_rowid=False,
)

NEWEST = Table(
    "newest",
    METADATA,
    Column("source", OneOf(Source), primary_key=True),
    Column("instrument", Words, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("values", Json, nullable=False),
    sqlite_with_rowid=False,
)

CURSORS = Table(
    "cursors",
    METADATA,
    Column("source", OneOf(Source), primary_key=True),
    Column("instrument", Words, primary_key=True),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

RECENT = Table(
    "recent",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("source", OneOf(Source), nullable=False),
    Column("shelf", SmallInteger, nullable=False),  # which part of the fleet: see store/history.py
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("block", LargeBinary, nullable=False),
    Index("recent_of_shelf", "source", "shelf", "recorded_at"),
    sqlite_autoincrement=True,  # a number is never given twice: who packs a block deletes that one and no other
)
"""Records as the rounds brought them: one row for each source and shelf of a round."""

HISTORY = Table(
    "history",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("day", Integer, nullable=False),  # UTC, since 1970
    Column("source", OneOf(Source), nullable=False),
    Column("instrument", Words, nullable=False),
    Column("records", Integer, nullable=False),
    Column("block", LargeBinary, nullable=False),
    Index("history_of_day", "day", "source", "instrument"),
    sqlite_autoincrement=True,
)
"""Records packed by instrument: one row an hour while the day lasts, one row for a day that is over."""

ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("rule", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("state", OneOf(State), nullable=False),
    Column("severity", Badness, nullable=False),
    Column("labels", Json, nullable=False),
    Column("values", Json, nullable=False),
    Column("explanation", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("model", Words, nullable=False),
    Column("params", Json, nullable=False),
    Column("active_at", Moment, nullable=False),
    Column("fired_at", Moment),
    Column("resolved_at", Moment),
    Column("resolved_reason", OneOf(EndReason)),
    Column("stale_since", Moment),
    Column("levels", Levels, nullable=False),
    Column("recorded_at", Moment),
    Column("breached_at", Moment),
    Column("closed_at", Moment),
    Column("own", Boolean, nullable=False),
    Column("shadow", Boolean, nullable=False, server_default=false()),
    Column("settled", Boolean, nullable=False),  # over, and no target has anything more to hear of it
    Column("written_at", Moment, nullable=False),  # wall clock; retention counts from here
    Index("alerts_open", "settled", "state"),
    Index("alerts_of_subject", "subject", "active_at"),
)

LIVING = text("state IN ('pending', 'firing')")
ONE_LIVING = Index("alerts_one_living", ALERTS.c.rule, ALERTS.c.subject, unique=True, sqlite_where=LIVING)
"""One living alert of each rule and subject; migrate.py says the same to PostgreSQL."""

TRANSITIONS = Table(
    "transitions",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("alert_id", Words, nullable=False),
    Column("kind", OneOf(TransitionKind), nullable=False),
    Column("at", Moment, nullable=False),
    Column("severity", Badness, nullable=False),
    Column("reason", Words, nullable=False),
    Column("explanation", Words, nullable=False),
    Index("transitions_of_alert", "alert_id"),
)

TOLD = Table(
    "told",
    METADATA,
    Column("alert_id", Words, primary_key=True),
    Column("target", Words, primary_key=True),
    Column("severity", Badness),
    Column("firing_at", Moment),
    Column("ended_at", Moment),
    Column("maybe", Boolean, nullable=False),
    Column("gave_up_at", Moment),
    Column("settled", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("target", Words, nullable=False),
    Column("group_key", Words, nullable=False),
    Column("thread", Words, nullable=False, server_default=""),
    Column("reason", OneOf(NotifyReason), nullable=False),
    Column("title", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("html", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("images", Images),
    Column("says", SaysList, nullable=False),
    Column("state", OneOf(DeliveryState), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("maybe_sent", Boolean, nullable=False),
    Column("leased_until", Moment),
    Column("delivered_at", Moment),
    Column("error", Words, nullable=False),
    Index("deliveries_queue", "state", "target", "id"),
    sqlite_autoincrement=True,  # ids are shown to people: one is never given twice, even after pruning
)

SPEAKS_OF = Table(
    "speaks_of",
    METADATA,
    Column("alert_id", Words, primary_key=True),
    Column("delivery_id", BigInteger, primary_key=True),
    Index("speaks_of_delivery", "delivery_id"),
    sqlite_with_rowid=False,
)
"""Which messages say something of an alert or an episode: the same as `says`, the other way round."""

TIMINGS = Table(
    "timings",
    METADATA,
    Column("group_key", Words, primary_key=True),
    Column("target", Words, primary_key=True),
    Column("last_message_at", Moment, nullable=False),
    Column("reminders", Integer, nullable=False),
    Column("began_at", Moment),
    sqlite_with_rowid=False,
)

TARGETS = Table(
    "target_health",
    METADATA,
    Column("target", Words, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Moment),
    Column("next_try_at", Moment),
    Column("last_error", Words, nullable=False),
    Column("last_success_at", Moment),
    sqlite_with_rowid=False,
)

MEMORY = Table(
    "memory",
    METADATA,
    Column("key", Words, primary_key=True),
    Column("value", Json, nullable=False),
    sqlite_with_rowid=False,
)

"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_LIVING = sa.text("state IN ('pending', 'firing')")


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "instruments",
        sa.Column("serial", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subscription", sa.Text),
        sa.Column("features", sa.Text, nullable=False),
        sa.Column("missed", sa.SmallInteger, nullable=False),
        sa.Column("removed_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "newest",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("instrument", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("values", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cursors",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("instrument", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("values", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("active_at", sa.BigInteger, nullable=False),
        sa.Column("fired_at", sa.BigInteger),
        sa.Column("resolved_at", sa.BigInteger),
        sa.Column("resolved_reason", sa.Text),
        sa.Column("stale_since", sa.BigInteger),
        sa.Column("levels", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("written_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "transitions",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
    )
    op.create_table(
        "told",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("severity", sa.SmallInteger),
        sa.Column("firing_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("maybe", sa.Boolean, nullable=False),
        sa.Column("gave_up_at", sa.BigInteger),
        sa.Column("settled", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("group_key", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("says", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("maybe_sent", sa.Boolean, nullable=False),
        sa.Column("leased_until", sa.BigInteger),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "timings",
        sa.Column("group_key", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("last_message_at", sa.BigInteger, nullable=False),
        sa.Column("reminders", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "target_health",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since", sa.BigInteger),
        sa.Column("next_try_at", sa.BigInteger),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("last_success_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "memory",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("alerts_open", "alerts", ["settled", "state"])
    op.create_index(
        "alerts_one_living", "alerts", ["rule", "subject"], unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING
    )
    op.create_index("transitions_of_alert", "transitions", ["alert_id"])
    op.create_index("deliveries_queue", "deliveries", ["state", "target", "id"])

"""What stands between alerts and targets: silences, acknowledgements, holds, escalations, flapping, causes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables and the columns that they need beside them."""
    op.add_column("alerts", sa.Column("breached_at", sa.BigInteger))
    op.add_column("alerts", sa.Column("closed_at", sa.BigInteger))
    op.add_column("deliveries", sa.Column("thread", sa.Text, nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("images", sa.Text))
    op.add_column("timings", sa.Column("began_at", sa.BigInteger))
    op.create_table(
        "silences",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("matchers", sa.Text, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("until_resolved", sa.Boolean, nullable=False),
        sa.Column("rrule", sa.Text),
        sa.Column("length", sa.BigInteger),
        sa.Column("start_local", sa.Text),
        sa.Column("ends_local", sa.Text),
        sa.Column("timezone", sa.Text),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expired_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "acks",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "held",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("tells", sa.Boolean, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("released_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "escalation_clocks",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("receiver", sa.Text, primary_key=True),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("waited", sa.BigInteger, nullable=False),
        sa.Column("running_since", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("quiet_for", sa.BigInteger, nullable=False),
        sa.Column("observed_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("settled", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "explained",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("cause_id", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("acks_of_subject", "acks", ["rule", "subject"])
    op.create_index("episodes_open", "episodes", ["settled"])
    op.create_index("explained_by", "explained", ["cause_id"])

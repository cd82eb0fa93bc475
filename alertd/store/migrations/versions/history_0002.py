"""The samples' history."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create its two tables."""
    op.create_table(
        "recent",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("shelf", sa.SmallInteger, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("block", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "history",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("block", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("recent_of_shelf", "recent", ["source", "shelf", "recorded_at"])
    op.create_index("history_of_day", "history", ["day", "source", "instrument"])

"""Webhooks that came from MyCirrus."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "webhooks",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("webhooks_once", "webhooks", ["type", "instrument", "time"], unique=True)
    op.create_index("webhooks_open", "webhooks", ["done_at", "id"])

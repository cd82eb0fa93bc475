"""Alerts whose rule was in shadow."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Every alert so far was live."""
    op.add_column("alerts", sa.Column("shadow", sa.Boolean, nullable=False, server_default=sa.false()))

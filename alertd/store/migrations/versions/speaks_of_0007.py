"""Quick ways from a monitor to its alerts, and from an alert to the messages that speak of it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_AT_ONCE = 1000


def upgrade() -> None:
    """Create them, and fill the table from the messages on record."""
    op.create_index("alerts_of_subject", "alerts", ["subject", "active_at"])
    speaks_of = op.create_table(
        "speaks_of",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("delivery_id", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("speaks_of_delivery", "speaks_of", ["delivery_id"])
    deliveries = sa.table("deliveries", sa.column("id", sa.BigInteger), sa.column("says", sa.Text))
    connection, last = op.get_bind(), 0
    while True:
        statement = sa.select(deliveries).where(deliveries.c.id > last).order_by(deliveries.c.id).limit(_AT_ONCE)
        rows = connection.execute(statement).all()
        if not rows:
            return
        last = rows[-1].id
        spoken = {(str(said[0]), row.id): None for row in rows for said in json.loads(row.says)}
        if spoken:
            op.bulk_insert(speaks_of, [{"alert_id": one, "delivery_id": other} for one, other in spoken])

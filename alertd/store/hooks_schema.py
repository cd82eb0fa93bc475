"""The table of MyCirrus's webhooks; it belongs to the same METADATA as schema.py's."""

from sqlalchemy import Column, Index, Table

from alertd.store.columns import Moment, Words
from alertd.store.schema import METADATA, ROW_ID

WEBHOOKS = Table(
    "webhooks",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("type", Words, nullable=False),
    Column("instrument", Words, nullable=False),
    Column("time", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment),  # what it is a hint of was read
    Index("webhooks_once", "type", "instrument", "time", unique=True),
    Index("webhooks_open", "done_at", "id"),
    sqlite_autoincrement=True,
)

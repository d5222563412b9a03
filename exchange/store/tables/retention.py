"""What the daily retention job did."""

from sqlalchemy import (
    UUID,
    BigInteger,
    Column,
    Date,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

retention_run = Table(
    "retention_run",
    metadata,
    Column("run_id", UUID, nullable=False),
    Column("ran_for", Date, nullable=False, comment="the day that the rules were asked about"),
    Column("pack_version", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("last_subject_key", UUID, comment="the last borrower whose records were gone through; a run goes on behind"),
    Column("subjects", BigInteger, nullable=False, server_default="0"),
    Column("counts", JSONB, nullable=False, server_default="{}", comment="by rule and action: how many records"),
    PrimaryKeyConstraint("run_id"),
)

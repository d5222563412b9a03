"""Running clocks: what is due from whom, by when, under which rule; met, or missed and escalated."""

from sqlalchemy import UUID, Column, Index, PrimaryKeyConstraint, Table, Text, text

from exchange.store.tables.base import Instant, metadata

running_clock = Table(
    "running_clock",
    metadata,
    Column("subject_key", UUID, nullable=False, comment="nil where it is about no borrower"),
    Column("clock_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", UUID, nullable=False, comment="the dispute, complaint, consent, plan, review or mandate"),
    Column("member_id", Text, comment="from whom it is due; null: from the exchange"),
    Column("rule", Text, nullable=False, comment="the rule of the pack that sets the time"),
    Column("started_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("met_at", Instant),
    Column("escalated_at", Instant, comment="when it was missed, and the regulator's page shows it"),
    PrimaryKeyConstraint("subject_key", "clock_id"),
    Index(None, "due_at", postgresql_where=text("met_at IS NULL")),
    Index(None, "subject_key", "about"),
)

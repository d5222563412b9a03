"""Erasures that were asked for. What was done stands in the table `erasure`."""

from sqlalchemy import UUID, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, Text, text

from exchange.store.tables.base import Instant, metadata

erasure_request = Table(
    "erasure_request",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("request_id", UUID, nullable=False),
    Column("asked_by", Text, nullable=False, comment="borrower, or the operator who acted on a letter"),
    Column("asked_at", Instant, nullable=False),
    Column("begun_at", Instant, comment="when what could go went; the rest follows once nothing keeps it"),
    Column("taken_back_at", Instant),
    PrimaryKeyConstraint("subject_key", "request_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    Index(None, "asked_at", postgresql_where=text("taken_back_at IS NULL")),
)

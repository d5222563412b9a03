"""Lawful grounds for a look without consent: court orders and duties, recorded by an operator and logged."""

from sqlalchemy import ARRAY, UUID, Column, ForeignKeyConstraint, LargeBinary, PrimaryKeyConstraint, Table, Text

from exchange.store.tables.base import Instant, metadata

lawful_ground = Table(
    "lawful_ground",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("ground_id", UUID, nullable=False),
    Column("kind", Text, nullable=False, comment="COURT, REGULATOR or FRAUD_DUTY"),
    Column("reference", LargeBinary, nullable=False, comment="sealed: the case or file number"),
    Column("document_digest", LargeBinary, nullable=False, comment="SHA-256 of the order"),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("field_classes", ARRAY(Text), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("entry_id", UUID, nullable=False, comment="the borrower's log entry that recorded it"),
    PrimaryKeyConstraint("subject_key", "ground_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["recipient"], ["member.member_id"]),
)

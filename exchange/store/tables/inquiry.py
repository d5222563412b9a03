"""Inquiries: one row per look about a known borrower, granted or refused."""

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from exchange.store.tables.base import Instant, metadata

inquiry = Table(
    "inquiry",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("inquiry_key", UUID, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("staff", LargeBinary, comment="sealed: staff id and name (art. 22)"),
    Column("purpose", Text, nullable=False),
    Column("hard", Boolean, nullable=False),
    Column("basis", Text, nullable=False),
    Column("consent_id", UUID),
    Column("consent_use", BigInteger),
    Column("ground_id", UUID),
    Column("granted", Boolean, nullable=False),
    Column("requested", ARRAY(Text), nullable=False),
    Column("released", ARRAY(Text), nullable=False),
    Column("withheld", ARRAY(Text), nullable=False),
    Column("rules", ARRAY(Text), nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("pack_version", Text, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("asked_at", Instant, nullable=False),
    PrimaryKeyConstraint("subject_key", "inquiry_key"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    Index(None, "subject_key", "sequence", unique=True),
    Index(None, "asked_at", "inquiry_key"),
)

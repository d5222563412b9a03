"""Disputes: what borrowers contest, and what came of it."""

from sqlalchemy import (
    ARRAY,
    UUID,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from exchange.store.tables.base import Instant, metadata

dispute = Table(
    "dispute",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("dispute_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_kind", Text, nullable=False),
    Column("record_key", UUID, nullable=False),
    Column("record_version", Integer, nullable=False, comment="the version that is contested"),
    Column("field", Text, comment="null: the record as a whole"),
    Column("contributor", Text, nullable=False, comment="the furnisher that has to answer"),
    Column("words", LargeBinary, nullable=False, comment="sealed: the borrower's statement, whole"),
    Column("evidence", ARRAY(LargeBinary), nullable=False, comment="SHA-256 of the documents that the borrower holds"),
    Column("state", Text, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("marked_at", Instant, comment="from then on readers see that the record is contested"),
    Column("answered_at", Instant),
    Column("answer", LargeBinary, comment="sealed: the furnisher's answer in words"),
    Column("corrected_version", Integer, comment="the version that put it right"),
    Column("closed_at", Instant),
    Column("pack_version", Text, nullable=False),
    PrimaryKeyConstraint("subject_key", "dispute_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
    Index(None, "contributor", "dispute_id"),
    Index(None, "filed_at"),
)

"""Submissions: files of records, what became of them, and every fault found."""

from sqlalchemy import (
    UUID,
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from exchange.store.tables.base import Instant, metadata

submission = Table(
    "submission",
    metadata,
    Column("submission_id", UUID, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the file and of how it is to be read"),
    Column("format", Text, nullable=False),
    Column("state", Text, nullable=False, comment="APPLIED or REFUSED"),
    Column("records_read", BigInteger, nullable=False),
    Column("records_applied", BigInteger, nullable=False),
    Column("records_faulty", BigInteger, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("leaf_hash", LargeBinary),
    PrimaryKeyConstraint("submission_id"),
    UniqueConstraint("member_id", "digest"),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
    Index(None, "submitted_at"),
)

submission_fault = Table(
    "submission_fault",
    metadata,
    Column("submission_id", UUID, nullable=False),
    Column("fault_no", Integer, nullable=False),
    Column("record_no", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    PrimaryKeyConstraint("submission_id", "fault_no"),
    ForeignKeyConstraint(["submission_id"], ["submission.submission_id"]),
)

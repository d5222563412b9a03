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
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

submission = Table(
    "submission",
    metadata,
    Column("submission_id", UUID, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the file and of how it is to be read"),
    Column("format", Text, nullable=False),
    Column("state", Text, nullable=False, comment="RECEIVED, WORKING, APPLIED or REFUSED"),
    Column("reading", JSONB, nullable=False, comment="how the file is read and treated"),
    Column("bytes_total", BigInteger, nullable=False),
    Column("bytes_read", BigInteger, nullable=False, server_default="0", comment="of the file as it was sent"),
    Column("records_read", BigInteger, nullable=False),
    Column("records_applied", BigInteger, nullable=False, comment="changed something"),
    Column("records_unchanged", BigInteger, nullable=False, server_default="0"),
    Column("records_faulty", BigInteger, nullable=False),
    Column("faults", BigInteger, nullable=False, server_default="0"),
    Column("batches_done", Integer, nullable=False, server_default="0", comment="where a resumed file goes on"),
    Column("notes", JSONB, nullable=False, server_default="{}", comment="how often each note was made, by its code"),
    Column("file_fault", Text, comment="why the file as a whole was refused"),
    Column("submitted_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("leaf_hash", LargeBinary),
    PrimaryKeyConstraint("submission_id"),
    UniqueConstraint("member_id", "digest"),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
    Index(None, "submitted_at"),
    Index(None, "member_id", "submitted_at", "submission_id"),
)

submission_fault = Table(
    "submission_fault",
    metadata,
    Column("submission_id", UUID, nullable=False),
    Column("fault_no", Integer, nullable=False),
    Column("record_no", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("rule", Text, comment="the rule of the policy pack that says so"),
    Column("sentence", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default="", comment="what the sentence names, in any language"),
    PrimaryKeyConstraint("submission_id", "fault_no"),
    ForeignKeyConstraint(["submission_id"], ["submission.submission_id"]),
)

submission_mapping = Table(
    "submission_mapping",
    metadata,
    Column("member_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("toml", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),
    PrimaryKeyConstraint("member_id", "name"),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
    comment="A member's mappings of its own columns, by the names that it gave them.",
)

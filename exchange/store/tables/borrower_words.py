"""What borrowers themselves say in their file: statements, looks that they do not recognise, and who acts for them."""

from sqlalchemy import UUID, Column, ForeignKeyConstraint, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from exchange.store.tables.base import Instant, metadata

statement = Table(
    "statement",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("statement_id", UUID, nullable=False),
    Column("about", UUID, comment="the account meant; null: the whole file"),
    Column("words", LargeBinary, nullable=False, comment="sealed"),
    Column("stated_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    PrimaryKeyConstraint("subject_key", "statement_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
)

unrecognised_look = Table(
    "unrecognised_look",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("inquiry_key", UUID, nullable=False),
    Column("words", LargeBinary, comment="sealed"),
    Column("raised_at", Instant, nullable=False),
    PrimaryKeyConstraint("subject_key", "inquiry_key"),
    ForeignKeyConstraint(["subject_key", "inquiry_key"], ["inquiry.subject_key", "inquiry.inquiry_key"]),
    Index(None, "raised_at"),
)

representative = Table(
    "representative",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("acting_subject_key", UUID, nullable=False),
    Column("kind", Text, nullable=False, comment="DELEGATE or GUARDIAN"),
    Column("document_digest", LargeBinary, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("entry_id", UUID, nullable=False, comment="the borrower's log entry that recorded it"),
    PrimaryKeyConstraint("subject_key", "entry_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    Index(None, "acting_subject_key"),
)

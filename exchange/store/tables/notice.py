"""Notices: what must be told to a borrower or a member, written with the act that calls for it (the outbox)."""

from sqlalchemy import UUID, Column, ForeignKeyConstraint, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from exchange.store.tables.base import Instant, metadata

notice = Table(
    "notice",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("notice_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, comment="a member's id; null: the borrower"),
    Column("about", UUID, comment="the consent, inquiry or account meant"),
    Column("body", LargeBinary, nullable=False, comment="what is said, as signed JSON"),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, comment="when an answer is due"),
    Column("seen_at", Instant, comment="when the borrower saw it, or the member fetched it"),
    Column("answered_at", Instant),
    Column("answer", Text, comment="STOPPED, DELETED or RETAINED_UNDER(article)"),
    PrimaryKeyConstraint("subject_key", "notice_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    Index(None, "recipient", "written_at"),
)

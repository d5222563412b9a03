"""Complaints: how borrowers say that they were treated, and what was found."""

from sqlalchemy import (
    UUID,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

complaint = Table(
    "complaint",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("complaint_id", UUID, nullable=False),
    Column("category", Text, nullable=False),
    Column("against", Text, nullable=False, comment="the member complained of"),
    Column("lender", Text, comment="for whom it collected; null: for itself"),
    Column("words", LargeBinary, nullable=False, comment="sealed"),
    Column("likeness", LargeBinary, nullable=False, comment="keyed MinHash of the words"),
    Column("evidence", JSONB, nullable=False, comment="what was attached: a list of objects"),
    Column("state", Text, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("answer", LargeBinary, comment="sealed: the member's answer in words"),
    Column("finding", Text),
    Column("finding_words", LargeBinary, comment="sealed: what the authority says to it"),
    Column("found_by", UUID, comment="the officer"),
    Column("found_at", Instant),
    Column("withdrawn_at", Instant),
    Column("pack_version", Text, nullable=False),
    PrimaryKeyConstraint("subject_key", "complaint_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["against"], ["member.member_id"]),
    Index(None, "complaint_id"),
    Index(None, "against", "filed_at"),
    Index(None, "filed_at"),
)

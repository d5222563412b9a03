"""Assessments: how a member judged a borrower's ability to repay. A row is one version of one assessment."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from exchange.store.tables.base import Instant, contributed, metadata, recorded

assessment = Table(
    "assessment",
    metadata,
    *recorded("assessment_key"),
    Column("scorecard", Text, nullable=False, comment="name and version"),
    Column("inputs", LargeBinary, nullable=False, comment="sealed JSON object"),
    Column("band", Text, nullable=False),
    Column("score", Integer),
    Column("reason_codes", ARRAY(Text), nullable=False),
    Column("explanation", LargeBinary, comment="sealed: in plain words, for the borrower"),
    Column("solely_automated", Boolean, nullable=False),
    Column("reviewer", LargeBinary, comment="sealed: the person who reviewed it"),
    Column("contested_at", Instant),
    Column("assessed_at", Instant, nullable=False),
    *contributed(),
    PrimaryKeyConstraint("subject_key", "assessment_key", "version"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
    Index(None, "subject_key", "reference_token"),
)

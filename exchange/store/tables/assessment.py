"""Assessments: how a member judged a borrower's ability to repay. A row is one version of one assessment."""

from sqlalchemy import (
    ARRAY,
    UUID,
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

review_request = Table(
    "review_request",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("review_id", UUID, nullable=False),
    Column("assessment_key", UUID, nullable=False, comment="the judgement that a person is to look at again"),
    Column("member_id", Text, nullable=False),
    Column("words", LargeBinary, comment="sealed: what the borrower says to it"),
    Column("asked_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("outcome", Text),
    Column("answer", LargeBinary, comment="sealed: the reviewer's answer in words"),
    PrimaryKeyConstraint("subject_key", "review_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
    Index(None, "member_id", "review_id"),
)

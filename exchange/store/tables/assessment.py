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

from exchange.store.tables.base import Instant, contributed, metadata

assessment = Table(
    "assessment",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("assessment_key", UUID, nullable=False),
    Column("reference", LargeBinary, nullable=False, comment="sealed: the furnisher's own reference"),
    Column("reference_token", LargeBinary, nullable=False, comment="HMAC of the furnisher's reference: same record"),
    Column("reason", Text, nullable=False, comment="why this version was made"),
    Column("withdrawn", Boolean, nullable=False, server_default="false", comment="the furnisher took the record back"),
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

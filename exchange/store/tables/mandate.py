"""Mandates: a lender lets an agency collect for it. A row is one version of one mandate."""

from sqlalchemy import (
    ARRAY,
    UUID,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from exchange.store.tables.base import Instant, metadata

mandate = Table(
    "mandate",
    metadata,
    Column("mandate_id", UUID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("lender", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("reference", Text, nullable=False, comment="the lender's own reference"),
    Column("portfolio", Text, comment="the lender's name of a portfolio; null: accounts are named one by one"),
    Column("channels", ARRAY(Text), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("evaluation_due_on", Date, nullable=False, comment="within 12 months of the beginning"),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="why this version was made"),
    Column("recorded_at", Instant, nullable=False),
    Column("superseded_at", Instant),
    Column("commitment", LargeBinary, nullable=False),
    PrimaryKeyConstraint("mandate_id", "version"),
    ForeignKeyConstraint(["lender"], ["member.member_id"]),
    ForeignKeyConstraint(["agency"], ["member.member_id"]),
    Index(None, "lender"),
    Index(None, "agency"),
)

account_mandate = Table(
    "account_mandate",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("account_key", UUID, nullable=False),
    Column("mandate_id", UUID, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("subject_key", "account_key", "mandate_id", "recorded_at"),
    ForeignKeyConstraint(["subject_key", "account_key"], ["account.subject_key", "account.account_key"]),
    comment="Which accounts a mandate covers.",
)

mandate_evaluation = Table(
    "mandate_evaluation",
    metadata,
    Column("mandate_id", UUID, nullable=False),
    Column("evaluation_id", UUID, nullable=False),
    Column("evaluated_at", Instant, nullable=False),
    Column("mandate_version", Integer, nullable=False, comment="the version that stood then"),
    Column("finding", Text, nullable=False),
    Column("words", Text, comment="what the lender says of the agency; about no borrower"),
    PrimaryKeyConstraint("mandate_id", "evaluation_id"),
)

"""Repayment plans: offers, and what became of them. A row is one version of one plan."""

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, contributed, metadata, recorded

repayment_plan = Table(
    "repayment_plan",
    metadata,
    *recorded("plan_key"),
    Column("account_keys", ARRAY(UUID), nullable=False, comment="the accounts that it is about"),
    Column("plan_type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("options", JSONB, nullable=False, comment="what was offered: at least two"),
    Column("chosen_option", Integer, comment="counts from 0"),
    Column("schedule", JSONB, nullable=False, comment="list of [due on, amount in minor units, paid in minor units]"),
    Column("waived_minor", BigInteger),
    Column("days_past_due_before", Integer, comment="before the plan"),
    Column("reporting_treatment", Text, nullable=False),
    Column("stop_collection_until", Date, comment="until then nobody may collect"),
    Column("proposed_on", Date, nullable=False),
    Column("answer_by", Date),
    Column("accepted_on", Date),
    Column("ended_on", Date),
    *contributed(),
    PrimaryKeyConstraint("subject_key", "plan_key", "version"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
    Index(None, "subject_key", "reference_token"),
    Index(
        None,
        "answer_by",
        postgresql_where=text("superseded_at IS NULL AND NOT withdrawn AND state IN ('PROPOSED', 'COUNTERED')"),
    ),
)

plan_reply = Table(
    "plan_reply",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("plan_key", UUID, nullable=False),
    Column("plan_version", Integer, nullable=False, comment="the version that was answered"),
    Column("reply_id", UUID, nullable=False),
    Column("contributor", Text, nullable=False, comment="the member that made the offer"),
    Column("reply", Text, nullable=False, comment="ACCEPTED, COUNTERED or REJECTED"),
    Column("option", Integer, comment="the option that was accepted; counts from 0"),
    Column("counter", JSONB, comment="what the borrower offers instead, as an option is written"),
    Column("words", LargeBinary, comment="sealed: what the borrower says to it"),
    Column("replied_at", Instant, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False, comment="of the log entry about it"),
    PrimaryKeyConstraint("subject_key", "plan_key", "plan_version"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
    Index(None, "contributor", "reply_id"),
)

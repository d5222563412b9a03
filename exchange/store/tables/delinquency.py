"""Delinquencies: one row for each time a borrower fell behind on an account."""

from sqlalchemy import (
    UUID,
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from exchange.store.tables.base import Instant, contributed, dispute_mark, metadata

delinquency = Table(
    "delinquency",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("delinquency_key", UUID, nullable=False),
    Column("account_key", UUID, nullable=False),
    Column("first_delinquent_on", Date, nullable=False, comment="never moves; a cured one that repeats is a new row"),
    Column("peak_days_past_due", Integer, nullable=False),
    Column("cured_on", Date),
    Column("ended_on", Date, comment="when the conduct ended; retention counts from here"),
    Column("reason", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("charge_off_on", Date),
    Column("charge_off_minor", BigInteger),
    Column("prior_notice_sent_at", Instant),
    Column("prior_notice_delivered_at", Instant),
    Column("prior_notice_channel", Text),
    Column("display_until", Date, comment="the last day on which it may be shown; null: its end is not known"),
    Column("suppressed_by", Text, comment="the rule that hides and keeps it"),
    Column("annotated_by", Text, comment="the rule that has readers told something of it"),
    dispute_mark(),
    *contributed(),
    PrimaryKeyConstraint("subject_key", "delinquency_key"),
    ForeignKeyConstraint(["subject_key", "account_key"], ["account.subject_key", "account.account_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
)

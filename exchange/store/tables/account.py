"""Accounts (tradelines) with packed history, their look-up by reference, and their earlier versions.

A history is newest month first: `history_codes[i]` is the status of the month `history_month - i`; the arrays beside
it run the same way, null where the furnisher said nothing.
"""

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, contributed, dispute_mark, metadata

account = Table(
    "account",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("account_key", UUID, nullable=False),
    Column("account_ref", LargeBinary, nullable=False, comment="sealed"),
    Column("previous_ref", LargeBinary, comment="sealed: the furnisher's earlier reference"),
    Column("original_creditor", Text),
    Column("sold_to", Text),
    Column("purchased_from", Text),
    Column("owner_role", Text, nullable=False),
    Column("portfolio", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("five_class", Text),
    Column("compliance_flag", Text, nullable=False, server_default="NONE"),
    Column("opened_on", Date, nullable=False),
    Column("matures_on", Date),
    Column("closed_on", Date),
    Column("reported_on", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("original_amount_minor", BigInteger),
    Column("credit_limit_minor", BigInteger),
    Column("highest_balance_minor", BigInteger),
    Column("balance_minor", BigInteger),
    Column("past_due_minor", BigInteger),
    Column("scheduled_payment_minor", BigInteger),
    Column("last_payment_minor", BigInteger),
    Column("last_payment_on", Date),
    Column("days_past_due", Integer),
    Column("term_count", Integer),
    Column("term_frequency", Text),
    Column("repayment_method", Text),
    Column("rate_type", Text),
    Column("rate_basis_points", Integer, comment="yearly"),
    Column("collateral", Text),
    Column("co_lender_share_basis_points", Integer, comment="the furnisher's share of a loan by several lenders"),
    Column("withdrawal", Text, comment="DELETED or FRAUD: the furnisher took the account back"),
    Column("history_month", Date, comment="first day of the newest month"),
    Column("history_codes", Text, nullable=False, server_default=""),
    Column("history_days_past_due", ARRAY(SmallInteger)),
    Column("history_past_due_minor", ARRAY(BigInteger)),
    Column("history_balance_minor", ARRAY(BigInteger)),
    Column("history_paid_minor", ARRAY(BigInteger)),
    Column("hidden_months", ARRAY(Date), comment="months that a rule hides and keeps"),
    Column("annotated_by", Text, comment="the rule that has readers told something of this account"),
    dispute_mark(),
    *contributed(),
    PrimaryKeyConstraint("subject_key", "account_key"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
)

account_identifier = Table(
    "account_identifier",
    metadata,
    Column("bidx", LargeBinary, nullable=False, comment="HMAC-SHA256 of contributor and account reference"),
    Column("index_key_id", Integer, nullable=False),
    Column("subject_key", UUID, nullable=False),
    Column("account_key", UUID, nullable=False),
    PrimaryKeyConstraint("bidx", "index_key_id"),
    comment="Look-up table, sharded by its index.",
)

account_version = Table(
    "account_version",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("account_key", UUID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("superseded_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("correction", Text, comment="why the furnisher corrected it"),
    Column("record", JSONB, nullable=False, comment="the account row as it stood"),
    PrimaryKeyConstraint("subject_key", "account_key", "version"),
    comment="Append-only: what we said before.",
)

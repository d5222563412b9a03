"""What waits to be told outside the exchange: messages to borrowers, and what a lender is told of another's report."""

from sqlalchemy import (
    UUID,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)

from exchange.store.tables.base import Instant, metadata

borrower_message = Table(
    "borrower_message",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("message_id", UUID, nullable=False),
    Column("kind", Text, nullable=False, comment="of the notice; FILE_LOOKED_AT: somebody looked"),
    Column("notice_id", UUID, comment="null: it is about looks, which are no notices"),
    Column("written_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, comment="when it is tried next; null: the gateway took it, or given up"),
    Column("last_status", SmallInteger, comment="HTTP status of the gateway's last answer; null: none came"),
    Column("sent_at", Instant, comment="when the gateway took it"),
    Column("dead_at", Instant, comment="given up"),
    PrimaryKeyConstraint("subject_key", "message_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    Index(None, "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index(None, "subject_key", "notice_id"),
)

notice_cursor = Table(
    "notice_cursor",
    metadata,
    Column("name", Text, primary_key=True, comment="of the list that is read"),
    Column("at", Instant, nullable=False, comment="up to where it was read"),
    Column("key", UUID, nullable=False, comment="among those of the same instant"),
)

delinquent_elsewhere = Table(
    "delinquent_elsewhere",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("event_id", UUID, nullable=False),
    Column("member_id", Text, nullable=False, comment="the lender to tell, under the borrower's consent"),
    Column("recorded_at", Instant, nullable=False),
    Column("told_at", Instant, comment="when its notice was written, or the consent was found to have ended"),
    PrimaryKeyConstraint("subject_key", "event_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
    Index(None, "event_id", postgresql_where=text("told_at IS NULL")),
)

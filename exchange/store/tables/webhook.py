"""Webhooks: where members want to be told, and how far each notice got."""

from sqlalchemy import (
    ARRAY,
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

webhook = Table(
    "webhook",
    metadata,
    Column("member_id", Text, nullable=False),
    Column("webhook_id", UUID, nullable=False),
    Column("url", Text, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False, comment="of notices; none: all"),
    Column("added_at", Instant, nullable=False),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("member_id", "webhook_id"),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("notice_id", UUID, nullable=False),
    Column("webhook_id", UUID, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, comment="when it is tried next; null: delivered, or given up"),
    Column("last_status", SmallInteger, comment="HTTP status of the last answer; null: none came"),
    Column("delivered_at", Instant),
    Column("dead_at", Instant, comment="given up: the member may have it sent again"),
    PrimaryKeyConstraint("subject_key", "notice_id", "webhook_id"),
    ForeignKeyConstraint(["subject_key", "notice_id"], ["notice.subject_key", "notice.notice_id"]),
    Index(None, "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index(None, "member_id", "dead_at"),
)

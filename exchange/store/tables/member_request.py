"""What is kept about members' requests: how much they may still ask, their documents, what they may send again."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from exchange.store.tables.base import Instant, metadata

member_budget = Table(
    "member_budget",
    metadata,
    Column("member_id", Text, ForeignKey("member.member_id"), primary_key=True),
    Column("points_max", BigInteger, comment="points of a window; null: as the setting says"),
    Column("window_started_at", Instant, nullable=False),
    Column("leased", BigInteger, nullable=False, comment="points of the window that workers have taken"),
)

kept_document = Table(
    "kept_document",
    metadata,
    Column("member_id", Text, ForeignKey("member.member_id"), nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the text"),
    Column("text", Text, nullable=False, comment="a GraphQL document that is valid"),
    Column("trusted", Boolean, nullable=False, comment="by the operator; else kept by the member itself"),
    Column("kept_at", Instant, nullable=False),
    PrimaryKeyConstraint("member_id", "digest"),
)

idempotent_request = Table(
    "idempotent_request",
    metadata,
    Column("member_id", Text, ForeignKey("member.member_id"), nullable=False),
    Column("key_digest", LargeBinary, nullable=False, comment="SHA-256 of the Idempotency-Key"),
    Column("request_digest", LargeBinary, nullable=False, comment="SHA-256 of the body that it came with first"),
    Column("started_at", Instant, nullable=False),
    Column("status", SmallInteger, comment="of the answer; null: not answered yet"),
    Column("answer", LargeBinary, comment="the answer's exact bytes"),
    Column("leaves", ARRAY(LargeBinary), comment="hashes of the log entries behind the answer"),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("member_id", "key_digest"),
    Index(None, "expires_at"),
)

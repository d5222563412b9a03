"""Members, how good their data is, what may be used only once, and tokens that were revoked."""

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Column,
    Date,
    Float,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

member = Table(
    "member",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("member_class", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("contribution_level", Text, nullable=False),
    Column("measured_level", Text, comment="what it was found to contribute; null: not measured"),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("jwks", JSONB, nullable=False),
    Column("redirect_uris", ARRAY(Text), nullable=False, server_default="{}"),
    Column("contact", Text, nullable=False, server_default="", comment="how a borrower reaches the member (PIPL 23)"),
    Column("registered_at", Instant, nullable=False),
)

member_version = Table(
    "member_version",
    metadata,
    Column("member_id", Text, nullable=False),
    Column("superseded_at", Instant, nullable=False),
    Column("version_id", UUID, nullable=False),
    Column("reason", Text, nullable=False),
    Column("record", JSONB, nullable=False, comment="the member row as it stood"),
    PrimaryKeyConstraint("member_id", "superseded_at", "version_id"),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
    comment="Append-only: what the register said before.",
)

member_quality = Table(
    "member_quality",
    metadata,
    Column("member_id", Text, nullable=False),
    Column("measured_on", Date, nullable=False),
    Column("completeness", Float, comment="0 to 1; null: nothing to measure"),
    Column("timeliness", Float, comment="0 to 1"),
    Column("consistency", Float, comment="0 to 1"),
    Column("dispute_rate", Float, comment="0 to 1: the share of accounts that borrowers contest"),
    Column("upheld_share", Float, comment="0 to 1: of the disputes answered, those in which the record was corrected"),
    Column("quality_index", Float, comment="0 to 100"),
    Column("accounts", BigInteger, nullable=False),
    Column("measured_level", Text, comment="the contribution level that it was found to keep; null: not measured"),
    PrimaryKeyConstraint("member_id", "measured_on"),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
)

one_time = Table(
    "one_time",
    metadata,
    Column("digest", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("digest", "kind"),
    Index(None, "expires_at"),
    comment="Proof and assertion ids already seen; rows may go once expired.",
)

revoked_token = Table(
    "revoked_token",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant, nullable=False),
)

"""Members, what may be used only once, and tokens that were revoked."""

from sqlalchemy import ARRAY, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text
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
    Column("scopes", ARRAY(Text), nullable=False),
    Column("jwks", JSONB, nullable=False),
    Column("redirect_uris", ARRAY(Text), nullable=False, server_default="{}"),
    Column("contact", Text, nullable=False, server_default="", comment="how a borrower reaches the member (PIPL 23)"),
    Column("registered_at", Instant, nullable=False),
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

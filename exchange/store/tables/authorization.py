"""What the authorization server keeps between two requests. Secrets are stored as SHA-256, never in clear."""

from sqlalchemy import ARRAY, UUID, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

pushed_request = Table(
    "pushed_request",
    metadata,
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the request_uri"),
    Column("client_id", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("key_thumbprint", Text, comment="dpop_jkt"),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant, comment="at the decision, not at the page load"),
    PrimaryKeyConstraint("digest"),
    Index(None, "expires_at"),
)

authorization_code = Table(
    "authorization_code",
    metadata,
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the code"),
    Column("client_id", Text, nullable=False),
    Column("subject_key", UUID, nullable=False),
    Column("consent_id", UUID, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", Text, nullable=False),
    Column("key_thumbprint", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("authorization_details", JSONB, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    PrimaryKeyConstraint("digest"),
    Index(None, "expires_at"),
)

refresh_token = Table(
    "refresh_token",
    metadata,
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the token"),
    Column("client_id", Text, nullable=False),
    Column("subject_key", UUID, nullable=False),
    Column("consent_id", UUID, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("authorization_details", JSONB, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    PrimaryKeyConstraint("digest"),
    Index(None, "subject_key", "consent_id"),
)

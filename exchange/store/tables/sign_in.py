"""How a borrower signs in: passkeys, second factors, recovery codes, sessions, and limits on every guessable door."""

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

enrolment = Table(
    "enrolment",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("proofed_by", Text, nullable=False, comment="name of the identity provider"),
    Column("proofed_at", Instant, nullable=False),
    Column("evidence", LargeBinary, nullable=False, comment="sealed: what the provider said"),
    Column("language", Text, nullable=False),
    PrimaryKeyConstraint("subject_key"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    comment="A borrower whose identity was proofed, and who may therefore sign in.",
)

passkey = Table(
    "passkey",
    metadata,
    Column("credential_id", LargeBinary, nullable=False),
    Column("subject_key", UUID, nullable=False),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False, comment="given by the borrower"),
    Column("transports", ARRAY(Text), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("entry_id", UUID, comment="the borrower's log entry that registered it"),
    PrimaryKeyConstraint("credential_id"),
    comment="Look-up table, sharded by its credential.",
)

totp = Table(
    "totp",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("secret", LargeBinary, nullable=False, comment="sealed"),
    Column("last_step", BigInteger, nullable=False, server_default="0", comment="a code works once"),
    Column("confirmed_at", Instant),
    PrimaryKeyConstraint("subject_key"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("code_no", Integer, nullable=False),
    Column("hash", Text, nullable=False, comment="Argon2id"),
    Column("used_at", Instant),
    PrimaryKeyConstraint("subject_key", "code_no"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
)

web_session = Table(
    "web_session",
    metadata,
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the cookie's value"),
    Column("subject_key", UUID, comment="the borrower; null before signing in"),
    Column("officer_id", UUID, comment="the officer of a regulator, instead of a borrower"),
    Column("data", JSONB, nullable=False, server_default="{}"),
    Column("device", Text, nullable=False, server_default="", comment="browser and system, in words"),
    Column("signed_in_by", Text, comment="PASSKEY, TOTP or RECOVERY_CODE"),
    Column("signed_in_at", Instant),
    Column("opened_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("digest"),
    comment="Look-up table, sharded by its digest.",
)

attempt_limit = Table(
    "attempt_limit",
    metadata,
    Column("digest", LargeBinary, nullable=False, comment="HMAC of the door and of whom it is about"),
    Column("window_started_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    PrimaryKeyConstraint("digest"),
)

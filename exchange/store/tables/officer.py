"""The people of members: how they sign in; and of those at a regulator, what they open, keep and take out."""

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

officer = Table(
    "officer",
    metadata,
    Column("officer_id", UUID, nullable=False),
    Column("member_id", Text, nullable=False, comment="whose officer or staff it is"),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False, comment="what they may do"),
    Column("language", Text, nullable=False),
    Column("invitation", LargeBinary, comment="SHA-256 of the code that adds the first passkey; null once used"),
    Column("invitation_ends_at", Instant),
    Column("added_at", Instant, nullable=False),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("officer_id"),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
)

officer_passkey = Table(
    "officer_passkey",
    metadata,
    Column("credential_id", LargeBinary, nullable=False),
    Column("officer_id", UUID, nullable=False),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False, comment="given by the officer"),
    Column("transports", ARRAY(Text), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("entry_id", UUID, nullable=False, comment="the log entry that registered it"),
    PrimaryKeyConstraint("credential_id"),
    ForeignKeyConstraint(["officer_id"], ["officer.officer_id"]),
)

opening_request = Table(
    "opening_request",
    metadata,
    Column("request_id", UUID, nullable=False),
    Column("member_id", Text, nullable=False, comment="the authority"),
    Column("leaf_index", BigInteger, nullable=False),
    Column("asked_by", UUID, nullable=False),
    Column("reason", LargeBinary, nullable=False, comment="sealed under the log key: case and reason, in words"),
    Column("asked_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("decided_by", UUID),
    Column("decided_at", Instant),
    Column("approved", Boolean),
    Column("signature", JSONB, comment="the second officer's passkey over the request"),
    PrimaryKeyConstraint("request_id"),
    ForeignKeyConstraint(["asked_by"], ["officer.officer_id"]),
    ForeignKeyConstraint(["decided_by"], ["officer.officer_id"]),
    Index(None, "member_id", "asked_at"),
    comment="An event is opened by two persons: one asks, another one of the same authority agrees.",
)

saved_search = Table(
    "saved_search",
    metadata,
    Column("search_id", UUID, nullable=False),
    Column("officer_id", UUID, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False, comment="the address of the search, after the question mark"),
    Column("saved_at", Instant, nullable=False),
    PrimaryKeyConstraint("search_id"),
    ForeignKeyConstraint(["officer_id"], ["officer.officer_id"]),
    Index(None, "officer_id", "name", unique=True),
)

log_export = Table(
    "log_export",
    metadata,
    Column("export_id", UUID, nullable=False),
    Column("member_id", Text, nullable=False, comment="the authority"),
    Column("officer_id", UUID, nullable=False),
    Column("query", Text, nullable=False, comment="the filter, as an address has it"),
    Column("wanted", JSONB, nullable=False, comment="the same filter, as it is applied"),
    Column("note", Text, nullable=False, comment="the checkpoint that the export is bound to"),
    Column("asked_at", Instant, nullable=False),
    Column("events_total", BigInteger, nullable=False),
    Column("events_done", BigInteger, nullable=False),
    Column("finished_at", Instant),
    Column("digest", LargeBinary, comment="SHA-256 of the lines, once finished"),
    PrimaryKeyConstraint("export_id"),
    ForeignKeyConstraint(["officer_id"], ["officer.officer_id"]),
    Index(None, "member_id", "asked_at"),
)

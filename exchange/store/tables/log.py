"""The transparency log: openings and pending leaves written with each act; leaves, tiles and checkpoints by the
integrator alone."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from exchange.store.tables.base import Instant, metadata

_KIND = "hash_record_extended(ROW(act, purpose, basis, granted, reasons, rules), 0)"
"""Events come in few kinds, however many there are: a search picks the kinds and reads each along its index."""


def _searchable() -> list[Column[Any]]:
    """What regulators search by: no borrower, no member of staff."""
    return [
        Column("act", Text, nullable=False),
        Column("member_id", Text),
        Column("purpose", Text),
        Column("basis", Text),
        Column("granted", Boolean),
        Column("reasons", ARRAY(Text), nullable=False),
        Column("rules", ARRAY(Text), nullable=False),
    ]


log_opening = Table(
    "log_opening",
    metadata,
    Column("subject_key", UUID, nullable=False, comment="the nil UUID where no borrower is meant"),
    Column("entry_id", UUID, nullable=False),
    Column("sequence", BigInteger, comment="dense per borrower"),
    Column("recorded_at", Instant, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("subject_opening", LargeBinary, comment="sealed under the borrower's key"),
    Column("service_opening", LargeBinary, nullable=False, comment="sealed under the log key"),
    PrimaryKeyConstraint("subject_key", "entry_id"),
    Index(None, "entry_id"),
    Index("uq_log_opening_sequence", "subject_key", "sequence", unique=True),
)

log_pending = Table(
    "log_pending",
    metadata,
    Column("entry_id", UUID, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    *_searchable(),
    PrimaryKeyConstraint("entry_id"),
)

log_leaf = Table(
    "log_leaf",
    metadata,
    Column("leaf_index", BigInteger, nullable=False),
    Column("entry_id", UUID, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    PrimaryKeyConstraint("leaf_index"),
    Index(None, "leaf_hash"),
    Index(None, "entry_id", unique=True),
)

log_event = Table(
    "log_event",
    metadata,
    Column("leaf_index", BigInteger, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    *_searchable(),
    Column("kind", BigInteger, Computed(_KIND, persisted=True), comment="equal where all but the member is equal"),
    PrimaryKeyConstraint("leaf_index"),
    Index(None, "recorded_at", "leaf_index"),
    Index(None, "member_id", "recorded_at", "leaf_index"),
    Index(None, "kind", "recorded_at", "leaf_index"),
    Index(None, "member_id", "kind", "recorded_at", "leaf_index"),
    comment="What each leaf is about, for regulators to search; written by the integrator with the leaf.",
)

log_tile = Table(
    "log_tile",
    metadata,
    Column("level", SmallInteger, nullable=False),
    Column("tile_index", BigInteger, nullable=False),
    Column("width", SmallInteger, nullable=False),
    Column("hashes", LargeBinary, nullable=False, comment="1 to 256 hashes of 32 bytes; grows until full"),
    PrimaryKeyConstraint("level", "tile_index"),
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("origin", Text, nullable=False),
    Column("tree_size", BigInteger, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("origin", "tree_size", "signed_at"),
)

log_integrator = Table(
    "log_integrator",
    metadata,
    Column("id", Integer, nullable=False, comment="always 1: its row lock makes the integrator single"),
    Column("tree_size", BigInteger, nullable=False),
    PrimaryKeyConstraint("id"),
)

"""The first round trip of a look: who asks, whose file it is, its key, and the consent or lawful ground relied on, with
the log entries that must stand behind it. Opens nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from exchange.handover import Caller, Member, WrappedKey
from exchange.store.member_register import member_from_row
from exchange.store.prepared import (
    Kind,
    Statement,
    boolean_of,
    fetch_row,
    instant_of,
    integer_of,
)

_COLUMNS = """
    SELECT m.member_id, m.name, m.member_class, m.licence, m.status, m.contribution_level, m.contact,
           m.measured_level, to_json(m.scopes)::text AS scopes, m.jwks::text AS jwks,
           to_json(m.redirect_uris)::text AS redirect_uris,
           EXISTS (
               SELECT 1 FROM revoked_token r WHERE r.token_id IN (:token_id, split_part(:token_id, '.', 1))
           ) AS token_revoked,
           s.subject_key, s.security_freeze, q.last AS sequence_last,
           k.key_no, k.kek_ref, k.kek_version, k.suite, k.wrapped,
           c.consent_id, c.state, c.uses, c.window_started_at, c.window_uses, c.artefact, c.signatures::text,
           c.signer_key, y.entry_id AS key_entry, y.leaf AS key_leaf, y.service_opening AS key_opening,
           b.entry_id AS basis_entry, b.leaf AS basis_leaf, b.service_opening AS basis_opening"""
_GROUND_COLUMNS = """,
           g.ground_id, g.kind, g.reference, g.recipient, g.purpose, to_json(g.field_classes)::text AS field_classes,
           g.expires_at, g.ended_at"""
_TABLES = """
    FROM member m
    LEFT JOIN (
        SELECT subject_key FROM subject_identifier WHERE bidx = ANY(:tokens) ORDER BY index_key_id DESC LIMIT 1
    ) i ON true
    LEFT JOIN subject s ON s.subject_key = i.subject_key
    LEFT JOIN subject_sequence q ON q.subject_key = s.subject_key
    LEFT JOIN LATERAL (
        SELECT * FROM subject_key WHERE subject_key = s.subject_key AND state = 'ACTIVE' ORDER BY key_no DESC LIMIT 1
    ) k ON true
    LEFT JOIN consent c ON c.subject_key = s.subject_key AND c.consent_id = :consent_id
    LEFT JOIN LATERAL (
        SELECT * FROM log_opening WHERE subject_key = c.signer_key AND entry_id = c.key_entry LIMIT 1
    ) y ON true"""
# LIMIT makes the planner use the key: a join would read every entry about the borrower.
_BASIS_OF_CONSENT = """
    LEFT JOIN LATERAL (
        SELECT * FROM log_opening WHERE subject_key = s.subject_key AND entry_id = c.authority_entry LIMIT 1
    ) b ON true"""
_BASIS_OF_GROUND = """
    LEFT JOIN lawful_ground g ON g.subject_key = s.subject_key AND g.ground_id = :ground_id
    LEFT JOIN LATERAL (
        SELECT * FROM log_opening WHERE subject_key = s.subject_key AND entry_id = g.entry_id LIMIT 1
    ) b ON true"""
_WHERE = """
    WHERE m.member_id = :member_id"""
_KINDS = {
    "member_id": Kind.TEXT,
    "token_id": Kind.TEXT,
    "tokens": Kind.BYTE_STRINGS,
    "consent_id": Kind.UUID,
    "ground_id": Kind.UUID,
}
_LOOK_UP = Statement(_COLUMNS + _TABLES + _BASIS_OF_CONSENT + _WHERE, _KINDS)
_LOOK_UP_WITH_GROUND = Statement(_COLUMNS + _GROUND_COLUMNS + _TABLES + _BASIS_OF_GROUND + _WHERE, _KINDS)
_HOLD = text("""
    SELECT last FROM subject_sequence WHERE subject_key = (
        SELECT subject_key FROM subject_identifier WHERE bidx = ANY(:tokens) ORDER BY index_key_id DESC LIMIT 1
    ) FOR UPDATE
""")


_MEMBERS_KEPT = 1_024


class _MemberRow(NamedTuple):
    """The columns of a member, in the order of the statement."""

    member_id: Any
    name: Any
    member_class: Any
    licence: Any
    status: Any
    contribution_level: Any
    contact: Any
    measured_level: Any
    scopes: Any
    jwks: Any
    redirect_uris: Any


class _FileRow(NamedTuple):
    """The columns behind those of the member, as bytes."""

    token_revoked: Any
    subject_key: Any
    security_freeze: Any
    sequence_last: Any
    key_no: Any
    kek_ref: Any
    kek_version: Any
    suite: Any
    wrapped: Any
    consent_id: Any
    state: Any
    uses: Any
    window_started_at: Any
    window_uses: Any
    artefact: Any
    signatures: Any
    signer_key: Any
    key_entry: Any
    key_leaf: Any
    key_opening: Any
    basis_entry: Any
    basis_leaf: Any
    basis_opening: Any
    ground_id: Any = None
    kind: Any = None
    reference: Any = None
    recipient: Any = None
    purpose: Any = None
    field_classes: Any = None
    expires_at: Any = None
    ended_at: Any = None


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A log entry as it is needed to check what it says: its public leaf, and the service's opening, still sealed."""

    entry_id: UUID
    leaf: bytes
    service_opening: bytes


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A consent as stored: neither read nor verified. `artefact` are its canonical bytes, `signatures` is JSON.

    `signer_key`: whose passkey signed. `key_entry`: the entry of their log that registered the passkey.
    `authority_entry`: the entry of the borrower's log that lets them act for the borrower.
    """

    artefact: bytes
    signatures: str
    state: str
    uses: int
    window_started_at: datetime | None
    window_uses: int
    signer_key: UUID | None = None
    key_entry: SealedEntry | None = None
    authority_entry: SealedEntry | None = None


@dataclass(frozen=True, slots=True)
class StoredGround:
    """A lawful ground as stored, not checked against `entry`, the entry of the borrower's log that recorded it.

    `reference` is sealed.
    """

    subject_key: UUID
    ground_id: UUID
    kind: str
    reference: bytes
    recipient: str
    purpose: str
    field_classes: Sequence[str]
    expires_at: datetime
    ended_at: datetime | None
    entry: SealedEntry | None


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A borrower that the exchange knows. `sequence_last` counts the log entries about them so far."""

    subject_key: UUID
    security_freeze: bool
    sequence_last: int
    wrapped_key: WrappedKey
    consent: StoredConsent | None
    ground: StoredGround | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the look-up found. `member` is None where the member is gone, `file` where nobody has that document."""

    member: Member | None
    token_revoked: bool
    file: FoundFile | None


def look_up(
    connection: Connection,
    caller: Caller,
    tokens: Sequence[bytes],
    consent_id: UUID | None,
    ground_id: UUID | None = None,
) -> Found:
    """What is known of the caller, of the borrower behind `tokens` (blind-index values), and of the basis named."""
    values: dict[str, Any] = {
        "member_id": caller.member_id,
        "token_id": caller.token_id,
        "tokens": list(tokens),
        "consent_id": consent_id,
    }
    statement = _LOOK_UP
    if ground_id is not None:
        statement, values["ground_id"] = _LOOK_UP_WITH_GROUND, ground_id
    raw = fetch_row(connection, statement, values)
    if raw is None:
        return Found(None, False, None)
    row = _FileRow(*raw[len(_MemberRow._fields) :])
    return Found(_member(raw[: len(_MemberRow._fields)]), boolean_of(row.token_revoked), _file(row))


def hold_subject(connection: Connection, tokens: Sequence[bytes]) -> None:
    """Keeps every other writer of entries about the borrower behind `tokens` waiting until the transaction ends."""
    connection.execute(_HOLD, {"tokens": list(tokens)})


@lru_cache(maxsize=_MEMBERS_KEPT)
def _member(raw: tuple[bytes | None, ...]) -> Member:
    """The member in these columns: read once for as long as the row stays as it is."""
    row = _MemberRow(*[value and value.decode() for value in raw])
    lists = {name: orjson.loads(getattr(row, name)) for name in ("scopes", "jwks", "redirect_uris")}
    return member_from_row(row._replace(**lists))


def _file(row: _FileRow) -> FoundFile | None:
    if row.subject_key is None or row.wrapped is None:
        return None
    subject_key = UUID(bytes=row.subject_key)
    key = WrappedKey(
        subject_key, integer_of(row.key_no), row.kek_ref.decode(), integer_of(row.kek_version), integer_of(row.suite),
        row.wrapped,
    )  # fmt: skip
    consent = None if row.consent_id is None else _consent(row)
    ground = None if row.ground_id is None else _ground(subject_key, row)
    return FoundFile(
        subject_key, boolean_of(row.security_freeze), integer_of(row.sequence_last), key, consent, ground
    )  # fmt: skip


def _consent(row: _FileRow) -> StoredConsent:
    return StoredConsent(
        row.artefact, row.signatures.decode(), row.state.decode(), integer_of(row.uses),
        row.window_started_at and instant_of(row.window_started_at), integer_of(row.window_uses),
        row.signer_key and UUID(bytes=row.signer_key),
        _entry(row.key_entry, row.key_leaf, row.key_opening), _basis_entry(row),
    )  # fmt: skip


def _ground(subject_key: UUID, row: _FileRow) -> StoredGround:
    return StoredGround(
        subject_key, UUID(bytes=row.ground_id), row.kind.decode(), row.reference, row.recipient.decode(),
        row.purpose.decode(), orjson.loads(row.field_classes), instant_of(row.expires_at),
        row.ended_at and instant_of(row.ended_at), _basis_entry(row),
    )  # fmt: skip


def _basis_entry(row: _FileRow) -> SealedEntry | None:
    return _entry(row.basis_entry, row.basis_leaf, row.basis_opening)


def _entry(entry_id: bytes | None, leaf: bytes, opening: bytes) -> SealedEntry | None:
    return None if entry_id is None else SealedEntry(UUID(bytes=entry_id), leaf, opening)

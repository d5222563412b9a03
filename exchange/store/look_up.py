"""The first round trip of a look: who asks, whose file it is, its key, and the consent or lawful ground relied on, with
the log entries that must stand behind it. Opens nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from exchange.handover import Caller, Member, WrappedKey
from exchange.store.member_register import member_from_row

_COLUMNS = """
    SELECT m.member_id, m.name, m.member_class, m.licence, m.status, m.contribution_level, m.scopes, m.jwks,
           m.redirect_uris, m.contact, m.measured_level,
           EXISTS (
               SELECT 1 FROM revoked_token r WHERE r.token_id IN (:token_id, split_part(:token_id, '.', 1))
           ) AS token_revoked,
           s.subject_key, s.security_freeze, q.last AS sequence_last,
           k.key_no, k.kek_ref, k.kek_version, k.suite, k.wrapped,
           c.consent_id, c.state, c.uses, c.window_started_at, c.window_uses, c.artefact, c.signatures::text,
           c.signer_key, y.entry_id AS key_entry, y.leaf AS key_leaf, y.service_opening AS key_opening,
           b.entry_id AS basis_entry, b.leaf AS basis_leaf, b.service_opening AS basis_opening"""
_GROUND_COLUMNS = """,
           g.ground_id, g.kind, g.reference, g.recipient, g.purpose, g.field_classes, g.expires_at, g.ended_at"""
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
    LEFT JOIN log_opening y ON y.subject_key = c.signer_key AND y.entry_id = c.key_entry"""
_BASIS_OF_CONSENT = """
    LEFT JOIN log_opening b ON b.subject_key = s.subject_key AND b.entry_id = c.authority_entry"""
_BASIS_OF_GROUND = """
    LEFT JOIN lawful_ground g ON g.subject_key = s.subject_key AND g.ground_id = :ground_id
    LEFT JOIN log_opening b ON b.subject_key = s.subject_key AND b.entry_id = g.entry_id"""
_WHERE = """
    WHERE m.member_id = :member_id"""
_LOOK_UP = text(_COLUMNS + _TABLES + _BASIS_OF_CONSENT + _WHERE)
_LOOK_UP_WITH_GROUND = text(_COLUMNS + _GROUND_COLUMNS + _TABLES + _BASIS_OF_GROUND + _WHERE)
_HOLD = text("""
    SELECT last FROM subject_sequence WHERE subject_key = (
        SELECT subject_key FROM subject_identifier WHERE bidx = ANY(:tokens) ORDER BY index_key_id DESC LIMIT 1
    ) FOR UPDATE
""")


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
    row = connection.execute(statement, values).one_or_none()
    if row is None:
        return Found(None, False, None)
    return Found(member_from_row(row), row.token_revoked, _file(row, ground_id is not None))


def hold_subject(connection: Connection, tokens: Sequence[bytes]) -> None:
    """Keeps every other writer of entries about the borrower behind `tokens` waiting until the transaction ends."""
    connection.execute(_HOLD, {"tokens": list(tokens)})


def _file(row: Any, by_ground: bool) -> FoundFile | None:
    if row.subject_key is None or row.wrapped is None:
        return None
    key = WrappedKey(row.subject_key, row.key_no, row.kek_ref, row.kek_version, row.suite, row.wrapped)
    consent = None if row.consent_id is None else _consent(row)
    ground = _ground(row) if by_ground and row.ground_id is not None else None
    return FoundFile(row.subject_key, row.security_freeze, row.sequence_last, key, consent, ground)


def _consent(row: Any) -> StoredConsent:
    key_entry = SealedEntry(row.key_entry, row.key_leaf, row.key_opening) if row.key_entry else None
    return StoredConsent(
        bytes(row.artefact), row.signatures, row.state, row.uses, row.window_started_at, row.window_uses,
        row.signer_key, key_entry, _basis_entry(row),
    )  # fmt: skip


def _ground(row: Any) -> StoredGround:
    return StoredGround(
        row.subject_key, row.ground_id, row.kind, row.reference, row.recipient, row.purpose, row.field_classes,
        row.expires_at, row.ended_at, _basis_entry(row),
    )  # fmt: skip


def _basis_entry(row: Any) -> SealedEntry | None:
    return SealedEntry(row.basis_entry, row.basis_leaf, row.basis_opening) if row.basis_entry else None

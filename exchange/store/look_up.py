"""The first round trip of a look: who asks, whose file it is, its key, and the consent relied on. Opens nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from consent.register import HeldConsent
from exchange.handover import Caller, Member, WrappedKey
from exchange.store.consent_register import held_consent
from exchange.store.member_register import member_from_row

_LOOK_UP = text("""
    SELECT m.member_id, m.name, m.member_class, m.licence, m.status, m.contribution_level, m.scopes, m.jwks,
           EXISTS (SELECT 1 FROM revoked_token r WHERE r.token_id = :token_id) AS token_revoked,
           s.subject_key, s.security_freeze, q.last AS sequence_last,
           k.key_no, k.kek_ref, k.kek_version, k.suite, k.wrapped,
           c.consent_id, c.state, c.uses, c.window_started_at, c.window_uses, c.artefact, c.signatures
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
    WHERE m.member_id = :member_id
""")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A borrower that the exchange knows. `sequence_last` counts the log entries about them so far."""

    subject_key: UUID
    security_freeze: bool
    sequence_last: int
    wrapped_key: WrappedKey
    consent: HeldConsent | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the look-up found. `member` is None where the member is gone, `file` where nobody has that document."""

    member: Member | None
    token_revoked: bool
    file: FoundFile | None


def look_up(connection: Connection, caller: Caller, tokens: Sequence[bytes], consent_id: UUID | None) -> Found:
    """What is known of the caller, of the borrower behind `tokens` (blind-index values), and of the consent."""
    row = connection.execute(
        _LOOK_UP,
        {
            "member_id": caller.member_id,
            "token_id": caller.token_id,
            "tokens": list(tokens),
            "consent_id": consent_id,
        },
    ).one_or_none()
    if row is None:
        return Found(None, False, None)
    return Found(member_from_row(row), row.token_revoked, _file(row))


def hold_subject(connection: Connection, subject_key: UUID) -> None:
    """Keeps every other writer of this borrower's log entries waiting until the transaction ends."""
    connection.execute(
        text("SELECT last FROM subject_sequence WHERE subject_key = :subject_key FOR UPDATE"),
        {"subject_key": subject_key},
    )


def _file(row: Any) -> FoundFile | None:
    if row.subject_key is None or row.wrapped is None:
        return None
    key = WrappedKey(row.subject_key, row.key_no, row.kek_ref, row.kek_version, row.suite, row.wrapped)
    consent = held_consent(row) if row.consent_id is not None else None
    return FoundFile(row.subject_key, row.security_freeze, row.sequence_last, key, consent)

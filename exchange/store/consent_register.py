"""Consents in the database: a ConsentRegister over a connection. Commit and rollback belong to the caller."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql

from consent.artefact import ConsentArtefact
from consent.lifecycle import ConsentState, move
from consent.register import ConsentAlreadyHeld, ConsentMove, ConsentNotHeld, HeldConsent
from consent.signature import Signatures
from exchange.clock import new_id
from exchange.store.tables.consent import consent, consent_move

ARTEFACTS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """What is kept beside a consent that shows how it was given.

    `signer_key` is whose passkey signed, `key_entry` the entry of their log that registered it, `authority_entry` the
    entry of the borrower's log that lets a representative act, `notice` what was shown.
    """

    signer_key: UUID | None = None
    key_entry: UUID | None = None
    authority_entry: UUID | None = None
    notice: str | None = None


NO_EVIDENCE = ConsentEvidence()


class SqlConsentRegister:
    """A ConsentRegister. Every statement stays within one borrower."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        held: HeldConsent,
        actor: str,
        now: datetime,
        entry_id: UUID | None = None,
        evidence: ConsentEvidence = NO_EVIDENCE,
    ) -> None:
        artefact = held.artefact
        row = {
            "subject_key": artefact.subject_key,
            "consent_id": artefact.consent_id,
            "recipient": artefact.recipient,
            "purpose": artefact.purpose.value,
            "state": held.state.value,
            "starts_at": artefact.starts_at,
            "expires_at": artefact.expires_at,
            "uses": held.uses,
            "window_started_at": held.window_started_at,
            "window_uses": held.window_uses,
            "artefact": artefact.to_canonical(),
            "signatures": held.signatures.to_values(),
            "recorded_at": now,
            **asdict(evidence),
        }
        added = postgresql.insert(consent).values(row).on_conflict_do_nothing().returning(consent.c.consent_id)
        if self._connection.execute(added).first() is None:
            raise ConsentAlreadyHeld("this consent is already held")
        added_now = ConsentMove(None, held.state, actor, now, entry_id)
        self._record_move(artefact.subject_key, artefact.consent_id, added_now)

    def find(self, subject_key: UUID, consent_id: UUID) -> HeldConsent | None:
        row = self._connection.execute(select(consent).where(*_is(subject_key, consent_id))).first()
        return held_consent(row) if row else None

    def list_for(self, subject_key: UUID) -> tuple[HeldConsent, ...]:
        owned = select(consent).where(consent.c.subject_key == subject_key).order_by(consent.c.consent_id)
        return tuple(held_consent(row) for row in self._connection.execute(owned))

    def move(
        self,
        subject_key: UUID,
        consent_id: UUID,
        to: ConsentState,
        actor: str,
        now: datetime,
        entry_id: UUID | None = None,
    ) -> None:
        locked = select(consent.c.state).where(*_is(subject_key, consent_id)).with_for_update()
        state = self._connection.execute(locked).scalar()
        if state is None:
            raise ConsentNotHeld("this consent is not held")
        from_state = ConsentState(state)
        to_state = move(from_state, to)
        self._connection.execute(update(consent).where(*_is(subject_key, consent_id)).values(state=to_state.value))
        self._record_move(subject_key, consent_id, ConsentMove(from_state, to_state, actor, now, entry_id))

    def moves(self, subject_key: UUID, consent_id: UUID) -> tuple[ConsentMove, ...]:
        oldest_first = (
            select(consent_move)
            .where(consent_move.c.subject_key == subject_key, consent_move.c.consent_id == consent_id)
            .order_by(consent_move.c.moved_at, consent_move.c.from_state.is_not(None), consent_move.c.move_id)
        )
        return tuple(_move(row) for row in self._connection.execute(oldest_first))

    def spend(self, subject_key: UUID, consent_id: UUID, now: datetime) -> int | None:
        locked = select(consent).where(*_is(subject_key, consent_id)).with_for_update()
        row = self._connection.execute(locked).first()
        held = held_consent(row) if row else None
        if held is None or not held.allows_a_look(now):
            return None
        spent = held.after_look(now)
        counted = {
            "uses": spent.uses,
            "window_started_at": spent.window_started_at,
            "window_uses": spent.window_uses,
        }
        self._connection.execute(update(consent).where(*_is(subject_key, consent_id)).values(counted))
        return spent.uses

    def _record_move(self, subject_key: UUID, consent_id: UUID, made: ConsentMove) -> None:
        row = {
            "subject_key": subject_key,
            "consent_id": consent_id,
            "moved_at": made.moved_at,
            "move_id": new_id(made.moved_at),
            "from_state": made.from_state.value if made.from_state else None,
            "to_state": made.to_state.value,
            "actor": made.actor,
            "entry_id": made.entry_id,
        }
        self._connection.execute(insert(consent_move).values(row))


def held_consent(row: Row[Any]) -> HeldConsent:
    """The consent in a row of the consent table. Its signatures are read, not verified."""
    return HeldConsent(
        artefact=_read_artefact(bytes(row.artefact)),
        state=ConsentState(row.state),
        signatures=Signatures.from_values(row.signatures),
        uses=row.uses,
        window_started_at=row.window_started_at,
        window_uses=row.window_uses,
    )


@lru_cache(maxsize=ARTEFACTS_KEPT)
def _read_artefact(canonical: bytes) -> ConsentArtefact:
    """An artefact never changes, so what was read once is kept."""
    return ConsentArtefact.from_canonical(canonical)


def _is(subject_key: UUID, consent_id: UUID) -> tuple[Any, Any]:
    return consent.c.subject_key == subject_key, consent.c.consent_id == consent_id


def _move(row: Row[Any]) -> ConsentMove:
    from_state = ConsentState(row.from_state) if row.from_state else None
    return ConsentMove(from_state, ConsentState(row.to_state), row.actor, row.moved_at, row.entry_id)

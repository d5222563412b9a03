"""Delegates and guardians: recorded by an operator from a document, logged in the borrower's file, and then able to act
there, under their own sign-in and their own passkey.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.consent_check import REPRESENTATIVE_ADDED
from exchange.journeys.find_borrower import Document, borrower_of, held_borrower_of
from exchange.journeys.log_act import entry_about
from exchange.journeys.services import Services
from exchange.store.log_rows import append_log_entry
from exchange.store.representatives import (
    Representative,
    add_representative_row,
    authorities,
    end_authority,
    represented,
)
from exchange.store.subject_file import next_sequence
from schema.vocabulary.representative import RepresentativeKind


@dataclass(frozen=True, slots=True)
class ActingFor:
    """A borrower for whom somebody may act, and until when."""

    subject_key: UUID
    name: str
    kind: RepresentativeKind
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Acting:
    """In whose file something is done, and by whom where that is not the borrower.

    `signer_key` is who signs; `authority_entry` the entry of the borrower's log that lets a representative act.
    """

    subject_key: UUID
    signer_key: UUID
    authority_entry: UUID | None
    signed_in_by: str

    @property
    def acted_by(self) -> UUID | None:
        """The representative; None: the borrower."""
        return None if self.signer_key == self.subject_key else self.signer_key

    @property
    def who(self) -> Mapping[str, FieldValue]:
        """Who did it, as the log says it."""
        if self.acted_by is None:
            return {"actor": "borrower", "signed_in_by": self.signed_in_by}
        return {"actor": "representative", "acted_by": str(self.acted_by), "signed_in_by": self.signed_in_by}


def acting_for(services: Services, borrower: Borrower) -> tuple[ActingFor, ...]:
    """Everybody for whom this person may act now, besides themselves."""
    with services.connection() as connection:
        held = authorities(connection, borrower.subject_key, services.clock.now())
        files = [represented(connection, authority) for authority in held]
    return tuple(
        ActingFor(
            file.authority.subject_key,
            _first_name(services.keys.open(file.wrapped_key).unseal(
                "subject", "names", file.authority.subject_key.bytes, file.names
            )),
            RepresentativeKind(file.authority.kind),
            file.authority.ends_at,
        )
        for file in files
    )  # fmt: skip


def acting_in(services: Services, connection: Connection, borrower: Borrower, for_subject: UUID | None) -> Acting:
    """Who acts in whose file. Raises BadRequest where this person may not act for that borrower, or not any more."""
    if for_subject is None or for_subject == borrower.subject_key:
        return Acting(borrower.subject_key, borrower.subject_key, None, borrower.signed_in_by)
    held = authorities(connection, borrower.subject_key, services.clock.now(), for_subject)
    if not held:
        raise BadRequest("You may not act for this person, or not any more.", "NOT_REPRESENTATIVE")
    return Acting(for_subject, borrower.subject_key, held[0].entry_id, borrower.signed_in_by)


def add_representative(
    services: Services,
    subject: Document,
    representative: Document,
    kind: RepresentativeKind,
    document_digest: bytes,
    ends_at: datetime,
    actor: str,
) -> None:
    """Lets somebody act for a borrower from now until `ends_at`. `document_digest` is SHA-256 of what says so.

    Raises BadRequest where we hold no file for one of the two, or they are one person.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        acting = borrower_of(services, connection, representative)
        file = held_borrower_of(services, connection, subject)
        if acting.subject_key == file.subject_key:
            raise BadRequest("Nobody needs to be let act for themselves.", "REPRESENTATIVE_IS_SUBJECT")
        sequence = next_sequence(connection, file.subject_key)
        fields: Mapping[str, FieldValue] = {
            "act": REPRESENTATIVE_ADDED,
            "representative": str(acting.subject_key),
            "kind": kind.value,
            "document": document_digest.hex(),
            "ends_at": ends_at.isoformat(),
            "actor": actor,
        }
        cipher = services.keys.open(file.wrapped_key)
        entry = entry_about(services, now, file.subject_key, cipher, sequence, fields)
        append_log_entry(connection, entry)
        added = Representative(
            file.subject_key, acting.subject_key, kind.value, document_digest, now, ends_at, entry.entry_id
        )
        add_representative_row(connection, added)


def end_representative(services: Services, subject: Document, representative: Document, actor: str) -> None:
    """Ends what lets somebody act for a borrower. Raises BadRequest where nothing does."""
    now = services.clock.now()
    with services.transaction() as connection:
        acting = borrower_of(services, connection, representative)
        file = held_borrower_of(services, connection, subject)
        sequence = next_sequence(connection, file.subject_key)
        if not end_authority(connection, file.subject_key, acting.subject_key, now):
            raise BadRequest("This person may not act for that borrower.", "NOT_REPRESENTATIVE")
        fields: Mapping[str, FieldValue] = {
            "act": "representative_ended", "representative": str(acting.subject_key), "actor": actor,
        }  # fmt: skip
        cipher = services.keys.open(file.wrapped_key)
        append_log_entry(connection, entry_about(services, now, file.subject_key, cipher, sequence, fields))


def _first_name(names: bytes) -> str:
    return str(orjson.loads(names)[0])

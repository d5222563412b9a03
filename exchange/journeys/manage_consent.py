"""Giving, pausing, resuming and withdrawing a consent. Every move leaves an entry in the log, in one transaction.

Until borrowers sign in themselves, a consent is given in writing: an operator records it from the signed document,
whose digest is in the artefact, and the exchange countersigns.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.artefact import ConsentArtefact, Fetch, Frequency, GivenBy, GivingMethod, Mode
from consent.lifecycle import ConsentState, MoveNotAllowed
from consent.register import ConsentNotHeld, HeldConsent
from consent.signature import sign
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.journeys.find_borrower import Document, borrower_of
from exchange.journeys.log_act import entry_about
from exchange.journeys.services import Services
from exchange.store.consent_register import SqlConsentRegister
from exchange.store.log_rows import append_log_entry
from exchange.store.subject_file import SubjectFile, next_sequence
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class WrittenConsent:
    """What a borrower signed on paper. `document_digest` is SHA-256 (hexadecimal) of the signed document."""

    recipient: str
    purpose: Purpose
    field_classes: frozenset[FieldClass]
    data_from: date
    starts_at: datetime
    expires_at: datetime
    fetch: Fetch
    frequency: Frequency | None
    sensitive_warning_shown: bool
    article_14_warning_shown: bool
    notice_language: str
    notice_digest: str
    document_digest: str


def give_consent(services: Services, borrower: Document, written: WrittenConsent, actor: str) -> UUID:
    """Holds a new consent, active at once. Returns its id.

    Raises ArtefactNotValid with every fault, BadRequest where we hold no file for the borrower's document.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        file = borrower_of(services, connection, borrower)
        artefact = _artefact(services, file, written, now)
        signatures = sign(artefact, services.signing.key, services.signing.kid)
        held = HeldConsent(artefact, ConsentState.ACTIVE, signatures)
        SqlConsentRegister(connection).add(held, actor, now)
        _log_move(services, connection, file, artefact.consent_id, "consent_given", ConsentState.ACTIVE, actor, now)
    return artefact.consent_id


def move_consent(services: Services, borrower: Document, consent_id: UUID, to: ConsentState, actor: str) -> None:
    """Pauses, resumes or withdraws a consent. Once this returns, no further answer is given under a withdrawn one.

    Raises BadRequest where there is no such consent or the move is not one of the allowed.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        file = borrower_of(services, connection, borrower)
        try:
            SqlConsentRegister(connection).move(file.subject_key, consent_id, to, actor, now)
        except ConsentNotHeld:
            raise BadRequest("This borrower has given no consent with this id.", "CONSENT_NOT_FOUND") from None
        except MoveNotAllowed as fault:
            raise BadRequest(str(fault), "CONSENT_MOVE_NOT_ALLOWED") from None
        _log_move(services, connection, file, consent_id, "consent_moved", to, actor, now)


def _artefact(services: Services, file: SubjectFile, written: WrittenConsent, now: datetime) -> ConsentArtefact:
    return ConsentArtefact(
        consent_id=new_id(now),
        subject_key=file.subject_key,
        recipient=written.recipient,
        purpose=written.purpose,
        purpose_text=written.purpose.phrase,
        field_classes=written.field_classes,
        data_from=written.data_from,
        data_to=None,
        mode=Mode.VIEW,
        fetch=written.fetch,
        frequency=written.frequency,
        data_life_days=0,
        starts_at=written.starts_at,
        expires_at=written.expires_at,
        contribution_allowed=False,
        sensitive_warning_shown=written.sensitive_warning_shown,
        article_14_warning_shown=written.article_14_warning_shown,
        notice_language=written.notice_language,
        notice_digest=written.notice_digest,
        jurisdiction=services.pack.jurisdiction,
        pack_version=services.pack.version,
        supersedes=None,
        given_by=GivenBy(GivingMethod.WRITTEN, written.document_digest),
    )


def _log_move(
    services: Services,
    connection: Connection,
    file: SubjectFile,
    consent_id: UUID,
    act: str,
    state: ConsentState,
    actor: str,
    now: datetime,
) -> None:
    fields: dict[str, FieldValue] = {"act": act, "consent": str(consent_id), "state": state.value, "actor": actor}
    cipher = services.keys.open(file.wrapped_key)
    sequence = next_sequence(connection, file.subject_key)
    append_log_entry(connection, entry_about(services, now, file.subject_key, cipher, sequence, fields))

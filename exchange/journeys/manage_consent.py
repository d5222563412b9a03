"""Consents on paper: an operator records what a borrower signed, whose digest is in the artefact, and the exchange
countersigns. Borrowers who sign in do it themselves: see `borrower_consents`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from consent.artefact import ConsentArtefact, Fetch, Frequency, GivenBy, GivingMethod, Mode
from consent.lifecycle import ConsentState
from consent.register import HeldConsent
from consent.signature import sign
from exchange.clock import new_id
from exchange.journeys.consent_file import open_consent_file
from exchange.journeys.find_borrower import Document, held_borrower_of
from exchange.journeys.services import Services
from exchange.store.member_register import registered_member
from exchange.store.subject_file import SubjectFile
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

    Raises ArtefactNotValid with every fault, BadRequest where we hold no file for the borrower's document, or where
    no member has the recipient's id.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_borrower_of(services, connection, borrower)
        registered_member(connection, written.recipient)
        artefact = _artefact(services, file, written, now)
        signatures = sign(artefact, services.signing.key, services.signing.kid)
        consents = open_consent_file(services, connection, file.subject_key, {"actor": actor})
        consents.hold(HeldConsent(artefact, ConsentState.ACTIVE, signatures))
    return artefact.consent_id


def move_consent(services: Services, borrower: Document, consent_id: UUID, to: ConsentState, actor: str) -> None:
    """Pauses, resumes or withdraws a consent. Once this returns, no further answer is given under a withdrawn one.

    Raises BadRequest where there is no such consent or the move is not one of the allowed.
    """
    with services.transaction() as connection:
        file = held_borrower_of(services, connection, borrower)
        consents = open_consent_file(services, connection, file.subject_key, {"actor": actor})
        if to is ConsentState.REVOKED:
            consents.withdraw(consent_id)
        else:
            consents.move(consent_id, to)


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

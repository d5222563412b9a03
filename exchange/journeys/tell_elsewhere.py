"""Tells lenders, under a borrower's consent to look after a loan, that the borrower fell behind at another lender.

Only the fact is told: not where, not how much, not how long. It is a disclosure, so it is logged in the borrower's
file, and the borrower is told of it.
"""

from uuid import UUID

from sqlalchemy import Connection

from consent.lifecycle import ConsentState
from exchange.handover import LogEntry
from exchange.journeys.log_act import entry_about
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower, tell_member
from exchange.store.consent_register import SqlConsentRegister
from exchange.store.elsewhere import ToTell, lenders_to_tell, mark_told
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import registered_member
from exchange.store.own_file import OwnFile, hold_own_file
from exchange.store.subject_file import next_sequence
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

AT_ONCE_MAX = 500


def tell_elsewhere(services: Services) -> int:
    """Writes the notices that wait, each in a transaction of its own. Returns how many lenders were told."""
    with services.connection() as connection:
        waiting = lenders_to_tell(connection, AT_ONCE_MAX)
    return sum(_tell(services, one) for one in waiting)


def _tell(services: Services, one: ToTell) -> bool:
    now = services.clock.now()
    with services.transaction() as connection:
        file = hold_own_file(connection, one.subject_key)
        if not mark_told(connection, one, now) or file is None or file.merged or file.frozen:
            return False
        consent_id = _consent(services, connection, one) if _may_be_told(connection, one.member_id) else None
        if consent_id is None:
            return False
        kind, said = NoticeKind.DELINQUENT_ELSEWHERE, {"consent_id": str(consent_id), "member": one.member_id}
        notice_id = tell_member(services, connection, one.subject_key, one.member_id, kind, consent_id, said)
        tell_borrower(services, connection, one.subject_key, kind, consent_id, said)
        append_log_entry(connection, _entry(services, connection, one, file, consent_id, notice_id))
    return True


def _may_be_told(connection: Connection, member_id: str) -> bool:
    """Whether the lender is still active, and may be shown delinquencies at all."""
    member = registered_member(connection, member_id)
    return member.status is MemberStatus.ACTIVE and Scope.DELINQUENCY_READ in member.scopes


def _consent(services: Services, connection: Connection, one: ToTell) -> UUID | None:
    """The consent under which the lender may still be told; None where there is none any more."""
    now = services.clock.now()
    for held in SqlConsentRegister(connection).list_for(one.subject_key):
        artefact = held.artefact
        if (
            held.state is ConsentState.ACTIVE
            and (artefact.recipient, artefact.purpose) == (one.member_id, Purpose.POST_LOAN)
            and FieldClass.DELINQUENCIES in artefact.field_classes
            and artefact.starts_at <= now < artefact.expires_at
        ):
            return artefact.consent_id
    return None


def _entry(
    services: Services, connection: Connection, one: ToTell, file: OwnFile, consent_id: UUID, notice_id: UUID
) -> LogEntry:
    fields = {
        "act": "delinquency_told",
        "member": one.member_id,
        "purpose": Purpose.POST_LOAN.value,
        "consent": str(consent_id),
        "notice": str(notice_id),
    }
    cipher, sequence = services.keys.open(file.wrapped_key), next_sequence(connection, one.subject_key)
    return entry_about(services, services.clock.now(), one.subject_key, cipher, sequence, fields)

"""A member reads what borrowers complain of, and answers. Each reading is logged, and the borrower sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.handover import LogEntry, Member
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.log_act import log_in_file
from exchange.journeys.own_complaints import READ, unsealed
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower
from exchange.journeys.write_act import by_whom, spend_proof
from exchange.journeys.written_words import fault_of, tidied
from exchange.planning.selection import check_size
from exchange.store.complaint_evidence import accounts_furnished, references_of_contacts
from exchange.store.complaints import (
    Evidence,
    StoredComplaint,
    complaints_against,
    count_against,
    find_complaint,
    put_answer,
)
from exchange.store.notices import settle_notices
from exchange.store.own_file import hold_own_file
from exchange.store.running_clocks import clocks_about, meet_clock
from exchange.store.subject_file import subject_file
from exchange.vault.field_cipher import SubjectCipher
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.complaint import UNANSWERED, EvidenceKind
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import Scope

Wrong = tuple[str, str, str]
"""What is wrong with an answer: argument, code, sentence."""


@dataclass(frozen=True, slots=True)
class MemberComplaint:
    """A complaint as the member sees it that it is against.

    `account_references`: what the member calls its accounts of this borrower. `references`: what its contacts among the
    evidence are called, by key. `due_at`: when the answer is due; None: no rule says.
    """

    complaint: StoredComplaint
    words: str
    answer: str | None
    finding_words: str | None
    due_at: datetime | None
    account_references: tuple[str, ...]
    references: dict[UUID, str]


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    """Some of the complaints against a member, the oldest first."""

    complaints: tuple[MemberComplaint, ...]
    total: int
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class AnsweredComplaint:
    """What came of an answer: the complaint as it stands, or what is wrong."""

    complaint: MemberComplaint | None
    wrong: tuple[Wrong, ...] = ()


def fetch_complaints(
    services: Services, request: Request, first: int, after: UUID | None, unanswered: bool
) -> ComplaintPage:
    """A page of the complaints against the caller; that it read them is logged in each borrower's file.

    Raises BadRequest for a page of another size, Refused without dispute:answer, NotAuthenticated with a revoked token
    or a proof used before.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    member = admit_contributor(services, request.caller, Scope.DISPUTE_ANSWER)
    with services.transaction() as connection:
        found = complaints_against(connection, member.member_id, after, first + 1, unanswered)
        total = count_against(connection, member.member_id, unanswered)
        entries = _log_readings(services, connection, request, member, found[:first])
        views = tuple(_view(services, connection, each) for each in found[:first])
    request.leaves.extend(entry.leaf_hash for entry in entries)
    return ComplaintPage(views, total, has_next=len(found) > first, has_previous=after is not None)


def answer_complaint(services: Services, request: Request, complaint_id: UUID | None, words: str) -> AnsweredComplaint:
    """Takes the caller's answer, once: the same words again change nothing. In time or late, it stops the clock.

    Raises Refused without dispute:answer, NotAuthenticated with a revoked token or a proof used before.
    """
    member, said = admit_contributor(services, request.caller, Scope.DISPUTE_ANSWER), tidied(words)
    with services.transaction() as connection:
        found = _held(connection, member, complaint_id)
        if found is None:
            return AnsweredComplaint(
                None, (("complaintId", "COMPLAINT_NOT_FOUND", "No complaint against you has this id."),)
            )
        view = _view(services, connection, found)
        if wrong := _faults(view, said):
            return AnsweredComplaint(view, wrong)
        if view.answer == said:
            return AnsweredComplaint(view)
        entry = _take(services, connection, request, member, found, said)
        answered = find_complaint(connection, found.complaint_id) or found
        view = _view(services, connection, answered)
    request.leaves.append(entry.leaf_hash)
    return AnsweredComplaint(view)


def _held(connection: Connection, member: Member, complaint_id: UUID | None) -> StoredComplaint | None:
    """The complaint against this member; nobody else writes in the borrower's file until the transaction ends."""
    found = find_complaint(connection, complaint_id, member.member_id) if complaint_id else None
    if found is None or complaint_id is None:
        return None
    hold_own_file(connection, found.subject_key)
    return find_complaint(connection, complaint_id, member.member_id)


def _take(
    services: Services, connection: Connection, request: Request, member: Member, found: StoredComplaint, said: str
) -> LogEntry:
    now = services.clock.now()
    spend_proof(connection, request)
    cipher = _cipher(services, connection, found)
    put_answer(connection, found, cipher.seal("complaint", "answer", found.complaint_id.bytes, said.encode()), now)
    meet_clock(connection, found.subject_key, found.complaint_id, ClockKind.COMPLAINT_ANSWER, now)
    settle_notices(connection, found.subject_key, found.complaint_id, NoticeKind.COMPLAINT_FILED, now)
    kind, about = NoticeKind.COMPLAINT_ANSWERED, found.complaint_id
    tell_borrower(services, connection, found.subject_key, kind, about, {"member": member.member_id})
    return _log(services, connection, request, member, found, "complaint_answered")


def _faults(view: MemberComplaint, said: str) -> tuple[Wrong, ...]:
    if fault := fault_of(said):
        return (fault,)
    if view.answer is not None and view.answer != said:
        return (("words", "COMPLAINT_ANSWERED", "You answered this complaint before; the first answer stands."),)
    if view.answer is None and view.complaint.state not in UNANSWERED:
        return (("complaintId", "COMPLAINT_CLOSED", "This complaint is closed already."),)
    return ()


def _log_readings(
    services: Services, connection: Connection, request: Request, member: Member, read: list[StoredComplaint]
) -> list[LogEntry]:
    """An entry for each complaint that was read. Borrowers are taken in one order, so that two readers never wait for
    each other in a circle.
    """
    if read:
        spend_proof(connection, request)
    in_order = sorted(read, key=lambda each: (each.subject_key, each.complaint_id))
    return [_log(services, connection, request, member, each, READ) for each in in_order]


def _log(
    services: Services, connection: Connection, request: Request, member: Member, found: StoredComplaint, act: str
) -> LogEntry:
    said: dict[str, FieldValue] = {"act": act, "member": member.member_id, "complaint": str(found.complaint_id)}
    cipher, fields = _cipher(services, connection, found), {**said, **by_whom(request)}
    return log_in_file(services, connection, services.clock.now(), found.subject_key, cipher, fields)


def _view(services: Services, connection: Connection, found: StoredComplaint) -> MemberComplaint:
    cipher, key = _cipher(services, connection, found), found.subject_key
    clocks = clocks_about(connection, key, found.complaint_id)
    accounts = accounts_furnished(connection, key, found.against)
    actions = references_of_contacts(connection, key, [e.key for e in found.evidence if _is_contact(e)])
    return MemberComplaint(
        complaint=found,
        words=unsealed(cipher, found, "words", found.words) or "",
        answer=unsealed(cipher, found, "answer", found.answer),
        finding_words=unsealed(cipher, found, "finding_words", found.finding_words),
        due_at=next((clock.due_at for clock in clocks if clock.kind is ClockKind.COMPLAINT_ANSWER), None),
        account_references=tuple(
            cipher.unseal("account", "account_ref", each.bytes, sealed).decode() for each, sealed in accounts
        ),
        references={
            each: cipher.unseal("collection_action", "reference", each.bytes, sealed).decode()
            for each, sealed in actions.items()
        },
    )


def _is_contact(evidence: Evidence) -> bool:
    return evidence.kind in (EvidenceKind.ACTION, EvidenceKind.BREACH)


def _cipher(services: Services, connection: Connection, found: StoredComplaint) -> SubjectCipher:
    return services.keys.open(subject_file(connection, found.subject_key).wrapped_key)

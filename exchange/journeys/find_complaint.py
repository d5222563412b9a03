"""An authority looks into complaints and says what it found. Reading a complaint's words is an entry in the borrower's
log, who sees who read them; whoever may only search the log sees everything else.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.entry import FieldValue
from exchange.audit.proof import prove_each
from exchange.errors import BadRequest, ParametersNotValid
from exchange.handover import Officer
from exchange.journeys.complaint_evidence import entries_about
from exchange.journeys.log_act import log_in_file
from exchange.journeys.log_view import log_view, require_scope
from exchange.journeys.openable import Auditor, auditor_of, event_id_of
from exchange.journeys.own_complaints import READ, close_clocks, unsealed
from exchange.journeys.services import Services
from exchange.journeys.tell import Said, tell_borrower, tell_member
from exchange.journeys.written_words import fault_of, tidied
from exchange.planning.selection import check_size
from exchange.store.complaint_evidence import places_of
from exchange.store.complaints import (
    ComplaintFilter,
    Evidence,
    StoredComplaint,
    find_complaint,
    put_finding,
    search_complaints,
)
from exchange.store.engine import database_errors
from exchange.store.own_file import OwnFile, find_own_file, hold_own_file
from exchange.store.running_clocks import RunningClock, clocks_about
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.complaint import OPEN, Finding
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.scope import Scope


@dataclass(frozen=True, slots=True)
class ListedComplaint:
    """A complaint as a list shows it."""

    complaint: StoredComplaint
    overdue: bool


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    """Some complaints, the newest first. `before` leads to the next page; None on the last one."""

    complaints: tuple[ListedComplaint, ...]
    before: UUID | None


@dataclass(frozen=True, slots=True)
class ProvenEvidence:
    """Evidence with its place: `local` is the time at the debtor's place. `event_id` names its event of the log, and
    `proven` says that the entry is under the newest checkpoint, which was checked; None and False where it waits.
    """

    evidence: Evidence
    local: datetime
    event_id: str | None
    proven: bool


@dataclass(frozen=True, slots=True)
class ComplaintDetail:
    """One complaint. The three texts are None for who may not read them, and where there is none."""

    complaint: StoredComplaint
    words: str | None
    answer: str | None
    finding_words: str | None
    evidence: tuple[ProvenEvidence, ...]
    clocks: tuple[RunningClock, ...]
    time_zone: str

    @property
    def is_open(self) -> bool:
        """Whether the authority has yet to find."""
        return self.complaint.state in OPEN


def list_complaints(
    services: Services, auditor: Auditor, wanted: ComplaintFilter, first: int, before: UUID | None = None
) -> ComplaintPage:
    """A page of the complaints that are looked for, the newest first; that it was looked at is logged.

    Raises Refused without audit:read, BadRequest for a page of another size.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    check_size("first", first, PAGE_ITEMS_MAX)
    with services.transaction() as connection:
        found = search_complaints(connection, wanted, services.clock.now(), before, first + 1)
        shown = tuple(ListedComplaint(*each) for each in found[:first])
        said: dict[str, FieldValue] = {"wanted": _in_words(wanted), "found": len(shown)}
        log_view(services, connection, auditor, "complaints_listed", said)
    return ComplaintPage(shown, shown[-1].complaint.complaint_id if len(found) > first else None)


def view_complaint(services: Services, auditor: Auditor, complaint_id: UUID) -> ComplaintDetail:
    """One complaint with its evidence, each item's place in the log proved; its words for who holds audit:open.

    Raises Refused without audit:read, BadRequest COMPLAINT_NOT_FOUND, IntegrityError where a proof does not hold, or
    the evidence was changed.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    reads = Scope.AUDIT_OPEN in auditor.scopes
    with services.transaction() as connection:
        filed, file = _held(connection, complaint_id)
        clocks = clocks_about(connection, filed.subject_key, complaint_id)
        entries_about(services, connection, filed)
        places = places_of(connection, {each.leaf_hash for each in filed.evidence if each.leaf_hash})
        _log(services, connection, auditor, filed, file, READ if reads else "complaint_viewed")
    cipher = services.keys.open(file.wrapped_key)
    return ComplaintDetail(
        complaint=filed,
        words=unsealed(cipher, filed, "words", filed.words) if reads else None,
        answer=unsealed(cipher, filed, "answer", filed.answer) if reads else None,
        finding_words=unsealed(cipher, filed, "finding_words", filed.finding_words) if reads else None,
        evidence=_proven(services, filed, ZoneInfo(file.time_zone), places),
        clocks=tuple(sorted(clocks, key=lambda clock: clock.due_at)),
        time_zone=file.time_zone,
    )


def decide_complaint(
    services: Services, officer: Officer, complaint_id: UUID, finding: Finding | None, words: str
) -> None:
    """Keeps what the authority found, once; its clocks stop, and the borrower and the member are told.

    Raises Refused without audit:open; ParametersNotValid with every fault; BadRequest COMPLAINT_NOT_FOUND,
    COMPLAINT_CLOSED.
    """
    auditor, said, now = auditor_of(officer), tidied(words), services.clock.now()
    require_scope(services, auditor, Scope.AUDIT_OPEN)
    chosen = _checked(finding, said)
    with services.transaction() as connection:
        filed, file = _held(connection, complaint_id)
        if filed.state not in OPEN:
            raise BadRequest("This complaint is closed already.", "COMPLAINT_CLOSED")
        cipher = services.keys.open(file.wrapped_key)
        sealed = cipher.seal("complaint", "finding_words", complaint_id.bytes, said.encode())
        put_finding(connection, filed, chosen, sealed, officer.officer_id, now)
        close_clocks(connection, filed, now)
        outcome: Said = {"member": filed.against, "outcome": chosen.value}
        about = NoticeKind.COMPLAINT_FOUND, complaint_id, outcome
        tell_borrower(services, connection, filed.subject_key, *about)
        tell_member(services, connection, filed.subject_key, filed.against, *about)
        _log(services, connection, auditor, filed, file, "complaint_found", chosen.value)


def _checked(finding: Finding | None, said: str) -> Finding:
    faults = [] if finding else [("finding", "FINDING_MISSING", "Choose what you found.")]
    if fault := fault_of(said):
        faults.append(fault)
    if faults or finding is None:
        raise ParametersNotValid(faults)
    return finding


def _held(connection: Connection, complaint_id: UUID) -> tuple[StoredComplaint, OwnFile]:
    """The complaint and its file, which is held: nobody else writes in it until the transaction ends."""
    found = find_complaint(connection, complaint_id)
    if found is not None:
        hold_own_file(connection, found.subject_key)
        found = find_complaint(connection, complaint_id)
    file = find_own_file(connection, found.subject_key) if found else None
    if found is None or file is None:
        raise BadRequest("There is no such complaint.", "COMPLAINT_NOT_FOUND")
    return found, file


def _log(
    services: Services,
    connection: Connection,
    auditor: Auditor,
    filed: StoredComplaint,
    file: OwnFile,
    act: str,
    finding: str | None = None,
) -> None:
    """An entry about the borrower, numbered among theirs: who looked, or decided."""
    fields: dict[str, FieldValue] = {
        "act": act,
        "member": auditor.authority,
        "officer": str(auditor.officer_id) if auditor.officer_id else None,
        "complaint": str(filed.complaint_id),
    }
    decided: dict[str, FieldValue] = {"finding": finding} if finding else {}
    cipher = services.keys.open(file.wrapped_key)
    log_in_file(services, connection, services.clock.now(), filed.subject_key, cipher, fields | decided)


def _proven(
    services: Services, filed: StoredComplaint, zone: ZoneInfo, places: dict[bytes, int]
) -> tuple[ProvenEvidence, ...]:
    log = services.log
    with database_errors():
        note = log.newest_note()
        size = checkpoint_in(note).size if note else 0
        under = {leaf_hash: index for leaf_hash, index in places.items() if index < size}
        if note is not None:
            prove_each(log, note, [(index, leaf_hash) for leaf_hash, index in under.items()])
    return tuple(
        ProvenEvidence(
            each,
            each.at.astimezone(zone),
            event_id_of(places[each.leaf_hash]) if each.leaf_hash in places else None,
            each.leaf_hash in under,
        )
        for each in filed.evidence
    )


def _in_words(wanted: ComplaintFilter) -> list[str]:
    parts = {"member": wanted.member_id, "category": wanted.category, "state": wanted.state}
    said = [f"{name}={value}" for name, value in parts.items() if value is not None]
    return [*said, "overdue"] if wanted.overdue else said

"""Borrowers contest what a record says (Regulation on the Credit Reporting Industry, art. 25), and take that back.

hold the file -> the record is there -> none like it is open -> file, mark, tell its furnisher -> clocks -> log entry
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.dispute import DisputeMoveNotAllowed, Standing, filed, mark_of, move
from consent.policy.rules import Act
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.own_act import held_own_file, log_own_act, own_file_of
from exchange.journeys.own_words import checked_words
from exchange.journeys.services import Services
from exchange.journeys.start_due import start_due
from exchange.journeys.tell import tell_borrower, tell_member
from exchange.store import disputes
from exchange.store.disputes import StoredDispute
from exchange.store.notices import notices_of_kind, settle_notices
from exchange.store.record_versions import StandingRecord, keys_of, set_mark, standing_record
from exchange.store.running_clocks import RunningClock, clocks_about, meet_clock
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.dispute import OPEN_DISPUTES, DisputedKind, DisputeKind, DisputeState
from schema.vocabulary.disputed_field import FIELDS_OF, DisputedField
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind

EVIDENCE_MAX = 5
_DIGEST_BYTES = 32
CLOCKS = ((ClockKind.DISPUTE_FURNISHER, Act.FURNISH_DISPUTE), (ClockKind.DISPUTE_ANSWER, Act.ANSWER_DISPUTE))
"""What runs from the filing on: until its furnisher has answered, and until the borrower is told."""


@dataclass(frozen=True, slots=True)
class Contested:
    """What a borrower says is wrong, and why. `evidence`: digests (SHA-256) of documents that the borrower keeps.
    `keep_words`: the borrower confirmed words that were flagged.
    """

    record_kind: DisputedKind
    record_key: UUID
    kind: DisputeKind
    field: DisputedField | None
    words: str
    evidence: Sequence[bytes] = ()
    keep_words: bool = False


@dataclass(frozen=True, slots=True)
class OwnDispute:
    """A dispute as its borrower sees it. `told`: the members that had read what was wrong, and know of the correction.
    `standing`: the record as it stands; None where it is shown no more.
    """

    dispute_id: UUID
    kind: DisputeKind
    record_kind: DisputedKind
    record_key: UUID
    field: DisputedField | None
    furnisher: str
    state: DisputeState
    words: str
    evidence: tuple[str, ...]
    filed_at: datetime
    closed_at: datetime | None
    answer: str | None
    clocks: tuple[RunningClock, ...]
    told: tuple[tuple[str, datetime], ...]
    standing: StandingRecord | None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be answered."""
        return self.state in OPEN_DISPUTES


def record_to_contest(services: Services, borrower: Borrower, kind: DisputedKind, record_key: UUID) -> StandingRecord:
    """The record that a dispute would be about. Raises BadRequest RECORD_NOT_FOUND, or once the file was erased."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        return _there(standing_record(connection, file.subject_key, kind, record_key))


def check_dispute(services: Services, borrower: Borrower, contested: Contested) -> StandingRecord:
    """Whether a dispute could be filed so; nothing is kept. Raises as `file_dispute` does."""
    _checked(services, contested)
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        return _contestable(connection, file.subject_key, contested)


def file_dispute(services: Services, borrower: Borrower, contested: Contested) -> UUID:
    """Files a dispute: from now readers see that the record is contested, and its furnisher has to answer.

    Returns its id. Raises BadRequest (RECORD_NOT_FOUND, FIELD_NOT_OF_RECORD, EVIDENCE_NOT_VALID, DISPUTE_OPEN and the
    faults of words) and SensitiveWords; nothing is kept then.
    """
    said, now = _checked(services, contested), services.clock.now()
    dispute_id = new_id(now)
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        record = _contestable(connection, file.subject_key, contested)
        cipher = services.keys.open(file.wrapped_key)
        kept = StoredDispute(
            subject_key=file.subject_key,
            dispute_id=dispute_id,
            kind=contested.kind,
            record_kind=contested.record_kind,
            record_key=contested.record_key,
            record_version=record.version,
            field=contested.field,
            contributor=record.contributor,
            words=cipher.seal("dispute", "words", dispute_id.bytes, said.encode()),
            evidence=list(contested.evidence),
            state=filed(),
            filed_at=now,
            marked_at=now,
            pack_version=services.pack.version,
        )
        disputes.add_dispute(connection, kept)
        put_mark(connection, kept)
        _tell_of_filing(services, connection, kept)
        log_own_act(services, connection, borrower, file, {"act": "dispute_filed", **dispute_fields(kept)})
    return dispute_id


def withdraw_dispute(services: Services, borrower: Borrower, dispute_id: UUID) -> None:
    """Takes a dispute back: the record is no longer marked for it, and nobody has to answer.

    Raises BadRequest DISPUTE_NOT_FOUND, DISPUTE_CLOSED where it was answered or taken back before.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        held = _found(disputes.find_dispute(connection, file.subject_key, dispute_id))
        try:
            state = move(held.state, DisputeState.WITHDRAWN)
        except DisputeMoveNotAllowed:
            raise BadRequest("This dispute is closed.", "DISPUTE_CLOSED") from None
        disputes.change_dispute(connection, held, {"state": state.value, "closed_at": now})
        put_mark(connection, held)
        stop_clocks(connection, held, now)
        said = {"member": held.contributor, "outcome": state.value}
        tell_member(
            services, connection, file.subject_key, held.contributor, NoticeKind.DISPUTE_CLOSED, dispute_id, said
        )
        log_own_act(services, connection, borrower, file, {"act": "dispute_withdrawn", **dispute_fields(held)})


def list_own_disputes(services: Services, borrower: Borrower) -> tuple[OwnDispute, ...]:
    """The borrower's disputes, the newest first."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        cipher = services.keys.open(file.wrapped_key)
        return tuple(_view(connection, each, cipher) for each in disputes.disputes_of(connection, file.subject_key))


def own_dispute(services: Services, borrower: Borrower, dispute_id: UUID) -> OwnDispute:
    """One of them. Raises BadRequest DISPUTE_NOT_FOUND."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        stored = _found(disputes.find_dispute(connection, file.subject_key, dispute_id))
        return _view(connection, stored, services.keys.open(file.wrapped_key))


def dispute_fields(stored: StoredDispute) -> dict[str, FieldValue]:
    """How a dispute stands in the log."""
    return {
        "dispute": str(stored.dispute_id),
        "kind": stored.kind.value,
        "contested": stored.record_kind.value,
        "record": str(stored.record_key),
        "version": stored.record_version,
        "member": stored.contributor,
    }


def put_mark(connection: Connection, changed: StoredDispute) -> None:
    """Has readers told of the record what its disputes come to, as they stand now."""
    subject_key, kind = changed.subject_key, changed.record_kind
    keys = keys_of(connection, subject_key, kind, changed.record_key)
    about = disputes.disputes_about(connection, subject_key, kind, keys)
    mark = mark_of(Standing(each.state, each.closed_at) for each in about)
    set_mark(connection, subject_key, kind, changed.record_key, mark and mark.value)


def stop_clocks(connection: Connection, closed: StoredDispute, now: datetime) -> None:
    """Nothing is due any more for a dispute that was closed."""
    for kind, _ in CLOCKS:
        meet_clock(connection, closed.subject_key, closed.dispute_id, kind, now)
    settle_notices(connection, closed.subject_key, closed.dispute_id, NoticeKind.DISPUTE_FILED.value, now)


def _tell_of_filing(services: Services, connection: Connection, kept: StoredDispute) -> None:
    subject_key, about = kept.subject_key, kept.dispute_id
    started = [start_due(services, connection, subject_key, kind, act, about, kept.contributor) for kind, act in CLOCKS]
    due = [clock.due_at for clock in started if clock]
    due_at = min(due, default=None)
    said = {
        "member": kept.contributor,
        "by": max(due).date().isoformat() if due else None,
        "dispute_kind": kept.kind.value,
        "record_kind": kept.record_kind.value,
        "record": str(kept.record_key),
        "version": kept.record_version,
        "field": kept.field.value if kept.field else None,
    }
    tell_member(services, connection, subject_key, kept.contributor, NoticeKind.DISPUTE_FILED, about, said, due_at)
    tell_borrower(services, connection, subject_key, NoticeKind.DISPUTE_FILED, about, said)


def _checked(services: Services, contested: Contested) -> str:
    if contested.field is not None and contested.field not in FIELDS_OF[contested.record_kind]:
        raise BadRequest("This kind of record does not say that.", "FIELD_NOT_OF_RECORD")
    if len(contested.evidence) > EVIDENCE_MAX or any(len(each) != _DIGEST_BYTES for each in contested.evidence):
        raise BadRequest(f"Name at most {EVIDENCE_MAX} documents.", "EVIDENCE_NOT_VALID")
    return checked_words(services, contested.words, contested.keep_words)


def _contestable(connection: Connection, subject_key: UUID, contested: Contested) -> StandingRecord:
    """The record, about which no dispute of this kind is open."""
    kind, key = contested.record_kind, contested.record_key
    record = _there(standing_record(connection, subject_key, kind, key))
    keys = keys_of(connection, subject_key, kind, key)
    about = disputes.disputes_about(connection, subject_key, kind, keys)
    if any(each.kind is contested.kind and each.state in OPEN_DISPUTES for each in about):
        raise BadRequest("You have contested this already, and it is not answered yet.", "DISPUTE_OPEN")
    return record


def _there(record: StandingRecord | None) -> StandingRecord:
    if record is None:
        raise BadRequest("There is no such record in your file.", "RECORD_NOT_FOUND")
    return record


def _found(stored: StoredDispute | None) -> StoredDispute:
    if stored is None:
        raise BadRequest("There is no such dispute of yours.", "DISPUTE_NOT_FOUND")
    return stored


def _view(connection: Connection, stored: StoredDispute, cipher: SubjectCipher) -> OwnDispute:
    subject_key, row_key = stored.subject_key, stored.dispute_id.bytes
    told = [
        (each.recipient_name, each.written_at)
        for each in notices_of_kind(connection, subject_key, NoticeKind.RECORD_CORRECTED)
        if each.about == stored.dispute_id
    ]
    return OwnDispute(
        dispute_id=stored.dispute_id,
        kind=stored.kind,
        record_kind=stored.record_kind,
        record_key=stored.record_key,
        field=stored.field,
        furnisher=stored.furnisher,
        state=stored.state,
        words=cipher.unseal("dispute", "words", row_key, stored.words).decode(),
        evidence=tuple(bytes(each).hex() for each in stored.evidence),
        filed_at=stored.filed_at,
        closed_at=stored.closed_at,
        answer=cipher.unseal("dispute", "answer", row_key, stored.answer).decode() if stored.answer else None,
        clocks=tuple(clocks_about(connection, subject_key, stored.dispute_id)),
        told=tuple(told),
        standing=standing_record(connection, subject_key, stored.record_kind, stored.record_key),
    )

"""Furnishers are told what borrowers contest, and answer it (Regulation on the Credit Reporting Industry, art. 25).

the dispute is theirs -> hold the borrower -> the answer fits -> close, mark, stop the clocks
-> tell the borrower, and on a correction everybody who had read what was wrong -> log entry
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.dispute import DisputeMoveNotAllowed, closed_by
from exchange.handover import Member
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.log_act import log_in_file
from exchange.journeys.own_disputes import dispute_fields, put_mark, stop_clocks
from exchange.journeys.own_words import STATEMENT_CHARACTERS_MAX
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower, tell_member
from exchange.journeys.write_act import by_whom, log_write, spend_proof
from exchange.planning.selection import check_size
from exchange.store import disputes
from exchange.store.disputes import StoredDispute
from exchange.store.own_file import OwnFile, hold_own_file
from exchange.store.record_versions import RecordVersion, reference_of, said_since, versions_of
from exchange.store.running_clocks import clocks_about
from exchange.store.subject_file import SubjectFile
from exchange.vault.field_cipher import SubjectCipher
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.dispute import DisputedKind, DisputeOutcome
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import FieldClass, Scope

Wrong = tuple[str, str, str]
"""What is wrong with an answer: argument, code, sentence."""

_READ_AS = {
    DisputedKind.ACCOUNT: (FieldClass.ACCOUNTS, FieldClass.PAYMENT_HISTORY),
    DisputedKind.DELINQUENCY: (FieldClass.DELINQUENCIES,),
    DisputedKind.COLLECTION_ACTION: (FieldClass.COLLECTIONS,),
    DisputedKind.REPAYMENT_PLAN: (FieldClass.PLANS,),
    DisputedKind.PUBLIC_RECORD: (FieldClass.PUBLIC_RECORDS,),
    DisputedKind.ASSESSMENT: (FieldClass.ASSESSMENTS,),
}
"""With which parts of a file each kind of record is read."""

_NOT_FOUND: Wrong = ("disputeId", "DISPUTE_NOT_FOUND", "No dispute about a record of yours has this id.")
_CLOSED: Wrong = ("disputeId", "DISPUTE_CLOSED", "This dispute is closed; its first answer stands.")
_NOT_CORRECTED: Wrong = (
    "outcome",
    "DISPUTE_NOT_CORRECTED",
    "Report the record rightly, or take it back, before you answer that it was corrected: what you report now still "
    "says what is contested.",
)
_NO_WORDS: Wrong = ("words", "ANSWER_EMPTY", "Tell the borrower why, in writing.")
_TOO_LONG: Wrong = ("words", "ANSWER_TOO_LONG", f"Write at most {STATEMENT_CHARACTERS_MAX:,} characters.")
_VERSION_NOT_WANTED: Wrong = (
    "correctedVersion", "VERSION_NOT_WANTED", "Only an answer of CORRECTED names a version."
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute as its furnisher sees it. `reference`: the furnisher's own, None where the record is gone."""

    stored: StoredDispute
    reference: str | None
    words: str
    answer: str | None
    furnish_by: datetime | None
    answer_by: datetime | None


@dataclass(frozen=True, slots=True)
class DisputePage:
    """Some of the disputes about a member's records, the oldest first."""

    disputes: tuple[DisputeView, ...]
    total: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a furnisher answers. `corrected_version`: the version that put it right; None: the newest one that does."""

    outcome: DisputeOutcome
    words: str
    corrected_version: int | None = None


@dataclass(frozen=True, slots=True)
class DisputeAnswered:
    """What came of an answer: the dispute as it stands (None: there is none), or what is wrong with the answer."""

    dispute: DisputeView | None
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """The version that no longer says what was contested, and since when."""

    version: int
    at: datetime


def fetch_disputes(
    services: Services, request: Request, first: int, after: UUID | None, is_open: bool | None
) -> DisputePage:
    """A page of the disputes about the caller's records. The borrowers' words are opened, and each is logged as read.

    Raises BadRequest for a page of another size, Refused without the scope or standing, NotAuthenticated with a
    revoked token or a proof used before.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    member = admit_contributor(services, request.caller, Scope.DISPUTE_ANSWER)
    with services.transaction() as connection:
        found = disputes.disputes_to(connection, member.member_id, after, first + 1, is_open)
        total = disputes.count_disputes_to(connection, member.member_id, is_open)
        shown = found[:first]
        files = _held(connection, shown)
        if files:
            spend_proof(connection, request)
        views, leaves = [], []
        for each in shown:
            if (file := files.get(each.subject_key)) is not None:
                views.append(_view(services, connection, each, file))
                leaves.append(_log_reading(services, connection, request, each, file))
    request.leaves.extend(leaves)
    return DisputePage(tuple(views), total, has_next=len(found) > first)


def answer_dispute(services: Services, request: Request, dispute_id: UUID | None, answer: Answer) -> DisputeAnswered:
    """Takes a furnisher's answer, in time or late: once. The same answer may come again, and changes nothing.

    Raises as `fetch_disputes` does.
    """
    member = admit_contributor(services, request.caller, Scope.DISPUTE_ANSWER)
    with services.transaction() as connection:
        known = disputes.find_dispute_to(connection, member.member_id, dispute_id) if dispute_id else None
        file = hold_own_file(connection, known.subject_key) if known else None
        if known is None or file is None:
            return DisputeAnswered(None, (_NOT_FOUND,))
        held = disputes.find_dispute_to(connection, member.member_id, known.dispute_id) or known
        desk = _Desk(services, connection, request, member, file, held)
        wrong, leaf_hash = desk.take(answer)
        stands = disputes.find_dispute_to(connection, member.member_id, held.dispute_id) or held
        view = _view(services, connection, stands, file)
    if leaf_hash:
        request.leaves.append(leaf_hash)
    return DisputeAnswered(view, wrong)


def correction_of(stored: StoredDispute, versions: Sequence[RecordVersion], wanted: int | None) -> Correction | None:
    """How the record was put right since the dispute was filed; None: it says what is contested, or says it again.

    It was taken back, or (a field is contested) its newest versions say something else there, or (as a whole) there is
    a newer version. `wanted`: only this version counts.
    """
    contested = next((each for each in versions if each.version == stored.record_version), None)
    newest = versions[-1] if versions else None
    if newest is None or newest.contributor != stored.contributor:
        return None
    if newest.ended_at is not None:
        found = Correction(newest.version, newest.ended_at) if newest.ended_at >= stored.filed_at else None
    else:
        right = None
        for each in reversed([version for version in versions if version.version > stored.record_version]):
            if stored.field and contested and each.agrees(contested, stored.field):
                break
            right = each
        found = Correction(right.version, right.recorded_at) if right else None
    return found if found and wanted in (None, found.version, newest.version) else None


@dataclass(frozen=True, slots=True)
class _Desk:
    """One answer in its transaction: by whom, to which dispute, in whose file."""

    services: Services
    connection: Connection
    request: Request
    member: Member
    file: OwnFile
    held: StoredDispute

    def take(self, answer: Answer) -> tuple[tuple[Wrong, ...], bytes | None]:
        """What is wrong with the answer, and the hash of its leaf where it was taken now."""
        words = answer.words.replace("\x00", "").strip()
        if self.held.closed_at is not None:
            return (() if self._says_again(answer, words) else (_CLOSED,)), None
        if wrong := _faults(answer, words):
            return wrong, None
        correction, versions = None, self._versions()
        if answer.outcome is DisputeOutcome.CORRECTED:
            correction = correction_of(self.held, versions, answer.corrected_version)
            if correction is None:
                return (_NOT_CORRECTED,), None
        try:
            state = closed_by(self.held.state, answer.outcome)
        except DisputeMoveNotAllowed:
            return (_CLOSED,), None
        self._close(state.value, words, correction)
        told = self._tell_readers(versions, correction) if correction else 0
        return (), self._log(answer.outcome, correction, told)

    def _versions(self) -> Sequence[RecordVersion]:
        held = self.held
        return versions_of(self.connection, held.subject_key, held.record_kind, held.record_key)

    def _says_again(self, answer: Answer, words: str) -> bool:
        held = self.held
        said = _unsealed(self._cipher(), "answer", held, held.answer) or ""
        return held.state.value == answer.outcome.value and said == words

    def _close(self, state: str, words: str, correction: Correction | None) -> None:
        held, now = self.held, self.services.clock.now()
        sealed = self._cipher().seal("dispute", "answer", held.dispute_id.bytes, words.encode()) if words else None
        corrected = correction.version if correction else None
        values = {
            "state": state, "answered_at": now, "closed_at": now, "answer": sealed, "corrected_version": corrected,
        }  # fmt: skip
        disputes.change_dispute(self.connection, held, values)
        put_mark(self.connection, held)
        stop_clocks(self.connection, held, now)
        said = {"member": held.contributor, "outcome": state}
        kind = NoticeKind.DISPUTE_CLOSED
        tell_borrower(self.services, self.connection, held.subject_key, kind, held.dispute_id, said)

    def _tell_readers(self, versions: Sequence[RecordVersion], correction: Correction) -> int:
        """Tells each member that had read what was wrong, once; the furnisher's name is not among what it is told."""
        held = self.held
        contested = next((each for each in versions if each.version == held.record_version), versions[0])
        since = said_since(versions, contested, held.field)
        classes = _READ_AS[held.record_kind]
        readers = disputes.readers_between(self.connection, held.subject_key, classes, since, correction.at)
        said = {
            "record_kind": held.record_kind.value,
            "record": str(held.record_key),
            "field": held.field.value if held.field else None,
            "version": correction.version,
        }
        others = [reader for reader in readers if reader != held.contributor]
        for reader in others:
            kind = NoticeKind.RECORD_CORRECTED
            tell_member(self.services, self.connection, held.subject_key, reader, kind, held.dispute_id, said)
        return len(others)

    def _log(self, outcome: DisputeOutcome, correction: Correction | None, told: int) -> bytes:
        fields = {
            **dispute_fields(self.held),
            "act": "dispute_answered",
            "answer": outcome.value,
            "corrected_version": correction.version if correction else None,
            "readers_told": told,
        }
        file = SubjectFile(self.file.subject_key, self.file.wrapped_key)
        return log_write(self.services, self.connection, self.request, self.member, file, fields)

    def _cipher(self) -> SubjectCipher:
        return self.services.keys.open(self.file.wrapped_key)


def _faults(answer: Answer, words: str) -> tuple[Wrong, ...]:
    wrong = []
    corrected = answer.outcome is DisputeOutcome.CORRECTED
    if not words and not corrected:
        wrong.append(_NO_WORDS)
    if len(words) > STATEMENT_CHARACTERS_MAX:
        wrong.append(_TOO_LONG)
    if answer.corrected_version is not None and not corrected:
        wrong.append(_VERSION_NOT_WANTED)
    return tuple(wrong)


def _held(connection: Connection, shown: Sequence[StoredDispute]) -> dict[UUID, OwnFile]:
    """The borrowers' files that are still there, held in one order, so that two readers never wait for each other."""
    files = {key: hold_own_file(connection, key) for key in sorted({each.subject_key for each in shown})}
    return {key: file for key, file in files.items() if file is not None}


def _view(services: Services, connection: Connection, stored: StoredDispute, file: OwnFile) -> DisputeView:
    cipher = services.keys.open(file.wrapped_key)
    named = reference_of(connection, stored.subject_key, stored.record_kind, stored.record_key)
    reference = cipher.unseal(named.table, named.column, named.row_key.bytes, named.sealed).decode() if named else None
    due = {clock.kind: clock.due_at for clock in clocks_about(connection, stored.subject_key, stored.dispute_id)}
    return DisputeView(
        stored=stored,
        reference=reference,
        words=_unsealed(cipher, "words", stored, stored.words) or "",
        answer=_unsealed(cipher, "answer", stored, stored.answer),
        furnish_by=due.get(ClockKind.DISPUTE_FURNISHER),
        answer_by=due.get(ClockKind.DISPUTE_ANSWER),
    )


def _unsealed(cipher: SubjectCipher, column: str, stored: StoredDispute, sealed: bytes | None) -> str | None:
    return cipher.unseal("dispute", column, stored.dispute_id.bytes, sealed).decode() if sealed is not None else None


def _log_reading(
    services: Services, connection: Connection, request: Request, read: StoredDispute, file: OwnFile
) -> bytes:
    fields = {"act": "dispute_read", "granted": True, **dispute_fields(read), **by_whom(request)}
    cipher = services.keys.open(file.wrapped_key)
    return log_in_file(services, connection, services.clock.now(), file.subject_key, cipher, fields).leaf_hash

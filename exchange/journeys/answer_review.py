"""Members are told which of their judgements a person is to look at again, and answer what that person found.

the request is theirs -> hold the borrower -> the answer fits -> close, stop the clock -> tell the borrower -> log entry
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.handover import Member
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.log_act import log_in_file
from exchange.journeys.own_judgements import OwnReview, own_review
from exchange.journeys.own_words import STATEMENT_CHARACTERS_MAX
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower
from exchange.journeys.write_act import by_whom, log_write, spend_proof
from exchange.planning.selection import check_size
from exchange.store import reviews
from exchange.store.notices import settle_notices
from exchange.store.own_file import OwnFile, hold_own_file
from exchange.store.reviews import StoredReview
from exchange.store.running_clocks import clocks_about, meet_clock
from exchange.store.subject_file import SubjectFile
from exchange.vault.field_cipher import SubjectCipher
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.review import ReviewOutcome
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import Scope

Wrong = tuple[str, str, str]
"""What is wrong with an answer: argument, code, sentence."""

_NOT_FOUND: Wrong = ("reviewId", "REVIEW_REQUEST_NOT_FOUND", "No request about a judgement of yours has this id.")
_ANSWERED: Wrong = ("reviewId", "REVIEW_ANSWERED", "You answered this request before; the first answer stands.")
_NOT_CHANGED: Wrong = (
    "outcome",
    "REVIEW_NOT_CHANGED",
    "Record the judgement anew before you answer that it was changed: it still stands as it was.",
)
_NOT_TAKEN_BACK: Wrong = (
    "outcome",
    "REVIEW_NOT_TAKEN_BACK",
    "Withdraw the judgement before you answer that it was taken back: it still stands.",
)
_NO_WORDS: Wrong = ("words", "ANSWER_EMPTY", "Tell the borrower why, in writing.")
_TOO_LONG: Wrong = ("words", "ANSWER_TOO_LONG", f"Write at most {STATEMENT_CHARACTERS_MAX:,} characters.")


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A request as the member sees it. `reference`: the member's own of the judgement; None where that is gone."""

    assessment_id: UUID
    reference: str | None
    review: OwnReview


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some of the requests to a member, the oldest first."""

    reviews: tuple[ReviewView, ...]
    total: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class ReviewAnswered:
    """What came of an answer: the request as it stands (None: there is none), or what is wrong with the answer."""

    review: ReviewView | None
    wrong: tuple[Wrong, ...] = ()


def fetch_reviews(
    services: Services, request: Request, first: int, after: UUID | None, is_open: bool | None
) -> ReviewPage:
    """A page of the requests to the caller. The borrowers' words are opened, and each is logged as read.

    Raises BadRequest for a page of another size, Refused without the scope or standing, NotAuthenticated with a revoked
    token or a proof used before.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    member = admit_contributor(services, request.caller, Scope.RECORDS_WRITE)
    with services.transaction() as connection:
        found = reviews.reviews_to(connection, member.member_id, after, first + 1, is_open)
        total = reviews.count_reviews_to(connection, member.member_id, is_open)
        shown = found[:first]
        held = {key: hold_own_file(connection, key) for key in sorted({each.subject_key for each in shown})}
        files = {key: file for key, file in held.items() if file is not None}
        if files:
            spend_proof(connection, request)
        views, leaves = [], []
        for each in shown:
            if (file := files.get(each.subject_key)) is not None:
                views.append(_view(services, connection, each, file))
                leaves.append(_log_reading(services, connection, request, each, file))
    request.leaves.extend(leaves)
    return ReviewPage(tuple(views), total, has_next=len(found) > first)


def answer_review(
    services: Services, request: Request, review_id: UUID | None, outcome: ReviewOutcome, words: str
) -> ReviewAnswered:
    """Takes what a person found, in time or late: once. The same answer may come again, and changes nothing.

    Raises as `fetch_reviews` does.
    """
    member = admit_contributor(services, request.caller, Scope.RECORDS_WRITE)
    said = words.replace("\x00", "").strip()
    with services.transaction() as connection:
        known = reviews.find_review_to(connection, member.member_id, review_id) if review_id else None
        file = hold_own_file(connection, known.subject_key) if known else None
        if known is None or file is None:
            return ReviewAnswered(None, (_NOT_FOUND,))
        held = reviews.find_review_to(connection, member.member_id, known.review_id) or known
        desk = _Desk(services, connection, request, member, file, held)
        wrong, leaf_hash = desk.take(outcome, said)
        stands = reviews.find_review_to(connection, member.member_id, held.review_id) or held
        view = _view(services, connection, stands, file)
    if leaf_hash:
        request.leaves.append(leaf_hash)
    return ReviewAnswered(view, wrong)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One answer in its transaction: by whom, to which request, in whose file."""

    services: Services
    connection: Connection
    request: Request
    member: Member
    file: OwnFile
    held: StoredReview

    def take(self, outcome: ReviewOutcome, said: str) -> tuple[tuple[Wrong, ...], bytes | None]:
        """What is wrong with the answer, and the hash of its leaf where it was taken now."""
        if self.held.answered_at is not None:
            answered = own_review(self.held, self._cipher(), None)
            same = (answered.outcome, answered.answer) == (outcome, said)
            return (() if same else (_ANSWERED,)), None
        if wrong := self._faults(outcome, said):
            return wrong, None
        self._close(outcome, said)
        return (), self._log(outcome)

    def _faults(self, outcome: ReviewOutcome, said: str) -> tuple[Wrong, ...]:
        newest = reviews.newest_version(self.connection, self.held.subject_key, self.held.assessment_key)
        gone = newest is None or newest["withdrawn"]
        checks = (
            (outcome is ReviewOutcome.TAKEN_BACK and not gone, _NOT_TAKEN_BACK),
            (
                outcome is ReviewOutcome.CHANGED and not reviews.changed_since(self.connection, self.held),
                _NOT_CHANGED,
            ),
            (not said, _NO_WORDS),
            (len(said) > STATEMENT_CHARACTERS_MAX, _TOO_LONG),
        )
        return tuple(wrong for applies, wrong in checks if applies)

    def _close(self, outcome: ReviewOutcome, said: str) -> None:
        held, now = self.held, self.services.clock.now()
        sealed = self._cipher().seal("review_request", "answer", held.review_id.bytes, said.encode())
        reviews.put_outcome(self.connection, held, outcome, sealed, now)
        meet_clock(self.connection, held.subject_key, held.review_id, ClockKind.REVIEW_ANSWER, now)
        settle_notices(self.connection, held.subject_key, held.review_id, NoticeKind.REVIEW_ASKED, now)
        told = {"member": held.member_id, "outcome": outcome.value, "record": str(held.assessment_key)}
        kind = NoticeKind.REVIEW_ANSWERED
        tell_borrower(self.services, self.connection, held.subject_key, kind, held.review_id, told)

    def _log(self, outcome: ReviewOutcome) -> bytes:
        due = [clock.due_at for clock in clocks_about(self.connection, self.held.subject_key, self.held.review_id)]
        fields = {
            "act": "review_answered",
            "review": str(self.held.review_id),
            "record": str(self.held.assessment_key),
            "outcome": outcome.value,
            "late": bool(due) and self.services.clock.now() > due[0],
        }
        file = SubjectFile(self.file.subject_key, self.file.wrapped_key)
        return log_write(self.services, self.connection, self.request, self.member, file, fields)

    def _cipher(self) -> SubjectCipher:
        return self.services.keys.open(self.file.wrapped_key)


def _view(services: Services, connection: Connection, stored: StoredReview, file: OwnFile) -> ReviewView:
    cipher = services.keys.open(file.wrapped_key)
    newest = reviews.newest_version(connection, stored.subject_key, stored.assessment_key)
    row = stored.assessment_key.bytes
    reference = cipher.unseal("assessment", "reference", row, newest["reference"]).decode() if newest else None
    due: list[datetime] = [c.due_at for c in clocks_about(connection, stored.subject_key, stored.review_id)]
    return ReviewView(stored.assessment_key, reference, own_review(stored, cipher, due[0] if due else None))


def _log_reading(
    services: Services, connection: Connection, request: Request, read: StoredReview, file: OwnFile
) -> bytes:
    fields: dict[str, FieldValue] = {
        "act": "review_read", "granted": True, "member": read.member_id, "review": str(read.review_id),
        "record": str(read.assessment_key), **by_whom(request),
    }  # fmt: skip
    cipher = services.keys.open(file.wrapped_key)
    return log_in_file(services, connection, services.clock.now(), file.subject_key, cipher, fields).leaf_hash

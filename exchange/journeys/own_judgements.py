"""Judgements about a borrower: explained to them, and looked at by a person when they ask (PIPL, art. 24).

hold the file -> the judgement stands -> none like it is open -> ask its maker -> clock -> log entry
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.policy.resolve import rules_of_right
from consent.policy.rules import Act, BorrowersRight
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.own_act import held_own_file, log_own_act, own_file_of
from exchange.journeys.own_words import checked_words
from exchange.journeys.plain_words import RuleInWords, rule_in_words
from exchange.journeys.services import Services
from exchange.journeys.start_due import start_due
from exchange.journeys.tell import tell_member
from exchange.store import reviews
from exchange.store.reviews import StoredJudgement, StoredReview
from exchange.store.running_clocks import clocks_about
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.assessment import AssessmentBand
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.review import ReviewOutcome
from schema.vocabulary.running_clock import ClockKind


@dataclass(frozen=True, slots=True)
class OwnReview:
    """That a person look again: when it was asked, by when it is due, and what came of it."""

    review_id: UUID
    words: str | None
    asked_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    outcome: ReviewOutcome | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class OwnJudgement:
    """A judgement as its borrower reads it. `reviews`: what they asked about it, the newest first."""

    assessment_id: UUID
    member_id: str
    member_name: str
    member_contact: str
    scorecard: str
    band: AssessmentBand
    score: int | None
    reason_codes: tuple[str, ...]
    explanation: str | None
    solely_automated: bool
    reviewed: bool
    assessed_at: datetime
    reviews: tuple[OwnReview, ...]

    @property
    def open_review(self) -> OwnReview | None:
        """The request that is not answered yet."""
        return next((each for each in self.reviews if each.answered_at is None), None)


def list_judgements(services: Services, borrower: Borrower) -> tuple[OwnJudgement, ...]:
    """The judgements about the borrower that stand, the newest first. Raises BadRequest once the file was erased."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        stored = reviews.judgements_of(connection, file.subject_key)
        asked = reviews.reviews_of(connection, file.subject_key)
        due = {
            each.review_id: [clock.due_at for clock in clocks_about(connection, file.subject_key, each.review_id)]
            for each in asked
        }
    cipher = services.keys.open(file.wrapped_key)
    about: dict[UUID, list[OwnReview]] = {}
    for each in reversed(asked):
        view = own_review(each, cipher, next(iter(due[each.review_id]), None))
        about.setdefault(each.assessment_key, []).append(view)
    return tuple(_judgement(each, cipher, tuple(about.get(each.assessment_key, ()))) for each in stored)


def find_judgement(services: Services, borrower: Borrower, assessment_id: UUID) -> OwnJudgement:
    """One of them. Raises BadRequest ASSESSMENT_NOT_FOUND."""
    found = (each for each in list_judgements(services, borrower) if each.assessment_id == assessment_id)
    judgement = next(found, None)
    if judgement is None:
        raise BadRequest("There is no such judgement in your file.", "ASSESSMENT_NOT_FOUND")
    return judgement


def ask_review(
    services: Services, borrower: Borrower, assessment_id: UUID, words: str = "", keep_words: bool = False
) -> UUID:
    """Asks the member that made a judgement to have a person look at it again. Returns the request's id.

    `words`: what the borrower says to it, if anything. Asked again before it was answered, nothing new is asked. Raises
    BadRequest (ASSESSMENT_NOT_FOUND, STATEMENT_TOO_LONG) and SensitiveWords.
    """
    now = services.clock.now()
    said = checked_words(services, words, keep_words) if words.strip() else None
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        key = file.subject_key
        standing = next((j for j in reviews.judgements_of(connection, key) if j.assessment_key == assessment_id), None)
        if standing is None:
            raise BadRequest("There is no such judgement in your file.", "ASSESSMENT_NOT_FOUND")
        for asked in reviews.reviews_of(connection, key):
            if asked.assessment_key == assessment_id and asked.answered_at is None:
                return asked.review_id
        review_id = new_id(now)
        cipher = services.keys.open(file.wrapped_key)
        sealed = cipher.seal("review_request", "words", review_id.bytes, said.encode()) if said else None
        reviews.add_review(connection, StoredReview(key, review_id, assessment_id, standing.contributor, sealed, now))
        clock = start_due(
            services, connection, key, ClockKind.REVIEW_ANSWER, Act.ANSWER_REVIEW, review_id, standing.contributor
        )
        told = {"member": standing.contributor, "record": str(assessment_id)}
        due_at = clock.due_at if clock else None
        tell_member(services, connection, key, standing.contributor, NoticeKind.REVIEW_ASKED, review_id, told, due_at)
        fields = {"act": "review_asked", "review": str(review_id), **told}
        log_own_act(services, connection, borrower, file, fields)
    return review_id


def rules_about_judgements(services: Services) -> tuple[RuleInWords, ...]:
    """The rules in force that have judgements explained, and looked at by a person."""
    today = services.clock.now().date()
    rights = (BorrowersRight.EXPLAIN, BorrowersRight.REVIEW)
    found = {rule.id: rule for right in rights for rule in rules_of_right(services.pack, right, today)}
    return tuple(rule_in_words(services.pack, rule) for rule in found)


def own_review(stored: StoredReview, cipher: SubjectCipher, due_at: datetime | None) -> OwnReview:
    """A request, opened."""
    opened: Mapping[str, str | None] = {
        name: cipher.unseal("review_request", name, stored.review_id.bytes, sealed).decode() if sealed else None
        for name, sealed in (("words", stored.words), ("answer", stored.answer))
    }
    return OwnReview(
        stored.review_id, opened["words"], stored.asked_at, due_at, stored.answered_at, stored.outcome, opened["answer"]
    )


def _judgement(stored: StoredJudgement, cipher: SubjectCipher, asked: tuple[OwnReview, ...]) -> OwnJudgement:
    row = stored.assessment_key.bytes
    explained = stored.explanation
    return OwnJudgement(
        assessment_id=stored.assessment_key,
        member_id=stored.contributor,
        member_name=stored.member_name,
        member_contact=stored.member_contact,
        scorecard=stored.scorecard,
        band=AssessmentBand(stored.band),
        score=stored.score,
        reason_codes=tuple(stored.reason_codes),
        explanation=cipher.unseal("assessment", "explanation", row, explained).decode() if explained else None,
        solely_automated=stored.solely_automated,
        reviewed=stored.reviewed,
        assessed_at=stored.assessed_at,
        reviews=asked,
    )

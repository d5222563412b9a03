"""Identities that an operator must look at: who was claimed to be the same borrower, and what the operator found.

Nothing that was furnished changes who a borrower is until it was decided here. Looking and deciding are both logged
about the borrower.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.journeys.end_powers import log_about
from exchange.journeys.known_identity import KnownIdentity, open_identity, seal_identity
from exchange.journeys.merge_subjects import busy, hold_and_beside, merge_files
from exchange.journeys.raised_reviews import ClaimedIdentity, open_claim
from exchange.journeys.services import Services
from exchange.store.joined_files import change_who, surviving_file, who_is
from exchange.store.subject_file import SubjectFile, subject_file
from exchange.store.subject_reviews import StoredReview, decide_review, find_review, list_reviews
from schema.vocabulary.subject import ReviewDecision, ReviewKind

REVIEW_VIEWED = "identity_review_viewed"
REVIEW_DECIDED = "identity_review_decided"
IDENTITY_CORRECTED = "IDENTITY_CORRECTED"
REVIEWS_PER_PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A review in the list: it names nobody."""

    review_id: UUID
    kind: ReviewKind
    contributor: str
    raised_at: datetime
    decision: ReviewDecision | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review in full: who the borrower is to us, and who the member says it is."""

    line: ReviewLine
    held: KnownIdentity
    claimed: ClaimedIdentity


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an operator found. `birth_date`: which of the two is right, where they differ and it is the same person."""

    decision: ReviewDecision
    birth_date: date | None = None


def list_identity_reviews(
    services: Services, after: UUID | None = None, most: int = REVIEWS_PER_PAGE_MAX, decided: bool = False
) -> tuple[ReviewLine, ...]:
    """The reviews that wait (or those that were `decided`), the oldest first, those after the review named."""
    with services.connection() as connection:
        return tuple(map(_line, list_reviews(connection, after, min(most, REVIEWS_PER_PAGE_MAX), decided)))


def show_identity_review(services: Services, review_id: UUID, actor: str) -> ReviewView:
    """Opens a review for an operator, which is logged about the borrower. Raises BadRequest REVIEW_NOT_FOUND."""
    with services.transaction() as connection:
        review = _found(connection, review_id)
        file, view = _opened(services, connection, review)
        said = {"act": REVIEW_VIEWED, "review": str(review_id), "kind": review.kind, "member": review.contributor}
        log_about(services, connection, file, {**said, "actor": actor})
    # From here the view is in the log.
    return view


def decide_identity_review(services: Services, review_id: UUID, verdict: Verdict, actor: str) -> tuple[str, ...]:
    """Takes an operator's verdict, and says what changed: `names`, `birth_date`, `files` or nothing.

    SAME_PERSON accepts the other name, corrects the birth date to the one stated, or joins the two files; the other
    verdicts change nothing: what the member reports under this claim goes on being held back, or noted.
    Raises BadRequest: REVIEW_NOT_FOUND, REVIEW_DECIDED (by somebody before), BIRTH_DATE_NEEDED; Unavailable.
    """
    with services.transaction() as connection:
        review = _found(connection, review_id)
        _hold(services, connection, review)
        file, view = _opened(services, connection, review)
        _check(verdict, view)
        if not decide_review(connection, review, verdict.decision.value, actor, services.clock.now()):
            raise BadRequest("This review was decided before.", "REVIEW_DECIDED")
        said: dict[str, FieldValue] = {"review": str(review_id), "actor": actor}
        changed = _carry_out(services, connection, review, file, view, verdict, said)
        said |= {"act": REVIEW_DECIDED, "kind": review.kind, "member": review.contributor}
        log_about(services, connection, file, {**said, "decision": verdict.decision.value, "corrected": list(changed)})
    return changed


def _carry_out(
    services: Services,
    connection: Connection,
    review: StoredReview,
    file: SubjectFile,
    view: ReviewView,
    verdict: Verdict,
    said: Mapping[str, FieldValue],
) -> tuple[str, ...]:
    if verdict.decision is not ReviewDecision.SAME_PERSON:
        return ()
    if view.line.kind is ReviewKind.IDS_DISAGREE:
        return _join(services, connection, review, file, said)
    known = view.held
    if view.line.kind is ReviewKind.NAME_DIFFERS:
        now_known, changed = known.with_names(view.claimed.names), "names"
    else:
        now_known, changed = KnownIdentity(known.lists, verdict.birth_date), "birth_date"
    if now_known == known:
        return ()
    columns = seal_identity(now_known, services.keys.open(file.wrapped_key))
    change_who(connection, file.subject_key, columns, IDENTITY_CORRECTED, services.clock.now())
    return (changed,)


def _join(
    services: Services, connection: Connection, review: StoredReview, file: SubjectFile, said: Mapping[str, FieldValue]
) -> tuple[str, ...]:
    """Joins the two files to which the documents of one record led."""
    assert review.other_subject_key is not None  # it is raised with both
    other = surviving_file(connection, review.other_subject_key)
    if other == file.subject_key:
        return ()
    merge_files(services, connection, file.subject_key, other, said)
    return ("files",)


def _hold(services: Services, connection: Connection, review: StoredReview) -> None:
    files = _files(connection, review)
    hold_and_beside(services, connection, *files)
    if _files(connection, review) != files:
        raise busy()


def _files(connection: Connection, review: StoredReview) -> set[UUID]:
    """The file that the borrower has now, and the other one where two are meant."""
    keys = [key for key in (review.subject_key, review.other_subject_key) if key is not None]
    return {surviving_file(connection, key) for key in keys}


def _check(verdict: Verdict, view: ReviewView) -> None:
    differing = {view.held.birth_date, view.claimed.birth_date} - {None}
    wanted = (view.line.kind, verdict.decision) == (ReviewKind.BIRTH_DATE_DIFFERS, ReviewDecision.SAME_PERSON)
    if wanted and verdict.birth_date not in differing:
        raise BadRequest("Say which of the two birth dates is right.", "BIRTH_DATE_NEEDED")
    if verdict.birth_date is not None and not wanted:
        raise BadRequest("A birth date is stated only where two of one person differ.", "BIRTH_DATE_NEEDED")


def _found(connection: Connection, review_id: UUID) -> StoredReview:
    review = find_review(connection, review_id)
    if review is None:
        raise BadRequest("There is no review with this id.", "REVIEW_NOT_FOUND")
    return review


def _opened(services: Services, connection: Connection, review: StoredReview) -> tuple[SubjectFile, ReviewView]:
    """The file that the borrower has now, and the review. The claim is sealed under the file it was raised in."""
    raised_in = services.keys.open(subject_file(connection, review.subject_key).wrapped_key)
    file = subject_file(connection, surviving_file(connection, review.subject_key))
    row: Mapping[str, Any] = who_is(connection, file.subject_key)
    held = open_identity(row, services.keys.open(file.wrapped_key))
    return file, ReviewView(_line(review), held, open_claim(raised_in, review.review_id, review.claimed))


def _line(review: StoredReview) -> ReviewLine:
    return ReviewLine(
        review.review_id,
        ReviewKind(review.kind),
        review.contributor,
        review.raised_at,
        ReviewDecision(review.decision) if review.decision else None,
        review.decided_by,
        review.decided_at,
    )

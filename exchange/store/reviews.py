"""Judgements about borrowers, and the requests that a person look at one again, in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from exchange.store.tables.assessment import assessment, review_request
from exchange.store.tables.member import member
from schema.vocabulary.review import ReviewOutcome


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A request as stored: `words` and `answer` are sealed."""

    subject_key: UUID
    review_id: UUID
    assessment_key: UUID
    member_id: str
    words: bytes | None
    asked_at: datetime
    answered_at: datetime | None = None
    outcome: ReviewOutcome | None = None
    answer: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredJudgement:
    """The newest version of a judgement that stands, sealed columns as stored, and who made it."""

    assessment_key: UUID
    contributor: str
    member_name: str
    member_contact: str
    scorecard: str
    band: str
    score: int | None
    reason_codes: Sequence[str]
    explanation: bytes | None
    solely_automated: bool
    reviewed: bool
    assessed_at: datetime


def judgements_of(connection: Connection, subject_key: UUID) -> list[StoredJudgement]:
    """The judgements about a borrower that stand, the newest first."""
    columns = assessment.c
    wanted = (
        select(
            columns.assessment_key, columns.contributor, member.c.name, member.c.contact, columns.scorecard,
            columns.band, columns.score, columns.reason_codes, columns.explanation, columns.solely_automated,
            columns.reviewer.is_not(None), columns.assessed_at,
        )
        .join(member, member.c.member_id == columns.contributor)
        .where(columns.subject_key == subject_key, columns.superseded_at.is_(None), ~columns.withdrawn)
        .order_by(columns.assessed_at.desc(), columns.assessment_key)
    )  # fmt: skip
    return [StoredJudgement(*tuple(row)) for row in connection.execute(wanted)]


def newest_version(connection: Connection, subject_key: UUID, assessment_key: UUID) -> Mapping[str, Any] | None:
    """The newest version of a judgement, also of one that was taken back."""
    columns = assessment.c
    versions = select(assessment).where(columns.subject_key == subject_key, columns.assessment_key == assessment_key)
    row = connection.execute(versions.order_by(columns.version.desc()).limit(1)).mappings().one_or_none()
    return dict(row) if row is not None else None


def changed_since(connection: Connection, review: StoredReview) -> bool:
    """Whether the member has made a new version of the judgement since it was asked; one taken back does not count."""
    columns = assessment.c
    newer = select(columns.version).where(
        columns.subject_key == review.subject_key,
        columns.assessment_key == review.assessment_key,
        columns.recorded_at >= review.asked_at,
        columns.superseded_at.is_(None),
        ~columns.withdrawn,
        columns.version > 1,
        columns.reason.in_(("UPDATE", "CORRECTION")),
    )
    return connection.execute(newer.limit(1)).first() is not None


def add_review(connection: Connection, review: StoredReview) -> None:
    """Holds a request."""
    connection.execute(
        insert(review_request).values({part.name: getattr(review, part.name) for part in fields(review)})
    )


def reviews_of(connection: Connection, subject_key: UUID) -> list[StoredReview]:
    """What a borrower asked for, the oldest first."""
    wanted = select(review_request).where(review_request.c.subject_key == subject_key)
    return [_review(row) for row in connection.execute(wanted.order_by(review_request.c.review_id))]


def reviews_to(
    connection: Connection, member_id: str, after: UUID | None, most: int, is_open: bool | None
) -> list[StoredReview]:
    """What a member is asked for after `after`, the oldest first. `is_open`: only unanswered ones, or only answered."""
    wanted = _to(select(review_request), member_id, is_open).order_by(review_request.c.review_id).limit(most)
    if after is not None:
        wanted = wanted.where(review_request.c.review_id > after)
    return [_review(row) for row in connection.execute(wanted)]


def count_reviews_to(connection: Connection, member_id: str, is_open: bool | None) -> int:
    """How many requests to a member there are."""
    return connection.scalar(_to(select(func.count()).select_from(review_request), member_id, is_open)) or 0


def find_review_to(connection: Connection, member_id: str, review_id: UUID) -> StoredReview | None:
    """One request to this member."""
    wanted = _to(select(review_request), member_id, None).where(review_request.c.review_id == review_id)
    row = connection.execute(wanted).one_or_none()
    return _review(row) if row else None


def put_outcome(
    connection: Connection, review: StoredReview, outcome: ReviewOutcome, answer: bytes, now: datetime
) -> bool:
    """Answers a request. False: it was answered before."""
    columns = review_request.c
    this = (columns.subject_key == review.subject_key) & (columns.review_id == review.review_id)
    values = {"answered_at": now, "outcome": outcome.value, "answer": answer}
    return (
        connection.execute(update(review_request).where(this, columns.answered_at.is_(None)).values(values)).rowcount
        == 1
    )


def _to(wanted: Select[Any], member_id: str, is_open: bool | None) -> Select[Any]:
    wanted = wanted.where(review_request.c.member_id == member_id)
    if is_open is None:
        return wanted
    answered = review_request.c.answered_at
    return wanted.where(answered.is_(None) if is_open else answered.is_not(None))


def _review(row: Row[Any]) -> StoredReview:
    values = dict(row._mapping)
    outcome = values["outcome"]
    return StoredReview(**values | {"outcome": ReviewOutcome(outcome) if outcome else None})

"""Who borrowers are, to compare, and the identities that a person must look at before they are believed.

Every statement belongs to the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from exchange.handover import IdentityChecks
from exchange.store.tables.subject import subject, subject_review


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A review as stored. `claimed` is sealed; the last three are None while nobody has decided."""

    subject_key: UUID
    review_id: UUID
    kind: str
    contributor: str
    other_subject_key: UUID | None
    claimed: bytes
    raised_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None


def identities_of(connection: Connection, subject_keys: Collection[UUID]) -> dict[UUID, IdentityChecks]:
    """Who these borrowers are, by their keys. None of them is merged or split before the transaction ends.

    One that was merged into another file is left out: its documents now lead there, so look them up again.
    """
    columns = subject.c
    # Those that another transaction is merging are waited for, and then seen as it left them.
    held = (
        select(columns.subject_key, columns.merged_into, columns.birth_check, columns.name_checks)
        .where(columns.subject_key == any_(_SUBJECT_KEYS))
        .order_by(columns.subject_key)
        .with_for_update(read=True, key_share=True)
    )
    return {
        row.subject_key: IdentityChecks(row.birth_check, tuple(row.name_checks or ()))
        for row in connection.execute(held, {"subject_keys": list(subject_keys)})
        if row.merged_into is None
    }


def add_reviews(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raises reviews; a claim that the same member made before is kept once."""
    if rows:
        connection.execute(insert(subject_review).on_conflict_do_nothing(), list(rows))


def list_reviews(connection: Connection, after: UUID | None, most: int, decided: bool = False) -> list[StoredReview]:
    """The reviews that wait for a decision (or with `decided` those that do not), the oldest first, at most so many.

    `after`: only those that were raised later than this one.
    """
    columns = subject_review.c
    listed = select(*_STORED).where(columns.decided_at.is_not(None) if decided else columns.decided_at.is_(None))
    if after is not None:
        listed = listed.where(columns.review_id > after)
    rows = connection.execute(listed.order_by(columns.review_id).limit(most)).mappings()
    return [StoredReview(**row) for row in rows]


def find_review(connection: Connection, review_id: UUID) -> StoredReview | None:
    """One review."""
    found = select(*_STORED).where(subject_review.c.review_id == review_id)
    row = connection.execute(found).mappings().one_or_none()
    return StoredReview(**row) if row else None


def decide_review(connection: Connection, review: StoredReview, decision: str, actor: str, now: datetime) -> bool:
    """Notes what a review found. False: somebody decided it before."""
    columns = subject_review.c
    waiting = update(subject_review).where(
        columns.subject_key == review.subject_key, columns.review_id == review.review_id, columns.decided_at.is_(None)
    )
    decided = {"decision": decision, "decided_by": actor, "decided_at": now}
    return connection.execute(waiting.values(decided)).rowcount == 1


_SUBJECT_KEYS = bindparam("subject_keys", type_=ARRAY(Uuid))
_STORED = tuple(column for column in subject_review.c if column.name != "claim_check")

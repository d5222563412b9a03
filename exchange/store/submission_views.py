"""Submissions as they are looked at: by their member, by the operator, and by the worker that takes up the next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from exchange.store.tables.submission import submission, submission_fault, submission_mapping
from schema.vocabulary.submission import SubmissionState

Submission = Row[Any]
_OPEN = submission.c.state.in_((SubmissionState.RECEIVED, SubmissionState.WORKING))


def find_submission(connection: Connection, submission_id: UUID, member_id: str | None = None) -> Submission | None:
    """A submission; of this member, where one is named."""
    wanted = select(submission).where(submission.c.submission_id == submission_id)
    if member_id is not None:
        wanted = wanted.where(submission.c.member_id == member_id)
    return connection.execute(wanted).first()


def list_submissions(
    connection: Connection, member_id: str | None, most: int, after: UUID | None = None
) -> Sequence[Submission]:
    """The submissions after `after`, the newest first; of this member, where one is named."""
    columns = submission.c
    wanted = select(submission).order_by(columns.submitted_at.desc(), columns.submission_id.desc()).limit(most)
    if member_id is not None:
        wanted = wanted.where(columns.member_id == member_id)
    if after is not None:
        place = select(columns.submitted_at).where(columns.submission_id == after).scalar_subquery()
        same_moment = and_(columns.submitted_at == place, columns.submission_id < after)
        wanted = wanted.where(or_(columns.submitted_at < place, same_moment))
    return connection.execute(wanted).all()


def count_submissions(connection: Connection, member_id: str) -> int:
    """How many submissions a member has made."""
    counted = select(func.count()).select_from(submission).where(submission.c.member_id == member_id)
    return connection.scalar(counted) or 0


def count_open(connection: Connection, member_id: str) -> int:
    """How many submissions of a member wait or are worked on."""
    counted = select(func.count()).select_from(submission).where(_OPEN, submission.c.member_id == member_id)
    return connection.scalar(counted) or 0


def open_digests(connection: Connection) -> Sequence[Row[Any]]:
    """Member and digest of all submissions that wait or are worked on."""
    return connection.execute(select(submission.c.member_id, submission.c.digest).where(_OPEN)).all()


def list_faults(connection: Connection, submission_id: UUID, most: int, after: int = 0) -> Sequence[Row[Any]]:
    """The faults of a submission after the one of this number, in the order in which they were found."""
    columns = submission_fault.c
    wanted = select(submission_fault).where(columns.submission_id == submission_id, columns.fault_no > after)
    return connection.execute(wanted.order_by(columns.fault_no).limit(most)).all()


def keep_mapping(connection: Connection, member_id: str, name: str, toml: str, now: datetime) -> None:
    """Keeps a mapping under a name of the member's choice, in the place of another one. The same again: unchanged."""
    row = {"member_id": member_id, "name": name, "toml": toml, "kept_at": now}
    kept = insert(submission_mapping).values(row)
    replaced = {"toml": kept.excluded.toml, "kept_at": kept.excluded.kept_at}
    differs = submission_mapping.c.toml != kept.excluded.toml
    connection.execute(
        kept.on_conflict_do_update(constraint=submission_mapping.primary_key, set_=replaced, where=differs)
    )


def find_mapping(connection: Connection, member_id: str, name: str) -> str | None:
    """The TOML of a mapping."""
    columns = submission_mapping.c
    return connection.scalar(select(columns.toml).where(columns.member_id == member_id, columns.name == name))


def list_mappings(connection: Connection, member_id: str) -> Sequence[Row[Any]]:
    """A member's mappings, by name."""
    columns = submission_mapping.c
    wanted = select(submission_mapping).where(columns.member_id == member_id)
    return connection.execute(wanted.order_by(columns.name)).all()

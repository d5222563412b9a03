"""Notices in the database: written with the act that calls for them, fetched by members and borrowers, answered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from exchange.store.joined_files import files_before
from exchange.store.tables.member import member
from exchange.store.tables.notice import notice


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice as stored. `body` is a compact JWS; `answer` as stored, `RETAINED_UNDER(article)` for that answer."""

    subject_key: UUID
    notice_id: UUID
    kind: str
    recipient: str | None
    about: UUID | None
    body: bytes
    written_at: datetime
    due_at: datetime | None
    seen_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    recipient_name: str = ""


def write_notice(connection: Connection, written: StoredNotice) -> None:
    """Adds a notice in the caller's transaction."""
    row = {column.name: getattr(written, column.name) for column in notice.c}
    connection.execute(insert(notice).values(row))


def notices_to(
    connection: Connection, member_id: str, kinds: Collection[str], after: UUID | None, most: int, unanswered: bool
) -> list[StoredNotice]:
    """A member's notices of these kinds after `after`, the oldest first.

    `unanswered`: only those that ask for something that was not done yet.
    """
    wanted = _to(_notices(), member_id, kinds, unanswered).order_by(notice.c.notice_id).limit(most)
    if after is not None:
        wanted = wanted.where(notice.c.notice_id > after)
    return [_notice(row) for row in connection.execute(wanted)]


def count_notices_to(connection: Connection, member_id: str, kinds: Collection[str], unanswered: bool) -> int:
    """How many notices of these kinds a member has."""
    return connection.scalar(_to(select(func.count()).select_from(notice), member_id, kinds, unanswered)) or 0


def find_notice_to(connection: Connection, member_id: str, notice_id: UUID) -> StoredNotice | None:
    """One notice to this member."""
    to_member = _notices().where(notice.c.recipient == member_id, notice.c.notice_id == notice_id)
    row = connection.execute(to_member).one_or_none()
    return _notice(row) if row else None


def notices_of_kind(connection: Connection, subject_key: UUID, kind: str) -> list[StoredNotice]:
    """The notices of a kind to members about what a borrower did, the oldest first."""
    theirs = _notices().where(
        notice.c.subject_key == subject_key, notice.c.recipient.is_not(None), notice.c.kind == kind
    )
    return [_notice(row) for row in connection.execute(theirs.order_by(notice.c.notice_id))]


def notices_to_borrower(
    connection: Connection, subject_keys: Collection[UUID], newest: UUID | None, most: int
) -> list[StoredNotice]:
    """The notices to the borrower of these files, from `newest` down (None: from the last one)."""
    theirs = select(notice).where(notice.c.subject_key.in_(subject_keys), notice.c.recipient.is_(None))
    if newest is not None:
        theirs = theirs.where(notice.c.notice_id <= newest)
    return [_notice(row) for row in connection.execute(theirs.order_by(notice.c.notice_id.desc()).limit(most))]


def borrower_notices_of_kind(connection: Connection, subject_keys: Collection[UUID], kind: str) -> list[StoredNotice]:
    """The notices of a kind to the borrower of these files, the oldest first."""
    theirs = select(notice).where(
        notice.c.subject_key.in_(subject_keys), notice.c.recipient.is_(None), notice.c.kind == kind
    )
    return [_notice(row) for row in connection.execute(theirs.order_by(notice.c.notice_id))]


def count_unseen_by_borrower(connection: Connection, subject_keys: Collection[UUID]) -> int:
    """How many notices the borrower of these files has not seen."""
    theirs = select(func.count()).where(notice.c.subject_key.in_(subject_keys), notice.c.recipient.is_(None))
    return connection.scalar(theirs.where(notice.c.seen_at.is_(None))) or 0


def mark_seen(connection: Connection, seen: Sequence[StoredNotice], now: datetime) -> None:
    """Notes the first time that a member fetched these, or that the borrower saw them."""
    for one in seen:
        if one.seen_at is None:
            unseen = update(notice).where(*_is(one), notice.c.seen_at.is_(None))
            connection.execute(unseen.values(seen_at=now))


def put_answer(connection: Connection, answered: StoredNotice, answer: str, now: datetime) -> bool:
    """False: the notice was answered before, and keeps that answer."""
    unanswered = update(notice).where(*_is(answered), notice.c.answered_at.is_(None))
    return connection.execute(unanswered.values(answer=answer, answered_at=now)).rowcount == 1


def settle_notices(connection: Connection, subject_key: UUID, about: UUID, kind: str, now: datetime) -> None:
    """Notes that what these notices ask for was done in another way: no answer to them is due any more.

    They may stand in an earlier file, from which what they are about was moved to this one.
    """
    columns = notice.c
    files = [subject_key, *files_before(connection, subject_key)]
    these = columns.subject_key.in_(files) & (columns.about == about) & (columns.kind == kind)
    waiting = columns.answered_at.is_(None) & columns.due_at.is_not(None)
    connection.execute(update(notice).where(these, waiting).values(answered_at=now))


def _notices() -> Select[Any]:
    return select(notice, member.c.name.label("recipient_name")).join(member, member.c.member_id == notice.c.recipient)


def _to(wanted: Select[Any], member_id: str, kinds: Collection[str], unanswered: bool) -> Select[Any]:
    wanted = wanted.where(notice.c.recipient == member_id, notice.c.kind.in_(kinds))
    return wanted.where(notice.c.answered_at.is_(None), notice.c.due_at.is_not(None)) if unanswered else wanted


def _is(one: StoredNotice) -> tuple[Any, Any]:
    return notice.c.subject_key == one.subject_key, notice.c.notice_id == one.notice_id


def _notice(row: Row[Any]) -> StoredNotice:
    return StoredNotice(**row._mapping)

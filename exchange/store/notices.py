"""Notices in the database: written with the act that calls for them, fetched and answered by members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from exchange.store.tables.member import member
from exchange.store.tables.notice import notice


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice as stored. `body` is a compact JWS; `answer` as stored, `RETAINED_UNDER(article)` for that answer."""

    subject_key: UUID
    notice_id: UUID
    kind: str
    recipient: str
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
    connection: Connection, member_id: str, after: UUID | None, most: int, unanswered: bool
) -> list[StoredNotice]:
    """A member's notices after `after`, the oldest first."""
    wanted = _to(_notices(), member_id, unanswered).order_by(notice.c.notice_id).limit(most)
    if after is not None:
        wanted = wanted.where(notice.c.notice_id > after)
    return [_notice(row) for row in connection.execute(wanted)]


def count_notices_to(connection: Connection, member_id: str, unanswered: bool) -> int:
    """How many notices a member has."""
    return connection.scalar(_to(select(func.count()).select_from(notice), member_id, unanswered)) or 0


def find_notice_to(connection: Connection, member_id: str, notice_id: UUID) -> StoredNotice | None:
    """One notice to this member."""
    row = connection.execute(_to(_notices(), member_id, False).where(notice.c.notice_id == notice_id)).one_or_none()
    return _notice(row) if row else None


def notices_about(connection: Connection, subject_key: UUID) -> list[StoredNotice]:
    """The notices to members about what a borrower did, the oldest first."""
    theirs = _notices().where(notice.c.subject_key == subject_key, notice.c.recipient.is_not(None))
    return [_notice(row) for row in connection.execute(theirs.order_by(notice.c.notice_id))]


def mark_seen(connection: Connection, seen: Sequence[StoredNotice], now: datetime) -> None:
    """Notes the first time that a member fetched these."""
    for one in seen:
        if one.seen_at is None:
            unseen = update(notice).where(*_is(one), notice.c.seen_at.is_(None))
            connection.execute(unseen.values(seen_at=now))


def put_answer(connection: Connection, answered: StoredNotice, answer: str, now: datetime) -> bool:
    """False: the notice was answered before, and keeps that answer."""
    unanswered = update(notice).where(*_is(answered), notice.c.answered_at.is_(None))
    return connection.execute(unanswered.values(answer=answer, answered_at=now)).rowcount == 1


def _notices() -> Select[Any]:
    return select(notice, member.c.name.label("recipient_name")).join(member, member.c.member_id == notice.c.recipient)


def _to(wanted: Select[Any], member_id: str, unanswered: bool) -> Select[Any]:
    wanted = wanted.where(notice.c.recipient == member_id)
    return wanted.where(notice.c.answered_at.is_(None)) if unanswered else wanted


def _is(one: StoredNotice) -> tuple[Any, Any]:
    return notice.c.subject_key == one.subject_key, notice.c.notice_id == one.notice_id


def _notice(row: Row[Any]) -> StoredNotice:
    return StoredNotice(**row._mapping)

"""Messages to borrowers that wait for the gateway, and how far the list of looks was read for them."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql

from exchange.handover import THE_BORROWER
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.notice import notice
from exchange.store.tables.outbox import borrower_message, notice_cursor
from exchange.store.tables.subject import subject

_COLUMNS = borrower_message.c
START = UUID(int=0)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message to a borrower: that there is a notice, or (without one) that somebody looked."""

    subject_key: UUID
    message_id: UUID
    kind: str
    notice_id: UUID | None
    written_at: datetime
    next_at: datetime | None
    attempts: int = 0
    last_status: int | None = None
    sent_at: datetime | None = None
    dead_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where a list was read: an instant, and a key among those of the same instant."""

    at: datetime
    key: UUID


@dataclass(frozen=True, slots=True)
class LookSeen:
    """A look by a member that was granted."""

    subject_key: UUID
    inquiry_key: UUID
    asked_at: datetime


def add_message(connection: Connection, message: StoredMessage) -> None:
    """Adds a message in the caller's transaction."""
    connection.execute(insert(borrower_message).values(asdict(message)))


def due_messages(connection: Connection, now: datetime, most: int) -> list[StoredMessage]:
    """The messages to send now, what waits longest first."""
    due = select(borrower_message).where(_COLUMNS.next_at <= now).order_by(_COLUMNS.next_at, _COLUMNS.message_id)
    return [_message(row) for row in connection.execute(due.limit(most))]


def take_message(connection: Connection, due: StoredMessage, until: datetime) -> bool:
    """Takes a message to try it, and counts the try. False: somebody else has it."""
    taken = update(borrower_message).where(*_is(due), _COLUMNS.next_at == due.next_at)
    return connection.execute(taken.values(next_at=until, attempts=_COLUMNS.attempts + 1)).rowcount == 1


def put_message_outcome(
    connection: Connection,
    taken: StoredMessage,
    until: datetime,
    status: int | None,
    next_at: datetime | None = None,
    sent_at: datetime | None = None,
    dead_at: datetime | None = None,
) -> bool:
    """Writes what came of a try that was taken `until` then. False: somebody else has it since."""
    put = update(borrower_message).where(*_is(taken), _COLUMNS.next_at == until)
    values = {"last_status": status, "next_at": next_at, "sent_at": sent_at, "dead_at": dead_at}
    return connection.execute(put.values(values)).rowcount == 1


def is_wanted(connection: Connection, message: StoredMessage) -> bool:
    """Whether a message still tells anything: not where its notice was seen meanwhile."""
    if message.notice_id is None:
        return True
    this = (notice.c.subject_key == message.subject_key) & (notice.c.notice_id == message.notice_id)
    return connection.scalar(select(notice.c.notice_id).where(this, notice.c.seen_at.is_(None))) is not None


def last_alert(connection: Connection, subject_key: UUID) -> StoredMessage | None:
    """The newest message to a borrower that somebody looked."""
    alerts = select(borrower_message).where(_COLUMNS.subject_key == subject_key, _COLUMNS.notice_id.is_(None))
    row = connection.execute(alerts.order_by(_COLUMNS.message_id.desc()).limit(1)).one_or_none()
    return _message(row) if row else None


def sent_about(connection: Connection, subject_key: UUID, notice_id: UUID) -> datetime | None:
    """When the gateway took a message about this notice."""
    about = (_COLUMNS.subject_key == subject_key) & (_COLUMNS.notice_id == notice_id)
    sent_at: datetime | None = connection.scalar(select(func.min(_COLUMNS.sent_at)).where(about))
    return sent_at


@dataclass(frozen=True, slots=True)
class WaysToReach:
    """How a borrower can be reached: sealed lists, the newest last, and their language (BCP 47)."""

    phones: bytes | None
    emails: bytes | None
    language: str


def ways_to_reach(connection: Connection, subject_key: UUID) -> WaysToReach | None:
    """How a borrower can be reached; None where we hold no such file."""
    who = select(subject.c.phones, subject.c.emails, subject.c.language).where(subject.c.subject_key == subject_key)
    row = connection.execute(who).one_or_none()
    return WaysToReach(*row) if row else None


def hold_cursor(connection: Connection, name: str, start: datetime) -> Cursor:
    """The cursor of this name, new at `start`; others who want it wait until this transaction ends."""
    new = postgresql.insert(notice_cursor).values(name=name, at=start, key=START).on_conflict_do_nothing()
    connection.execute(new)
    held = select(notice_cursor.c.at, notice_cursor.c.key).where(notice_cursor.c.name == name).with_for_update()
    return Cursor(*connection.execute(held).one())


def move_cursor(connection: Connection, name: str, to: Cursor) -> None:
    """Moves a cursor that is held."""
    connection.execute(update(notice_cursor).where(notice_cursor.c.name == name).values(at=to.at, key=to.key))


def looks_after(connection: Connection, cursor: Cursor, until: datetime, most: int) -> list[LookSeen]:
    """Granted looks by members behind a cursor and up to an instant, in the order of time."""
    columns = inquiry.c
    looks = select(columns.subject_key, columns.inquiry_key, columns.asked_at).where(
        columns.asked_at >= cursor.at,
        tuple_(columns.asked_at, columns.inquiry_key) > (cursor.at, cursor.key),
        columns.asked_at <= until,
        columns.granted,
        columns.member_id != THE_BORROWER,
    )
    return [
        LookSeen(*row) for row in connection.execute(looks.order_by(columns.asked_at, columns.inquiry_key).limit(most))
    ]


def _is(one: StoredMessage) -> tuple[Any, Any]:
    return _COLUMNS.subject_key == one.subject_key, _COLUMNS.message_id == one.message_id


def _message(row: Row[Any]) -> StoredMessage:
    return StoredMessage(**{part.name: getattr(row, part.name) for part in fields(StoredMessage)})

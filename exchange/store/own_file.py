"""A borrower's own file: what is needed to show who looked, and to write the borrower's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from exchange.handover import THE_BORROWER, WrappedKey
from exchange.store.tables.account import account
from exchange.store.tables.borrower_words import statement, unrecognised_look
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.lawful_ground import lawful_ground
from exchange.store.tables.log import log_leaf, log_opening
from exchange.store.tables.member import member
from exchange.store.tables.sign_in import web_session
from exchange.store.tables.subject import subject, subject_key, subject_sequence


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A borrower's file as its owner meets it. `sequence_last` counts the log entries about them so far.

    `merged`: it is part of another file now, and only what was logged about it is still here.
    """

    subject_key: UUID
    wrapped_key: WrappedKey
    sequence_last: int
    frozen: bool
    time_zone: str
    merged: bool


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A log entry about a borrower, its openings sealed."""

    entry_id: UUID
    sequence: int
    recorded_at: datetime
    leaf: bytes
    leaf_hash: bytes
    subject_opening: bytes
    service_opening: bytes


@dataclass(frozen=True, slots=True)
class StoredLook:
    """A look at a borrower's file: its inquiry, its log entry, and whom it was by (None: the borrower, or unknown).

    `ground_reference` (of the lawful ground relied on, if any) and `unrecognised_words` are sealed.
    """

    inquiry_key: UUID
    asked_at: datetime
    member_id: str
    member_name: str | None
    member_class: str | None
    member_contact: str | None
    ground_id: UUID | None
    ground_reference: bytes | None
    purpose: str
    hard: bool
    granted: bool
    unrecognised_at: datetime | None
    unrecognised_words: bytes | None
    entry: StoredEntry


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement in the borrower's own words, still sealed. `about` is an account, or None: the whole file."""

    statement_id: UUID
    about: UUID | None
    words: bytes
    stated_at: datetime


def find_own_file(connection: Connection, borrower: UUID) -> OwnFile | None:
    """The borrower's file; None once it was erased."""
    keys = subject_key.c
    row = connection.execute(
        select(
            keys.subject_key, keys.key_no, keys.kek_ref, keys.kek_version, keys.suite, keys.wrapped,
            subject_sequence.c.last, subject.c.security_freeze, subject.c.time_zone,
            subject.c.merged_into.is_not(None),
        )
        .join(subject, subject.c.subject_key == keys.subject_key)
        .join(subject_sequence, subject_sequence.c.subject_key == keys.subject_key)
        .where(keys.subject_key == borrower, keys.state == "ACTIVE")
        .order_by(keys.key_no.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return OwnFile(borrower, WrappedKey(*row[:6]), *row[6:]) if row else None


def hold_own_file(connection: Connection, borrower: UUID) -> OwnFile | None:
    """The same; other writers of entries about the borrower wait until this transaction ends."""
    counter = subject_sequence.c
    connection.execute(select(counter.last).where(counter.subject_key == borrower).with_for_update())
    return find_own_file(connection, borrower)


def list_looks(connection: Connection, borrower: UUID, newest: int | None, most: int) -> list[StoredLook]:
    """The newest looks, at most so many, from the one with sequence number `newest` down (None: from the last)."""
    looks = _looks(borrower).order_by(inquiry.c.sequence.desc()).limit(most)
    if newest is not None:
        looks = looks.where(inquiry.c.sequence <= newest)
    return [_look(row) for row in connection.execute(looks)]


def find_look(connection: Connection, borrower: UUID, inquiry_key: UUID) -> StoredLook | None:
    """One look at the borrower's file."""
    row = connection.execute(_looks(borrower).where(inquiry.c.inquiry_key == inquiry_key)).one_or_none()
    return _look(row) if row else None


def count_looks(connection: Connection, borrower: UUID) -> int:
    """How many looks there were, the borrower's own among them."""
    looks = select(func.count()).select_from(inquiry).where(inquiry.c.subject_key == borrower)
    return connection.execute(looks).scalar_one()


def count_others_looks_since(connection: Connection, borrower: UUID, since: datetime | None) -> int:
    """How many looks by others there were after this instant (None: ever)."""
    looks = select(func.count()).select_from(inquiry)
    looks = looks.where(inquiry.c.subject_key == borrower, inquiry.c.member_id != THE_BORROWER)
    if since is not None:
        looks = looks.where(inquiry.c.asked_at > since)
    return connection.execute(looks).scalar_one()


def own_looks_since(connection: Connection, borrower: UUID, since: datetime) -> list[datetime]:
    """When borrowers looked at their own files, from this instant on."""
    own = select(inquiry.c.asked_at).where(inquiry.c.subject_key == borrower, inquiry.c.member_id == THE_BORROWER)
    return list(connection.scalars(own.where(inquiry.c.granted, inquiry.c.asked_at >= since)))


def last_visit(connection: Connection, borrower: UUID, session_digest: bytes) -> datetime | None:
    """When the borrower was last seen in a session that is older than this one; None where there is none."""
    other = web_session.c
    opened_at = select(other.opened_at).where(other.digest == session_digest).scalar_subquery()
    older = select(func.max(other.seen_at)).where(other.subject_key == borrower, other.opened_at < opened_at)
    seen_at: datetime | None = connection.scalar(older.where(other.digest != session_digest))
    return seen_at


def list_entries(connection: Connection, borrower: UUID) -> list[StoredEntry]:
    """Every log entry about the borrower, in their order."""
    entries = select(*_ENTRY).where(log_opening.c.subject_key == borrower, log_opening.c.sequence.is_not(None))
    return [StoredEntry(*row) for row in connection.execute(entries.order_by(log_opening.c.sequence))]


def places_of(connection: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The index in the log of each of these entries that has one."""
    placed = select(log_leaf.c.entry_id, log_leaf.c.leaf_index).where(log_leaf.c.entry_id == func.any(list(entry_ids)))
    return {row.entry_id: row.leaf_index for row in connection.execute(placed)}


def set_freeze(connection: Connection, borrower: UUID, on: bool) -> bool:
    """Freezes or unfreezes the file. False where it was so already."""
    freeze = update(subject).where(subject.c.subject_key == borrower, subject.c.security_freeze != on)
    return connection.execute(freeze.values(security_freeze=on)).rowcount == 1


def has_account(connection: Connection, borrower: UUID, account_key: UUID) -> bool:
    """Whether the borrower has such an account."""
    there = select(account.c.account_key).where(account.c.subject_key == borrower, account.c.account_key == account_key)
    return connection.scalar(there) is not None


def list_statements(connection: Connection, borrower: UUID) -> list[StoredStatement]:
    """The statements that stand, the newest first."""
    columns = statement.c
    standing = select(columns.statement_id, columns.about, columns.words, columns.stated_at).where(_stands(borrower))
    return [StoredStatement(*row) for row in connection.execute(standing.order_by(columns.stated_at.desc()))]


def add_statement(connection: Connection, borrower: UUID, added: StoredStatement) -> None:
    """Holds a statement; an older one about the same thing no longer stands."""
    same = statement.c.about.is_not_distinct_from(added.about)
    older = update(statement).where(_stands(borrower), same)
    connection.execute(older.values(withdrawn_at=added.stated_at))
    connection.execute(
        insert(statement).values(
            subject_key=borrower,
            statement_id=added.statement_id,
            about=added.about,
            words=added.words,
            stated_at=added.stated_at,
        )
    )


def end_statement(connection: Connection, borrower: UUID, statement_id: UUID, now: datetime) -> bool:
    """Withdraws a statement. False where none with this id stands."""
    ended = update(statement).where(_stands(borrower), statement.c.statement_id == statement_id)
    return connection.execute(ended.values(withdrawn_at=now)).rowcount == 1


def add_unrecognised(
    connection: Connection, borrower: UUID, inquiry_key: UUID, words: bytes | None, now: datetime
) -> None:
    """Marks a look as not recognised. `words` are sealed."""
    connection.execute(
        insert(unrecognised_look).values(subject_key=borrower, inquiry_key=inquiry_key, words=words, raised_at=now)
    )


_ENTRY = (
    log_opening.c.entry_id, log_opening.c.sequence, log_opening.c.recorded_at, log_opening.c.leaf,
    log_opening.c.leaf_hash, log_opening.c.subject_opening, log_opening.c.service_opening,
)  # fmt: skip


def _stands(borrower: UUID) -> Any:
    return (statement.c.subject_key == borrower) & statement.c.withdrawn_at.is_(None)


def _looks(borrower: UUID) -> Select[Any]:
    same_entry = (log_opening.c.subject_key == inquiry.c.subject_key) & (log_opening.c.sequence == inquiry.c.sequence)
    same_look = (unrecognised_look.c.subject_key == inquiry.c.subject_key) & (
        unrecognised_look.c.inquiry_key == inquiry.c.inquiry_key
    )
    relied_on = (lawful_ground.c.subject_key == inquiry.c.subject_key) & (
        lawful_ground.c.ground_id == inquiry.c.ground_id
    )
    return (
        select(
            inquiry.c.inquiry_key, inquiry.c.asked_at, inquiry.c.member_id, member.c.name, member.c.member_class,
            member.c.contact, lawful_ground.c.ground_id, lawful_ground.c.reference, inquiry.c.purpose, inquiry.c.hard,
            inquiry.c.granted, unrecognised_look.c.raised_at, unrecognised_look.c.words, *_ENTRY,
        )
        .join(log_opening, same_entry)
        .outerjoin(member, member.c.member_id == inquiry.c.member_id)
        .outerjoin(unrecognised_look, same_look)
        .outerjoin(lawful_ground, relied_on)
        .where(inquiry.c.subject_key == borrower)
    )  # fmt: skip


def _look(row: Row[Any]) -> StoredLook:
    of_look, of_entry = row[: -len(_ENTRY)], row[-len(_ENTRY) :]
    return StoredLook(*of_look, StoredEntry(*of_entry))

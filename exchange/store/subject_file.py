"""A borrower for whom something other than a look is done: their key, and the next number of their log entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, select, update

from exchange.handover import WrappedKey
from exchange.store.tables.subject import subject_identifier, subject_key, subject_sequence


@dataclass(frozen=True, slots=True)
class SubjectFile:
    """A borrower that the exchange knows, and the wrapped key that their fields are sealed under."""

    subject_key: UUID
    wrapped_key: WrappedKey


def find_subject(connection: Connection, tokens: Sequence[bytes]) -> SubjectFile | None:
    """The borrower behind blind-index values of one identity document; None where we hold no file."""
    keys, identifiers = subject_key.c, subject_identifier.c
    row = connection.execute(
        select(keys.subject_key, keys.key_no, keys.kek_ref, keys.kek_version, keys.suite, keys.wrapped)
        .join(subject_identifier, identifiers.subject_key == keys.subject_key)
        .where(identifiers.bidx.in_(tokens), keys.state == "ACTIVE")
        .order_by(identifiers.index_key_id.desc(), keys.key_no.desc())
        .limit(1)
    ).one_or_none()
    return SubjectFile(row.subject_key, WrappedKey(*row)) if row else None


def find_and_hold_subject(connection: Connection, tokens: Sequence[bytes]) -> SubjectFile | None:
    """The same; other writers of entries about the borrower wait until this transaction ends.

    Where the document leads to another file once the first one was waited for, that one is held.
    """
    counter = subject_sequence.c
    held, found = None, find_subject(connection, tokens)
    while found is not None and found != held:
        connection.execute(select(counter.last).where(counter.subject_key == found.subject_key).with_for_update())
        held, found = found, find_subject(connection, tokens)
    return found


def subject_file(connection: Connection, subject: UUID) -> SubjectFile:
    """The file of a borrower whom we know by their key."""
    keys = subject_key.c
    row = connection.execute(
        select(keys.subject_key, keys.key_no, keys.kek_ref, keys.kek_version, keys.suite, keys.wrapped)
        .where(keys.subject_key == subject, keys.state == "ACTIVE")
        .order_by(keys.key_no.desc())
        .limit(1)
    ).one()
    return SubjectFile(row.subject_key, WrappedKey(*row))


def next_sequence(connection: Connection, subject: UUID) -> int:
    """The number of the borrower's next log entry; other writers of theirs wait until this transaction ends."""
    counter = subject_sequence.c
    return connection.execute(
        update(subject_sequence)
        .where(counter.subject_key == subject)
        .values(last=counter.last + 1)
        .returning(counter.last)
    ).scalar_one()


def holds_borrowers(engine: Engine) -> bool:
    """Whether any borrower's key is stored."""
    with engine.connect() as connection:
        return connection.execute(select(subject_key.c.key_no).limit(1)).first() is not None

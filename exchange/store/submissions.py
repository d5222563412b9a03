"""The life of a submission in SQL: begun once by its digest, worked by one process at a time, carried on after a kill.

Two advisory locks of a member, which end with the connection that holds them, however it ends:
    the turn of a file      held from the first batch to the last, so that two workers never work one file
    the turn of a write     held by each transaction that changes the member's records, of a file or of one record
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Function, Row, delete, func, insert, select, update

from exchange.store.copy_rows import copy_rows
from exchange.store.tables.submission import submission, submission_fault
from schema.vocabulary.submission import SubmissionState

FAULT_COLUMNS = ("record_no", "field", "code", "sentence", "rule", "detail")
_UNFINISHED = (SubmissionState.RECEIVED.value, SubmissionState.WORKING.value)
_NOTHING_DONE = {
    "state": SubmissionState.RECEIVED.value, "bytes_read": 0, "records_read": 0, "records_applied": 0,
    "records_unchanged": 0, "records_faulty": 0, "faults": 0, "batches_done": 0, "notes": {}, "file_fault": None,
    "started_at": None, "finished_at": None, "leaf_hash": None,
}  # fmt: skip


def hold_turn(connection: Connection, member_id: str) -> None:
    """Waits until nobody else changes records of this member, and keeps it so until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_lock("records", member_id))))


def begin(
    connection: Connection, member_id: str, digest: bytes, now: datetime, values: Mapping[str, Any]
) -> tuple[Row[Any], bool]:
    """The member's submission of this digest, and whether there is something new to do.

    It is made with `values` where there is none. One that was refused is emptied, to be tried again. `submitted_at` is
    later than that of every earlier submission of the member.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_lock("begin", member_id))))
    same = (submission.c.member_id == member_id) & (submission.c.digest == digest)
    earlier = connection.execute(select(submission).where(same)).first()
    if earlier is not None and earlier.state != SubmissionState.REFUSED:
        return earlier, False
    latest = connection.scalar(select(func.max(submission.c.submitted_at)).where(submission.c.member_id == member_id))
    submitted_at = now if latest is None else max(now, latest + timedelta(microseconds=1))
    fresh = _NOTHING_DONE | {"submitted_at": submitted_at, **values}
    if earlier is None:
        change: Any = insert(submission).values(member_id=member_id, digest=digest, **fresh)
    else:
        connection.execute(delete(submission_fault).where(submission_fault.c.submission_id == earlier.submission_id))
        fresh["submission_id"] = earlier.submission_id
        change = update(submission).where(same).values(fresh)
    return connection.execute(change.returning(*submission.c)).one(), True


def find(connection: Connection, submission_id: UUID) -> Row[Any] | None:
    """A submission as it stands; None where there is none."""
    return connection.execute(select(submission).where(submission.c.submission_id == submission_id)).first()


def fetch(connection: Connection, submission_id: UUID) -> Row[Any]:
    """A submission that there is."""
    return connection.execute(select(submission).where(submission.c.submission_id == submission_id)).one()


def waiting(connection: Connection) -> Sequence[Row[Any]]:
    """Id, member and digest of the submissions that are not finished, the oldest first, of members none of whose files
    is being worked. Another worker may be quicker to take one: then `turn` waits.
    """
    columns = submission.c
    free = func.pg_try_advisory_xact_lock(_lock("file", columns.member_id))
    found = select(columns.submission_id, columns.member_id, columns.digest).where(columns.state.in_(_UNFINISHED), free)
    return connection.execute(found.order_by(columns.submitted_at)).all()


@contextmanager
def turn(engine: Engine, member_id: str, statement_timeout_ms: int) -> Iterator[Connection]:
    """A connection that alone works files of this member; waits for its turn. Its statements may take so long."""
    with engine.connect() as connection:
        with connection.begin():
            allow(connection, statement_timeout_ms)
            connection.execute(select(func.pg_advisory_lock(_lock("file", member_id))))
        try:
            yield connection
        except BaseException:
            # The server frees the lock with the connection, whatever became of it.
            connection.invalidate()
            raise
        with connection.begin():
            connection.execute(select(func.pg_advisory_unlock(_lock("file", member_id))))


def allow(connection: Connection, statement_timeout_ms: int) -> None:
    """Lets the statements of this transaction take longer than a request's may: they can have to wait for others."""
    connection.execute(select(func.set_config("statement_timeout", str(statement_timeout_ms), True)))


def start(connection: Connection, submission_id: UUID, now: datetime) -> None:
    """It is being worked; when that began first stays."""
    started = func.coalesce(submission.c.started_at, now)
    change = update(submission).values(state=SubmissionState.WORKING.value, started_at=started)
    connection.execute(change.where(submission.c.submission_id == submission_id))


def note_progress(connection: Connection, submission_id: UUID, values: Mapping[str, Any]) -> None:
    """How far the file was worked, with the same transaction as what was written of it."""
    connection.execute(update(submission).values(values).where(submission.c.submission_id == submission_id))


def add_faults(connection: Connection, submission_id: UUID, first_no: int, faults: Iterable[Sequence[Any]]) -> None:
    """Keeps faults, numbered from `first_no`; each has the values of `FAULT_COLUMNS`."""
    numbered = ((submission_id, fault_no, *fault) for fault_no, fault in enumerate(faults, first_no))
    copy_rows(connection, submission_fault, ("submission_id", "fault_no", *FAULT_COLUMNS), numbered)


def first_faults(connection: Connection, submission_id: UUID, count: int) -> Sequence[Row[Any]]:
    """The first faults that were kept of a submission, in the order of their finding."""
    columns = submission_fault.c
    wanted = select(*(columns[name] for name in FAULT_COLUMNS)).where(columns.submission_id == submission_id)
    return connection.execute(wanted.order_by(columns.fault_no).limit(count)).all()


def _lock(what: str, member_id: Any) -> Function[Any]:
    return func.hashtextextended(func.concat(f"openbureau {what} ", member_id), 0)

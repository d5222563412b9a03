"""Requests that members may send again under the same key, and their answers."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from exchange.store.tables.member_request import idempotent_request as table

RELEASED_AT = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands as the start of a request that nobody is working on."""


class RequestKey(NamedTuple):
    """Whose key it is. `digest`: SHA-256 of the key."""

    member_id: str
    digest: bytes


class KeptAnswer(NamedTuple):
    """An answer that was given: its HTTP status, its exact bytes, the hashes of the log entries behind it."""

    status: int
    body: bytes
    leaves: tuple[bytes, ...]


class Claim(NamedTuple):
    """A key as it stands: for which body, since when it is being worked on, and (None: not yet) the answer."""

    request_digest: bytes
    started_at: datetime
    answer: KeptAnswer | None


def claim(
    connection: Connection, key: RequestKey, request_digest: bytes, now: datetime, expires_at: datetime
) -> Claim | None:
    """Takes a key that is free, and returns None; or how the key stands that was taken before."""
    row = {
        "member_id": key.member_id,
        "key_digest": key.digest,
        "request_digest": request_digest,
        "started_at": now,
        "expires_at": expires_at,
    }
    taken = insert(table).values(row).on_conflict_do_nothing().returning(table.c.key_digest)
    if connection.execute(taken).first() is not None:
        return None
    stands = connection.execute(select(table).where(_here(key))).one()
    answer = None if stands.status is None else KeptAnswer(stands.status, stands.answer, tuple(stands.leaves))
    return Claim(stands.request_digest, stands.started_at, answer)


def take_over(connection: Connection, key: RequestKey, since: datetime, now: datetime) -> bool:
    """Takes a key over that was taken at `since` and has no answer. Of two at the same moment, one succeeds."""
    statement = update(table).where(_unanswered(key, since)).values(started_at=now)
    return connection.execute(statement).rowcount > 0


def release(connection: Connection, key: RequestKey, since: datetime) -> None:
    """Lets go of a key that has no answer, unless it was taken over meanwhile: the same request may be run again."""
    connection.execute(update(table).where(_unanswered(key, since)).values(started_at=RELEASED_AT))


def keep_answer(connection: Connection, key: RequestKey, since: datetime, answer: KeptAnswer) -> bool:
    """Keeps the answer, unless the key was taken over meanwhile. Says whether it did."""
    values = {"status": answer.status, "answer": answer.body, "leaves": list(answer.leaves)}
    return connection.execute(update(table).where(_unanswered(key, since)).values(values)).rowcount > 0


def _here(key: RequestKey) -> ColumnElement[bool]:
    return (table.c.member_id == key.member_id) & (table.c.key_digest == key.digest)


def _unanswered(key: RequestKey, since: datetime) -> ColumnElement[bool]:
    return _here(key) & table.c.status.is_(None) & (table.c.started_at == since)

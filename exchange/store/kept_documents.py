"""Documents that members name by their digests, instead of sending them."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from exchange.store.tables.member_request import kept_document as table


class KeptDocument(NamedTuple):
    """A document of a member. `digest`: SHA-256 of the text. `trusted`: by the operator; else the member's own."""

    digest: bytes
    text: str
    trusted: bool
    kept_at: datetime


def find_document(connection: Connection, member_id: str, digest: bytes) -> KeptDocument | None:
    """The member's document of this digest."""
    here = (table.c.member_id == member_id) & (table.c.digest == digest)
    row = connection.execute(select(*_COLUMNS).where(here)).first()
    return None if row is None else KeptDocument._make(row)


def list_documents(connection: Connection, member_id: str) -> list[KeptDocument]:
    """All documents of a member, the oldest first."""
    wanted = select(*_COLUMNS).where(table.c.member_id == member_id).order_by(table.c.kept_at, table.c.digest)
    return [KeptDocument._make(row) for row in connection.execute(wanted)]


def keep_own(connection: Connection, member_id: str, text: str, most: int, now: datetime) -> bool:
    """Keeps a document for the member itself, within the caller's transaction. Says whether it is kept now: not where
    the member has `most` of its own already.
    """
    # One after another, so that two at the same moment do not both take the last place.
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"openbureau documents {member_id}", 0)))
    )
    if find_document(connection, member_id, _digest(text)):
        return True
    own = (table.c.member_id == member_id) & ~table.c.trusted
    if (connection.scalar(select(func.count()).where(own)) or 0) >= most:
        return False
    connection.execute(insert(table).values(_row(member_id, text, False, now)).on_conflict_do_nothing())
    return True


def trust(connection: Connection, member_id: str, texts: Sequence[str], now: datetime) -> None:
    """Makes these documents trusted for the member, kept before or not."""
    statement = insert(table).values([_row(member_id, text, True, now) for text in dict.fromkeys(texts)])
    key = [table.c.member_id, table.c.digest]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"trusted": True}))


def remove_document(connection: Connection, member_id: str, digest: bytes) -> bool:
    """Forgets a document. Says whether there was one."""
    here = (table.c.member_id == member_id) & (table.c.digest == digest)
    return connection.execute(delete(table).where(here)).rowcount > 0


_COLUMNS = (table.c.digest, table.c.text, table.c.trusted, table.c.kept_at)


def _row(member_id: str, text: str, trusted: bool, now: datetime) -> dict[str, object]:
    return {"member_id": member_id, "digest": _digest(text), "text": text, "trusted": trusted, "kept_at": now}


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()

"""Browsers' sessions in the database. Commit and rollback belong to the caller."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Connection, Text, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from exchange.handover import SessionOwner, WebSession
from exchange.store.tables.sign_in import web_session

_COLUMNS = tuple(column for column in web_session.c if column.name != "revoked")
_CHANGE = text("UPDATE web_session SET data = (data - :removed) || :put WHERE digest = :digest").bindparams(
    bindparam("removed", type_=ARRAY(Text)), bindparam("put", type_=JSONB)
)
_TAKE = text("""
    WITH before AS (SELECT digest, data FROM web_session WHERE digest = :digest AND data ? :name FOR UPDATE)
    UPDATE web_session s SET data = s.data - :name FROM before WHERE s.digest = before.digest
    RETURNING before.data -> :name
""")


class SqlSessions:
    """Keeps sessions in the table `web_session`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, session: WebSession) -> None:
        values = {column.name: getattr(session, column.name) for column in _COLUMNS}
        self._connection.execute(insert(web_session).values(values))

    def find(self, digest: bytes) -> WebSession | None:
        kept = select(*_COLUMNS).where(web_session.c.digest == digest, web_session.c.revoked.is_(False))
        row = self._connection.execute(kept).mappings().one_or_none()
        return WebSession(**row) if row else None

    def see(self, digest: bytes, now: datetime) -> None:
        self._connection.execute(update(web_session).where(web_session.c.digest == digest).values(seen_at=now))

    def change(self, digest: bytes, put: Mapping[str, Any], removed: Sequence[str]) -> None:
        self._connection.execute(_CHANGE, {"digest": digest, "put": dict(put), "removed": list(removed)})

    def take(self, digest: bytes, name: str) -> Any:
        return self._connection.execute(_TAKE, {"digest": digest, "name": name}).scalar()

    def end(self, digest: bytes) -> bool:
        going = update(web_session).where(web_session.c.digest == digest, web_session.c.revoked.is_(False))
        # What it remembered goes with it: drafts may be personal.
        return self._connection.execute(going.values(revoked=True, data={})).rowcount == 1

    def list_for(self, owner: SessionOwner) -> list[WebSession]:
        columns = web_session.c
        if owner.officer_id:
            theirs = columns.officer_id == owner.officer_id
        else:
            theirs = columns.subject_key == owner.subject_key
        going = select(*_COLUMNS).where(theirs, columns.revoked.is_(False)).order_by(web_session.c.seen_at.desc())
        return [WebSession(**row) for row in self._connection.execute(going).mappings()]

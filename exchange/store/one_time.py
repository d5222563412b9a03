"""What was used and may not be used again: the ids of proofs and client assertions."""

from datetime import datetime

from sqlalchemy import Connection, Engine, delete
from sqlalchemy.dialects.postgresql import insert

from exchange.handover import OneTime
from exchange.store.tables.member import one_time as table


class SqlOneTimeGuard:
    """Remembers in the table `one_time`. Each call is its own transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def spend(self, once: OneTime) -> bool:
        """Use it up. True the first time, False ever after; of two at the same moment, one is first."""
        with self._engine.begin() as connection:
            return spend_within(connection, once)

    def purge(self, now: datetime) -> int:
        """Forget what has expired, and say how many: an expired proof is refused for its age."""
        with self._engine.begin() as connection:
            return connection.execute(delete(table).where(table.c.expires_at < now)).rowcount


def spend_within(connection: Connection, once: OneTime) -> bool:
    """The same within the caller's transaction: it is used up if and only if that commits."""
    row = {"digest": once.digest, "kind": once.kind, "expires_at": once.expires_at}
    statement = insert(table).values(row).on_conflict_do_nothing().returning(table.c.digest)
    return connection.execute(statement).first() is not None

"""Attempts at guessable doors, counted in the table `attempt_limit`."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, case
from sqlalchemy.dialects.postgresql import insert

from exchange.handover import Attempts
from exchange.store.engine import database_errors
from exchange.store.tables.sign_in import attempt_limit


class SqlAttempts:
    """Each count is one statement and its own transaction: what is tried is counted, whatever becomes of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, digest: bytes, window: timedelta, now: datetime) -> Attempts:
        """One more attempt, in a new window where the last one is over. Raises Unavailable."""
        row = attempt_limit.c
        over = row.window_started_at <= now - window
        statement = (
            insert(attempt_limit)
            .values(digest=digest, window_started_at=now, attempts=1)
            .on_conflict_do_update(
                index_elements=["digest"],
                set_={
                    "attempts": case((over, 1), else_=row.attempts + 1),
                    "window_started_at": case((over, now), else_=row.window_started_at),
                },
            )
            .returning(row.attempts, row.window_started_at)
        )
        with database_errors(), self._engine.begin() as connection:
            return Attempts(*connection.execute(statement).one())

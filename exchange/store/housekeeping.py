"""Clears away what has expired and can no longer be used. Run by the integrator, whose role alone may delete it."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete

from exchange.store.one_time import SqlOneTimeGuard
from exchange.store.tables.authorization import authorization_code, pushed_request, refresh_token
from exchange.store.tables.member import revoked_token
from exchange.store.tables.member_request import idempotent_request
from exchange.store.tables.sign_in import attempt_limit, web_session

KEPT_AFTER_END = timedelta(hours=1)
"""Codes stay a while after their end, so that one shown twice is still known for what it is."""
ATTEMPTS_KEPT = timedelta(days=2)


def clear_expired(engine: Engine, now: datetime) -> int:
    """Deletes expired rows and says how many. An expired proof, code or session is refused for its age."""
    before = now - KEPT_AFTER_END
    expired = (
        delete(revoked_token).where(revoked_token.c.expires_at < now),
        delete(pushed_request).where(pushed_request.c.expires_at < before),
        delete(authorization_code).where(authorization_code.c.expires_at < before),
        delete(refresh_token).where(refresh_token.c.expires_at < before),
        delete(web_session).where(web_session.c.ends_at < before),
        delete(idempotent_request).where(idempotent_request.c.expires_at < now),
        delete(attempt_limit).where(attempt_limit.c.window_started_at < now - ATTEMPTS_KEPT),
    )
    cleared = SqlOneTimeGuard(engine).purge(now)
    for statement in expired:
        with engine.begin() as connection:
            cleared += connection.execute(statement).rowcount
    return cleared

"""The sessions of browsers: what they remember, where somebody is signed in, and ending it there."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from exchange.errors import BadRequest
from exchange.handover import Borrower, Officer, SessionOwner, WebSession
from exchange.identity.sessions import Sessions
from exchange.journeys.services import Services
from exchange.store.web_sessions import SqlSessions


def open_session(services: Services, data: Mapping[str, Any], device: str) -> tuple[str, WebSession]:
    """A session of a visitor who is not signed in, and its cookie's value."""
    with services.connection() as connection:
        return _sessions(services, connection).open(data, device, services.clock.now())


def find_session(services: Services, cookie_value: str) -> WebSession | None:
    """The session behind a cookie's value; None where there is none or it has ended."""
    with services.connection() as connection:
        return _sessions(services, connection).find(cookie_value, services.clock.now())


def remember(services: Services, digest: bytes, put: Mapping[str, Any], removed: Sequence[str]) -> None:
    """Changes some of what a session remembers."""
    with services.connection() as connection:
        SqlSessions(connection).change(digest, put, removed)


def take(services: Services, digest: bytes, name: str) -> Any:
    """Something that a session remembers, which it then no longer does; None: it is gone, or was taken."""
    with services.connection() as connection:
        return SqlSessions(connection).take(digest, name)


def list_sessions(services: Services, person: Borrower | Officer) -> list[WebSession]:
    """Their sessions that are going on, last used first."""
    with services.connection() as connection:
        return _sessions(services, connection).list_live(_owner(person), services.clock.now())


def end_session(services: Services, person: Borrower | Officer, digest: bytes) -> None:
    """Ends one of them. Raises BadRequest SESSION_NOT_FOUND."""
    with services.connection() as connection:
        if not _sessions(services, connection).end_of(_owner(person), digest, services.clock.now()):
            raise BadRequest("This session has ended already.", "SESSION_NOT_FOUND")


def end_other_sessions(services: Services, person: Borrower | Officer) -> int:
    """Ends all but the present one, and says how many."""
    with services.connection() as connection:
        sessions = _sessions(services, connection)
        return sessions.end_others(_owner(person), person.session_digest, services.clock.now())


def _sessions(services: Services, connection: Connection) -> Sessions:
    return Sessions(SqlSessions(connection), services.settings)


def _owner(person: Borrower | Officer) -> SessionOwner:
    if isinstance(person, Officer):
        return SessionOwner(officer_id=person.officer_id)
    return SessionOwner(person.subject_key)

"""Sessions of browsers, kept by us: a cookie holds 32 random bytes, the table their SHA-256.

A session ends when it was not used for a while, when it is too old, or when somebody ended it. Its cookie's value is
made anew at every sign-in, so that a value known before is worth nothing after (session fixation).
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from exchange.handover import WebSession
from exchange.settings import Settings

VALUE_BYTES = 32
SEEN_EVERY = timedelta(seconds=30)
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


class SessionStore(Protocol):
    """Where sessions are kept. Each call is atomic; what was ended is never found again."""

    def add(self, session: WebSession) -> None:
        """Keep a new session."""

    def find(self, digest: bytes) -> WebSession | None:
        """The session, unless it was ended."""

    def see(self, digest: bytes, now: datetime) -> None:
        """Note that it was used."""

    def change(self, digest: bytes, put: Mapping[str, Any], removed: Sequence[str]) -> None:
        """Change some of what it remembers, and leave the rest."""

    def take(self, digest: bytes, name: str) -> Any:
        """Something it remembers, which it then no longer does; of two who take it, one gets it. None: it is gone."""

    def end(self, digest: bytes) -> bool:
        """End it. True if it was still going."""

    def list_for(self, subject_key: UUID) -> Sequence[WebSession]:
        """A borrower's sessions that were not ended, last used first."""


class Sessions:
    """Opens, finds, renews and ends sessions."""

    def __init__(self, store: SessionStore, settings: Settings) -> None:
        self._store = store
        self._idle = timedelta(seconds=settings.session_idle_seconds)
        self._life = timedelta(seconds=settings.session_seconds_max)

    def open(self, data: Mapping[str, Any], device: str, now: datetime) -> tuple[str, WebSession]:
        """A session of a visitor who is not signed in, and its cookie's value."""
        return self._add(WebSession(b"", None, None, None, device, now, now, now + self._life, data))

    def find(self, value: str, now: datetime) -> WebSession | None:
        """The session behind a cookie's value, now seen; None where there is none or it has ended."""
        if not _VALUE.fullmatch(value):
            return None
        session = self._store.find(digest_of(value))
        if session is None or not self._is_live(session, now):
            return None
        if now - session.seen_at >= SEEN_EVERY:
            self._store.see(session.digest, now)
        return session

    def sign_in(
        self,
        before: bytes | None,
        subject_key: UUID,
        signed_in_by: str,
        device: str,
        data: Mapping[str, Any],
        now: datetime,
    ) -> tuple[str, WebSession]:
        """A session of a borrower who has just signed in, with a new cookie's value; the one `before` ends."""
        if before is not None:
            self._store.end(before)
        session = WebSession(b"", subject_key, signed_in_by, now, device, now, now, now + self._life, data)
        return self._add(session)

    def list_live(self, subject_key: UUID, now: datetime) -> list[WebSession]:
        """Where a borrower is signed in, last used first."""
        return [session for session in self._store.list_for(subject_key) if self._is_live(session, now)]

    def end_of(self, subject_key: UUID, digest: bytes, now: datetime) -> bool:
        """Ends one of a borrower's own sessions. False: there is no such session of theirs."""
        theirs = {session.digest for session in self.list_live(subject_key, now)}
        return digest in theirs and self._store.end(digest)

    def end_others(self, subject_key: UUID, kept: bytes, now: datetime) -> int:
        """Ends all of a borrower's sessions but one, and says how many."""
        others = [session.digest for session in self.list_live(subject_key, now) if session.digest != kept]
        return sum(self._store.end(digest) for digest in others)

    def _is_live(self, session: WebSession, now: datetime) -> bool:
        return now < session.ends_at and now - session.seen_at < self._idle

    def _add(self, session: WebSession) -> tuple[str, WebSession]:
        value = secrets.token_urlsafe(VALUE_BYTES)
        session = replace(session, digest=digest_of(value))
        self._store.add(session)
        return value, session


def digest_of(value: str) -> bytes:
    """What is stored of a cookie's value."""
    return hashlib.sha256(value.encode()).digest()

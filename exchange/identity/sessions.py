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

from exchange.handover import SessionOwner, WebSession
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

    def list_for(self, owner: SessionOwner) -> Sequence[WebSession]:
        """Somebody's sessions that were not ended, last used first."""


class Sessions:
    """Opens, finds, renews and ends sessions."""

    def __init__(self, store: SessionStore, settings: Settings) -> None:
        self._store = store
        self._idle = timedelta(seconds=settings.session_idle_seconds)
        self._life = timedelta(seconds=settings.session_seconds_max)
        self._officers_idle = timedelta(seconds=settings.officer_session_idle_seconds)
        self._officers_life = timedelta(seconds=settings.officer_session_seconds_max)

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
        owner: SessionOwner,
        signed_in_by: str,
        device: str,
        data: Mapping[str, Any],
        now: datetime,
    ) -> tuple[str, WebSession]:
        """A session of somebody who has just signed in, with a new cookie's value; the one `before` ends."""
        if before is not None:
            self._store.end(before)
        ends_at = now + (self._officers_life if owner.officer_id else self._life)
        subject_key, officer_id = owner.subject_key, owner.officer_id
        return self._add(WebSession(b"", subject_key, signed_in_by, now, device, now, now, ends_at, data, officer_id))

    def list_live(self, owner: SessionOwner, now: datetime) -> list[WebSession]:
        """Where somebody is signed in, last used first."""
        return [session for session in self._store.list_for(owner) if self._is_live(session, now)]

    def end_of(self, owner: SessionOwner, digest: bytes, now: datetime) -> bool:
        """Ends one of somebody's own sessions. False: there is no such session of theirs."""
        theirs = {session.digest for session in self.list_live(owner, now)}
        return digest in theirs and self._store.end(digest)

    def end_others(self, owner: SessionOwner, kept: bytes | None, now: datetime) -> int:
        """Ends all of somebody's sessions but one (None: all), and says how many."""
        others = [session.digest for session in self.list_live(owner, now) if session.digest != kept]
        return sum(self._store.end(digest) for digest in others)

    def _is_live(self, session: WebSession, now: datetime) -> bool:
        idle = self._officers_idle if session.officer_id else self._idle
        return now < session.ends_at and now - session.seen_at < idle

    def _add(self, session: WebSession) -> tuple[str, WebSession]:
        value = secrets.token_urlsafe(VALUE_BYTES)
        session = replace(session, digest=digest_of(value))
        self._store.add(session)
        return value, session


def digest_of(value: str) -> bytes:
    """What is stored of a cookie's value."""
    return hashlib.sha256(value.encode()).digest()

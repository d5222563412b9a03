"""Limits on every door where something could be guessed: so many attempts at one target, so many from one source.

Attempts are counted before they are looked at, in fixed windows, whether they succeed or not. What is stored is a
keyed digest, from which neither the borrower nor the address can be told.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from exchange.errors import Overloaded
from exchange.handover import Attempts
from exchange.settings import Settings

DAY_SECONDS = 86_400
_LABEL = b"openbureau attempt limits v1"


class Door(StrEnum):
    """Where something could be guessed."""

    PASSKEY = "PASSKEY"
    TOTP = "TOTP"
    RECOVERY_CODE = "RECOVERY_CODE"
    ENROLMENT = "ENROLMENT"
    INVITATION = "INVITATION"


class AttemptStore(Protocol):
    """Counts attempts."""

    def count(self, digest: bytes, window: timedelta, now: datetime) -> Attempts:
        """One more attempt; in a new window where the last one is over. Of many at once, none is missed."""


class AttemptLimits:
    """Stops who tries too often. Workers that share `secret` and the store count together."""

    def __init__(self, store: AttemptStore, secret: bytes, settings: Settings) -> None:
        self._store = store
        self._key = hmac.digest(secret, _LABEL, "sha256")
        self._settings = settings

    def take(self, door: Door, about: str | None, source: str, now: datetime) -> None:
        """Counts one attempt. `about` is whom it aims at, if anybody; `source` where it comes from.

        The source is counted first, so that one source cannot keep somebody else out for long. Raises Overloaded.
        """
        settings = self._settings
        short = settings.attempt_window_seconds
        self._count(("source", door.value, source), settings.attempts_per_source_max, short, now)
        if about is not None:
            self._count(("target", door.value, about), settings.attempts_per_target_max, short, now)
            self._count(("day", door.value, about), settings.attempts_per_target_daily_max, DAY_SECONDS, now)

    def _count(self, what: tuple[str, str, str], most: int, seconds: int, now: datetime) -> None:
        window = timedelta(seconds=seconds)
        digest = hmac.digest(self._key, "\0".join(what).encode(), "sha256")
        attempts = self._store.count(digest, window, now)
        if attempts.number > most:
            left = attempts.window_started_at + window - now
            raise Overloaded("Too many attempts. Please wait before you try again.", max(1, int(left.total_seconds())))

"""Disclosure stops when the log falls behind: a look that cannot be shown to be in the log cannot be checked."""

import threading
from datetime import datetime, timedelta
from typing import Protocol

from exchange.clock import Clock
from exchange.errors import Unavailable

ASKED_EVERY = timedelta(seconds=1)


class Uncovered(Protocol):
    """Knows how long leaves have waited."""

    def oldest_uncovered(self) -> datetime | None:
        """When the oldest leaf that is under no published checkpoint was recorded."""


class BackPressure:
    """Stops disclosure while a leaf has waited longer than `stop_seconds` for a published checkpoint.

    Asks the log once a second at most.
    """

    def __init__(self, log: Uncovered, clock: Clock, stop_seconds: int) -> None:
        self._log = log
        self._clock = clock
        self._stop_after = timedelta(seconds=stop_seconds)
        self._asked_at: datetime | None = None
        self._oldest: datetime | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises Unavailable with code LOG_BEHIND."""
        now = self._clock.now()
        with self._lock:
            if self._asked_at is None or not timedelta(0) <= now - self._asked_at < ASKED_EVERY:
                self._oldest, self._asked_at = self._log.oldest_uncovered(), now
            behind = self._oldest is not None and now - self._oldest > self._stop_after
        if behind:
            raise Unavailable("The log has fallen behind, so nothing is disclosed. Try again soon.", "LOG_BEHIND")

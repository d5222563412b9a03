"""Keeps strangers from filling the log: their refusals are logged up to a rate, and beyond it they are turned away."""

import threading
from datetime import datetime

from exchange.errors import Overloaded


class AnonymousLimit:
    """Lets `per_second` refusals of unknown callers through in each second, for this worker."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._second = 0
        self._count = 0
        self._lock = threading.Lock()

    def take(self, now: datetime) -> None:
        """Raises Overloaded once the second's share is used up."""
        second = int(now.timestamp())
        with self._lock:
            self._count = self._count + 1 if second == self._second else 1
            self._second = second
            exhausted = self._count > self._per_second
        if exhausted:
            raise Overloaded("Too many requests without valid credentials. Try again soon.")

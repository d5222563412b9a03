"""The line before the doors: so many requests work at once, others wait their turn, and not for long.

Without it a service that is asked too much answers everybody too late. With it those that can be answered in good time
are, in the order in which they came, and the rest are told at once to come again: nothing of them is looked at, nobody
is authenticated, no database is asked, no proof is spent.
"""

import threading
from collections import Counter, deque
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

from exchange.settings import Settings

SPARE_THREADS = 2
"""So that somebody always hears a request that cannot wait: to turn it away, or to say that we are in good health."""


def threads_of_server(settings: Settings) -> int:
    """How many threads the server needs for each worker: one for each request that works or waits, and some spare.

    Without places there is no line of ours: who must wait then waits in the server's own, where nobody can tell.
    """
    return settings.threads + settings.queue_places + SPARE_THREADS if settings.queue_places else settings.threads


class _Place(NamedTuple):
    turn: threading.Lock
    asker: str
    since: float


class QueueGate:
    """Lets `working` requests through at once. Up to `places` wait, each for a while at most, in order of arrival.

    Once the first in line has waited half of that while, newcomers are turned away at once: they would come too late,
    and only find out later. Of the places, one asker takes half at most: who opens hundreds of connections does not
    keep others out.
    """

    def __init__(self, working: int, places: int) -> None:
        self._free = working
        self._places = places
        self._places_of_one = max(1, places // 2)
        self._lock = threading.Lock()
        self._line: deque[_Place] = deque()
        self._places_taken: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._line)

    def enter(self, asker: str, seconds: float) -> bool:
        """Waits for a turn, for so many seconds at most. True: it has come; `leave` must follow. False: turned away."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            now = monotonic()
            if self._is_too_long(asker, seconds, now):
                return False
            place = _Place(threading.Lock(), asker, now)
            place.turn.acquire()
            self._line.append(place)
            self._places_taken[asker] += 1
        return place.turn.acquire(timeout=seconds) or not self._gave_up(place)

    def _is_too_long(self, asker: str, seconds: float, now: float) -> bool:
        return (
            seconds <= 0
            or len(self._line) >= self._places
            or self._places_taken[asker] >= self._places_of_one
            or (len(self._line) > 0 and now - self._line[0].since > seconds / 2)
        )

    def leave(self) -> None:
        """Hands the turn to whoever has waited longest."""
        with self._lock:
            if not self._line:
                self._free += 1
                return
            first = self._line.popleft()
            self._vacate(first.asker)
        first.turn.release()

    def _gave_up(self, place: _Place) -> bool:
        """Leaves the line. False where the turn came at that very moment."""
        with self._lock:
            with suppress(ValueError):
                self._line.remove(place)
                self._vacate(place.asker)
                return True
            return False

    def _vacate(self, asker: str) -> None:
        self._places_taken[asker] -= 1
        if not self._places_taken[asker]:
            del self._places_taken[asker]

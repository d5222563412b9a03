"""Opened keys in memory: for a short time, so many at most, and gone at once when forgotten."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from exchange.clock import Clock

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class KeyCache(Generic[Key, Value]):
    """Bounded by age since opening (not since last use) and by number; safe to share between threads.

    What is too old is never given out, and leaves memory at the next call.
    """

    def __init__(self, clock: Clock, seconds: int, size: int) -> None:
        self._clock = clock
        self._life = timedelta(seconds=seconds)
        self._size = size
        self._opened: OrderedDict[Key, tuple[datetime, Value]] = OrderedDict()
        self._forgettings = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._opened)

    def get_or_open(self, key: Key, opened: Callable[[], Value]) -> Value:
        """The value kept for `key`, or else what `opened()` gives, which is kept. Errors of `opened` are not kept."""
        with self._lock:
            self._drop_aged()
            kept = self._opened.get(key)
            forgettings = self._forgettings
        if kept:
            return kept[1]
        value = opened()
        with self._lock:
            # Something forgotten while we were opening may have been this very key: then it is not kept.
            if self._forgettings == forgettings:
                self._keep(key, value)
        return value

    def forget(self, forgotten: Callable[[Key], bool]) -> None:
        """Drops every key of which `forgotten` is true, and any that is being opened just now."""
        with self._lock:
            self._forgettings += 1
            for key in [key for key in self._opened if forgotten(key)]:
                del self._opened[key]

    def _keep(self, key: Key, value: Value) -> None:
        self._opened.pop(key, None)
        self._opened[key] = (self._clock.now(), value)
        while len(self._opened) > self._size:
            self._opened.popitem(last=False)

    def _drop_aged(self) -> None:
        now = self._clock.now()
        while self._opened:
            oldest, (opened_at, _) = next(iter(self._opened.items()))
            # A clock set back would keep a key too long: one from the future is dropped as well.
            if opened_at <= now < opened_at + self._life:
                return
            del self._opened[oldest]

"""The one source of the time. Everything that depends on the time is handed a clock."""

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from exchange.randomness import random_piece


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved: for tests and replays."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00:00Z."""
    return int(instant.timestamp() * 1000)


def new_id(now: datetime) -> UUID:
    """A fresh opaque id that sorts by time (RFC 9562, section 5.7: UUIDv7)."""
    value = milliseconds(now) << 80 | int.from_bytes(random_piece(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)

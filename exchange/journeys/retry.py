"""What comes of a try to send something, and when it is tried again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.settings import Settings

Chance = Callable[[], float]
"""A random number from 0 up to 1, so that those that failed together do not all come again together."""

_SPARE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written of a try: done, to be tried again, or given up."""

    status: int | None
    next_at: datetime | None = None
    done_at: datetime | None = None
    dead_at: datetime | None = None


def taken_until(settings: Settings, now: datetime) -> datetime:
    """Until when whoever takes a try has it: longer than it can take. From then on it counts as not made."""
    return now + timedelta(seconds=settings.webhook_timeout_seconds + _SPARE_SECONDS)


def outcome_of(settings: Settings, status: int | None, tries: int, now: datetime, chance: Chance) -> Outcome:
    """What comes of the answer to the `tries`th try; only a status of 200 to 299 is success."""
    if status is not None and 200 <= status < 300:
        return Outcome(status, done_at=now)
    if tries >= settings.webhook_attempts_max:
        return Outcome(status, dead_at=now)
    return Outcome(status, next_at=now + wait_after(settings, tries, chance))


def wait_after(settings: Settings, tries: int, chance: Chance) -> timedelta:
    """The wait after so many tries: it doubles each time up to the longest, and half of it is random."""
    longest = settings.webhook_retry_seconds_max
    whole = min(longest, settings.webhook_retry_seconds * 2 ** min(tries - 1, 40))
    return timedelta(seconds=whole / 2 + chance() * whole / 2)
